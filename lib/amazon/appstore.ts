/**
 * Makes the two calls to the Amazon Appstore that its guide "Integrate One-Click Account Information Sharing"
 * documents: Get Access Token and Get User Profile.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { ClockCheck } from "./clock_check.ts";
import { type Clock, Deadline, sleep } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { Problem, type ProblemCode } from "../base/problem.ts";
import { readJson } from "../base/read_json.ts";
import { type Connect, ConnectionProbe, wasNotTaken } from "./connection.ts";
import {
  type AccessToken,
  type AmazonProfile,
  type Endpoint,
  interpretResponse,
  PROFILE,
  REFRESH,
  type RequestFailure,
  type RequestResult,
  TOKEN,
} from "./endpoints.ts";

/** One app's security profile in the Amazon developer console. */
export interface AmazonClient {
  /** The app's name in our settings. A device sends it as `app`. */
  readonly app: string;
  /** `client_id` of the security profile, 1 to 256 characters. */
  readonly clientId: string;
  /** `client_secret` of the security profile, 1 to 256 characters. It is sent to Amazon only. */
  readonly clientSecret: string;
  /** The developer's shared secret for receipts, 1 to 256 characters. Absent: this app verifies no receipts. */
  readonly sharedSecret?: string;
}

/** How Amazon is called. */
export interface AmazonConfig {
  /** Base URL of both endpoints, without a trailing slash. */
  readonly baseUrl: string;
  /** Where the parameters of the token request go: in the query, as the guide shows, or in a form body. */
  readonly tokenRequest: "query" | "form";
  /** Where the access token of the profile request goes: in the query, as the guide shows, or in `Authorization`. */
  readonly profileRequest: "query" | "header";
  /** Time limit of one request, in milliseconds. */
  readonly timeoutMs: number;
}

/** The sign-in that a call belongs to. */
export interface CallContext {
  /** Deadline of the whole sign-in: it ends every try and every pause between tries. */
  readonly deadline: Deadline;
  /** Id of the device's request, for the log. */
  readonly requestId: string;
  /** Name of the Amazon client, for the log. */
  readonly app: string;
}

const BACKOFF_BASE_MS = 100;
const FORM_TYPE = "application/x-www-form-urlencoded;charset=UTF-8";

/**
 * The body of a token request whose parameters are in its URL. When a kept connection dies, `fetch` sends a request again
 * by itself, if it can copy the body. It cannot copy a `Blob`, so the log tells of every token request that Amazon sees.
 */
const NOTHING: Request = { method: "POST", body: new Blob([]) };
/** The same with `Content-Length: 0`. `fetch` sends an empty `Blob` in chunks, of which HTTP/1.1 servers have to know. */
const NOTHING_WITH_LENGTH: Request = { method: "POST" };

/** Parts of an {@linkcode Appstore}. */
export interface AppstoreOptions {
  /** How Amazon is called. */
  readonly config: AmazonConfig;
  /** Times the requests and the pauses between them. */
  readonly clock: Clock;
  /** Gets one entry for each request. */
  readonly log: Log;
  /** The global `fetch`, or one that calls a simulated Amazon. */
  readonly fetch: typeof fetch;
  /** Tries whether Amazon can be reached, while an answer is late. Absent: it is taken for reachable. */
  readonly connect?: Connect | undefined;
}

/** A request that can be sent more than once. A body that is a stream of its own is made for each. */
type Request = Omit<RequestInit, "signal" | "redirect">;

/** Client of the Amazon Appstore. */
export class Appstore {
  readonly #options: AppstoreOptions;
  readonly #clockCheck: ClockCheck;
  /** Whether Amazon, or what stands before it, has refused a body without a declared length. */
  #lengthRequired = false;

  /** Makes a client. It sends no request yet. */
  constructor(options: AppstoreOptions) {
    this.#options = options;
    this.#clockCheck = new ClockCheck(options.clock, options.log);
  }

