/**
 * Makes the two calls to the Amazon Appstore that its guide "Integrate One-Click Account Information Sharing"
 * documents: Get Access Token and Get User Profile.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type Clock, Deadline, sleep } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { Problem } from "../base/problem.ts";
import { readJson } from "../base/read_json.ts";
import {
  type AccessToken,
  type AmazonProfile,
  type Endpoint,
  interpretResponse,
  PROFILE,
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
}

/** Client of the Amazon Appstore. */
export class Appstore {
  readonly #options: AppstoreOptions;

  /** Makes a client. It sends no request yet. */
  constructor(options: AppstoreOptions) {
    this.#options = options;
  }

  /**
   * Milliseconds that a token request must have left before its deadline: half the time limit of a request. A token
   * request that is cut short can spend the code and lose the token.
   */
  get leastTokenMs(): number {
    return this.#options.config.timeoutMs / 2;
  }

  /**
   * Exchanges a code for an access token (guide, "Get Access Token API"). Amazon's first response with a token spends
   * the code, even if that response is lost.
   *
   * @throws {Problem} `code_rejected`, `code_lost`, `upstream_rejected_client`, `upstream_unavailable` or
   *   `upstream_invalid`.
   */
  exchangeCode(code: string, client: AmazonClient, context: CallContext): Promise<AccessToken> {
    const { baseUrl, tokenRequest } = this.#options.config;
    const parameters = new URLSearchParams({
      grant_type: "authorization_code",
      code,
      client_id: client.clientId,
      client_secret: client.clientSecret,
    });
    const url = `${baseUrl}/version/1.0/auth/o2/token`;
    return tokenRequest === "form"
      ? this.#call(TOKEN, url, { method: "POST", body: parameters }, context)
      : this.#call(TOKEN, `${url}?${parameters}`, { method: "POST" }, context);
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
  async #call<T>(endpoint: Endpoint<T>, url: string, init: RequestInit, context: CallContext): Promise<T> {
    const { clock, log } = this.#options;
    const least = endpoint.name === "token" ? this.leastTokenMs : 0;
    for (let attempt = 1;; attempt++) {
      const start = clock.now();
      const result = await this.#send(endpoint, url, init, context.deadline);
      log(levelOf(result), "upstream", {
        request_id: context.requestId,
        app: context.app,
        endpoint: endpoint.name,
        attempt,
        status: result.status,
        outcome: result.ok ? "ok" : result.problem,
        ms: clock.now() - start,
        amazon_request_id: result.amazonRequestId,
      });
      if (result.ok) return result.value;
      const jitter = (0.5 + Math.random()) * BACKOFF_BASE_MS * 2 ** (attempt - 1);
      const pause = Math.max(jitter, (result.retryAfter ?? 0) * 1000);
      if (!result.retriable || attempt >= endpoint.tries || context.deadline.remaining - pause <= least) {
        throw new Problem(result.problem, { retryAfter: result.retryAfter });
      }
      await sleep(clock, pause);
    }
  }

  /** Sends one request and interprets its response. Never rejects. */
  async #send<T>(
    endpoint: Endpoint<T>,
    url: string,
    init: RequestInit,
    until: Deadline,
  ): Promise<RequestResult<T>> {
    const { config, clock, fetch } = this.#options;
    using timeout = new Deadline(clock, Math.min(config.timeoutMs, until.remaining));
    const { signal } = timeout;
    let response: Response;
    try {
      // Not followed: a redirect would send the secrets in the URL or the body to another place.
      response = await fetch(url, { ...init, signal, redirect: "manual" });
    } catch (error) {
      const notSent = isConnectFailure(error);
      return {
        ok: false,
        problem: notSent ? "upstream_unavailable" : endpoint.responseLost,
        retriable: notSent,
      };
    }
    return interpretResponse(endpoint, response, await readJson(response));
  }
}

/**
 * Returns true when no connection was made, so that nothing was sent. Deno says so only in the text of the error's
 * cause (before Deno 2.9: of the error itself). That text holds the whole URL, so it must not go any further.
 */
function isConnectFailure(error: unknown): boolean {
  if (!(error instanceof TypeError)) return false;
  return [error, error.cause].some((each) =>
    each instanceof Error && each.message.includes("client error (Connect)")
  );
}

function levelOf(result: RequestResult<unknown>): "info" | "warning" | "error" {
  if (result.ok) return "info";
  return result.problem === "upstream_rejected_client" ? "error" : "warning";
}
