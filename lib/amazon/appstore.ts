/**
 * The two calls to the Amazon Appstore, as its guide "Integrate One-Click Account Information Sharing" documents
 * them: Get Access Token and Get User Profile.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type Clock, Deadline, sleep } from "../base/clock.ts";
import type { AmazonClient, Config } from "../config/config.ts";
import type { Log } from "../base/log.ts";
import { Problem } from "../base/problem.ts";
import { readJson } from "../base/read_json.ts";
import {
  type AccessToken,
  type AmazonProfile,
  type Endpoint,
  interpret,
  type Outcome,
  PROFILE,
  TOKEN,
} from "./endpoints.ts";

/** On whose behalf a call is made, and until when. */
export interface CallContext {
  /** Of the whole sign-in: every try and every wait between them ends here. */
  readonly deadline: Deadline;
  /** Of the request that is answered by it. */
  readonly requestId: string;
  /** The name of the Amazon client, for the log. */
  readonly app: string;
}

const BACKOFF_BASE_MS = 100;

/** What an {@linkcode Appstore} needs. */
export interface AppstoreOptions {
  /** Where the endpoints are, how they are asked, and how long one call may take. */
  readonly config: Config;
  /** Times calls and the waits between them. */
  readonly clock: Clock;
  /** Takes one entry for each call. */
  readonly log: Log;
  /** The global `fetch`, or one that reaches a stand-in. */
  readonly fetch: typeof fetch;
}

/** The Amazon Appstore. */
export class Appstore {
  readonly #options: AppstoreOptions;

  /** Calls nothing yet. */
  constructor(options: AppstoreOptions) {
    this.#options = options;
  }

  /**
   * Milliseconds of its deadline that a token request must have left: one that is cut short can spend the code and
   * lose the token. Half of what a call may take.
   */
  get leastTokenMs(): number {
    return this.#options.config.amazonTimeoutMs / 2;
  }

  /**
   * Exchanges a code for an access token (guide, "Get Access Token API"). The code is spent by the first answer
   * that carries a token, whether it arrives or not.
   *
   * @throws {Problem} `code_rejected`, `code_lost`, `upstream_rejected_client`, `upstream_unavailable` or
   *   `upstream_invalid`.
   */
  exchangeCode(code: string, client: AmazonClient, context: CallContext): Promise<AccessToken> {
    const { amazonBaseUrl, amazonTokenRequest } = this.#options.config;
    const parameters = new URLSearchParams({
      grant_type: "authorization_code",
      code,
      client_id: client.clientId,
      client_secret: client.clientSecret,
    });
    const url = `${amazonBaseUrl}/version/1.0/auth/o2/token`;
    return amazonTokenRequest === "form"
      ? this.#call(TOKEN, url, { method: "POST", body: parameters }, context)
      : this.#call(TOKEN, `${url}?${parameters}`, { method: "POST" }, context);
  }

  /**
   * Fetches the profile of the customer who gave the token (guide, "Get User Profile API").
   *
   * @throws {Problem} `consent_insufficient`, `upstream_unavailable` or `upstream_invalid`.
   */
  fetchProfile(token: string, context: CallContext): Promise<AmazonProfile> {
    const { amazonBaseUrl, amazonProfileRequest } = this.#options.config;
    const url = `${amazonBaseUrl}/version/1.0/user/profile`;
    // A header holds bytes, which fetch takes as Latin-1.
    return amazonProfileRequest === "header"
      ? this.#call(PROFILE, url, {
        headers: { authorization: `Bearer ${Buffer.from(token).toString("latin1")}` },
      }, context)
      : this.#call(PROFILE, `${url}?${new URLSearchParams({ access_token: token })}`, {}, context);
  }

  async #call<T>(endpoint: Endpoint<T>, url: string, init: RequestInit, context: CallContext): Promise<T> {
    const { clock, log } = this.#options;
    const least = endpoint.name === "token" ? this.leastTokenMs : 0;
    for (let attempt = 1;; attempt++) {
      const start = clock.now();
      const outcome = await this.#try(endpoint, url, init, context.deadline);
      log(levelOf(outcome), "upstream", {
        request_id: context.requestId,
        app: context.app,
        endpoint: endpoint.name,
        attempt,
        status: outcome.status,
        outcome: outcome.ok ? "ok" : outcome.problem,
        ms: clock.now() - start,
        amazon_request_id: outcome.amazonRequestId,
      });
      if (outcome.ok) return outcome.value;
      const jitter = (0.5 + Math.random()) * BACKOFF_BASE_MS * 2 ** (attempt - 1);
      const pause = Math.max(jitter, (outcome.retryAfter ?? 0) * 1000);
      if (!outcome.again || attempt >= endpoint.tries || context.deadline.remaining - pause <= least) {
        throw new Problem(outcome.problem, { retryAfter: outcome.retryAfter });
      }
      await sleep(clock, pause);
    }
  }

  /** One request and what its answer means: first by the JSON `error`, then by the status. Never rejects. */
  async #try<T>(endpoint: Endpoint<T>, url: string, init: RequestInit, until: Deadline): Promise<Outcome<T>> {
    const { config, clock, fetch } = this.#options;
    using timeout = new Deadline(clock, Math.min(config.amazonTimeoutMs, until.remaining));
    const { signal } = timeout;
    let response: Response;
    try {
      // A redirect would carry the secret in the URL or the body to wherever it points.
      response = await fetch(url, { ...init, signal, redirect: "manual" });
    } catch (error) {
      const again = isConnectFailure(error);
      return { ok: false, problem: again ? "upstream_unavailable" : endpoint.unanswered, again };
    }
    return interpret(endpoint, response, await readJson(response));
  }
}

/**
 * Whether a connection was never made, so that nothing was sent. Deno says so only in a text that holds the whole
 * URL, which is looked at and never passed on: of the cause, or, before Deno 2.9, of the error itself.
 */
function isConnectFailure(error: unknown): boolean {
  if (!(error instanceof TypeError)) return false;
  return [error, error.cause].some((each) =>
    each instanceof Error && each.message.includes("client error (Connect)")
  );
}

function levelOf(outcome: Outcome<unknown>): "info" | "warning" | "error" {
  if (outcome.ok) return "info";
  return outcome.problem === "upstream_rejected_client" ? "error" : "warning";
}