  /** Milliseconds by which the clock of this machine is ahead of Amazon's, as {@linkcode ClockCheck.aheadMs} tells. */
  get clockAheadMs(): number {
    return this.#clockCheck.aheadMs;
  }

  /**
   * Milliseconds that a token request must have left before its deadline: half the time limit of a request. A token
   * request that is cut short can spend the code and lose the token.
   */
  get leastTokenMs(): number {
    return this.#options.config.timeoutMs / 2;
  }

  /**
   * Returns the milliseconds that a sign-in must have left to ask for a token at all: the time limit of a request, or
   * half of the sign-in's own limit when that is shorter. A claim that took longer leaves Amazon too little.
   */
  enoughForToken(deadlineMs: number): number {
    return Math.max(this.leastTokenMs, Math.min(this.#options.config.timeoutMs, deadlineMs / 2));
  }

  /**
   * Exchanges a code for an access token (guide, "Get Access Token API"). Amazon's first response with a token spends
   * the code, even if that response is lost.
   *
   * @throws {Problem} `code_rejected`, `code_lost`, `upstream_rejected_client`, `upstream_unavailable` or
   *   `upstream_invalid`.
   */
  exchangeCode(code: string, client: AmazonClient, context: CallContext): Promise<AccessToken> {
    return this.#requestToken(TOKEN, { grant_type: "authorization_code", code }, client, context);
  }

  /**
   * Gets an access token for a refresh token. The guide documents no such request; it is that of RFC 6749, section 6.
   *
   * @throws {Problem} `code_rejected` when Amazon refuses the refresh token; `upstream_rejected_client`,
   *   `upstream_unavailable` or `upstream_invalid`.
   */
  refreshToken(token: string, client: AmazonClient, context: CallContext): Promise<AccessToken> {
    return this.#requestToken(
      REFRESH,
      { grant_type: "refresh_token", refresh_token: token },
      client,
      context,
    );
  }

  #requestToken(
    endpoint: Endpoint<AccessToken>,
    grant: Record<string, string>,
    client: AmazonClient,
    context: CallContext,
  ): Promise<AccessToken> {
    const { baseUrl, tokenRequest } = this.#options.config;
    const parameters = new URLSearchParams({
      ...grant,
      client_id: client.clientId,
      client_secret: client.clientSecret,
    });
    const url = `${baseUrl}/version/1.0/auth/o2/token`;
    if (tokenRequest === "query") return this.#call(endpoint, `${url}?${parameters}`, NOTHING, context);
    const body = new Blob([parameters.toString()], { type: FORM_TYPE });
    return this.#call(endpoint, url, { method: "POST", body }, context);
  }

  /**
   * Fetches the profile of the access token's customer (guide, "Get User Profile API").
   *
   * @throws {Problem} `consent_insufficient`, `upstream_unavailable` or `upstream_invalid`.
   */
  fetchProfile(token: string, context: CallContext): Promise<AmazonProfile> {
    const { baseUrl, profileRequest } = this.#options.config;
    const url = `${baseUrl}/version/1.0/user/profile`;
    // A header holds bytes: fetch wants each byte as one Latin-1 character.
    return profileRequest === "header"
      ? this.#call(PROFILE, url, {
        headers: { authorization: `Bearer ${Buffer.from(token).toString("latin1")}` },
      }, context)
      : this.#call(PROFILE, `${url}?${new URLSearchParams({ access_token: token })}`, {}, context);
  }

  /** Sends a request, and sends it again while that can help and time is left. Logs every try. */
  async #call<T>(endpoint: Endpoint<T>, url: string, request: Request, context: CallContext): Promise<T> {
    const { clock, log } = this.#options;
    const least = endpoint.name === "token" ? this.leastTokenMs : 0;
    let lost = false;
    for (let attempt = 1;; attempt++) {
      const start = clock.now();
      const sent = request === NOTHING && this.#lengthRequired ? NOTHING_WITH_LENGTH : request;
      const result = await this.#send(endpoint, url, sent, context.deadline);
      const problem = result.ok ? null : problemOf(endpoint, result, lost);
      log(levelOf(problem), "upstream", {
        request_id: context.requestId,
        app: context.app,
        endpoint: endpoint.name,
        attempt,
        status: result.status,
        outcome: problem ?? "ok",
        ms: clock.now() - start,
        amazon_request_id: result.amazonRequestId,
      });
      if (result.ok) return result.value;
      const jitter = (0.5 + Math.random()) * BACKOFF_BASE_MS * 2 ** (attempt - 1);
      const pause = Math.max(jitter, (result.retryAfter ?? 0) * 1000);
      const given = new Problem(problemOf(endpoint, result, lost), { retryAfter: result.retryAfter });
      if (!result.retriable || attempt >= endpoint.tries || context.deadline.remaining - pause <= least) {
        throw given;
      }
      lost ||= result.lost === true;
      await sleep(clock, pause);
      // A machine that stood still in the pause has no time left: the lease of the code can be over.
      if (context.deadline.remaining <= least) throw given;
    }
  }

  /** Sends one request and interprets its response. Never rejects. */
  async #send<T>(
    endpoint: Endpoint<T>,
    url: string,
    request: Request,
    until: Deadline,
  ): Promise<RequestResult<T>> {
    const { config, clock, fetch, connect } = this.#options;
    const timeoutMs = Math.min(config.timeoutMs, until.remaining);
    // A sign-in can be cut short. Its token is waited for all the same: without it the code is lost.
    using timeout = endpoint.name === "token" ? new Deadline(clock, timeoutMs) : until.within(timeoutMs);
    // It does not matter whether a lost request for a profile was sent: the next try asks again.
    using probe = endpoint.name === "token" && connect !== undefined
      ? new ConnectionProbe(clock, timeoutMs / 2, { url, connect })
      : null;
    const { signal } = timeout;
    const sentAt = clock.now();
    let response: Response;
    try {
      // Not followed: a redirect would send the secrets in the URL or the body to another place.
      response = await fetch(url, { ...request, signal, redirect: "manual" });
    } catch (error) {
      const notTaken = wasNotTaken(error) || (signal.aborted && probe?.failed === true);
      return notTaken
        ? { ok: false, problem: "upstream_unavailable", retriable: true }
        : { ok: false, problem: endpoint.responseLost, retriable: resends(endpoint, signal), lost: true };
    }
    this.#clockCheck.check(response, sentAt);
    if (request === NOTHING && LENGTH_REQUIRED.includes(response.status)) {
      await response.body?.cancel();
      this.#lengthRequired = true;
      return { ok: false, problem: "upstream_unavailable", retriable: true, status: response.status };
    }
    const result = interpretResponse(endpoint, response, await readJson(response, { salvage: true }));
    return "lost" in result && result.lost ? { ...result, retriable: resends(endpoint, signal) } : result;
  }
}

/** Statuses by which a server refuses a body in chunks before it looks at the request: RFC 9112, 6.1 and 6.3. */
const LENGTH_REQUIRED = [411, 501];

/** Returns true when a request whose response was lost is sent again. `signal` has aborted when the response was late. */
function resends({ resendsLost }: Endpoint<unknown>, { aborted }: AbortSignal): boolean {
  return resendsLost === "always" || !aborted;
}

/**
 * Returns the problem of a failed try. A code that is invalid after a lost answer was spent by the request before. A
 * refresh token is just refused.
 */
function problemOf(
  { responseLost }: Pick<Endpoint<unknown>, "responseLost">,
  { problem }: RequestFailure,
  lost: boolean,
): ProblemCode {
  return lost && problem === "code_rejected" && responseLost === "code_lost" ? "code_lost" : problem;
}

/** A call that goes well needs no line beside the one of its request. */
function levelOf(problem: ProblemCode | null): "debug" | "warning" | "error" {
  if (problem === null) return "debug";
  return problem === "upstream_rejected_client" ? "error" : "warning";
}
