/**
 * The two calls to the Amazon Appstore, as its guide "Integrate One-Click Account Information Sharing" documents
 * them: Get Access Token and Get User Profile.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type Clock, Deadline, sleep } from "../clock.ts";
import type { AmazonClient, Config } from "../config.ts";
import type { Log } from "../log.ts";
import { Problem, type ProblemCode } from "../problem.ts";
import { type Body, type JsonObject, readJson } from "./read_json.ts";

/** What Amazon gave for a code. */
export interface AccessToken {
  /** At most 2048 bytes of UTF-8; opaque. */
  readonly value: string;
  /** Milliseconds for which it is good, from now; an hour when Amazon does not say. */
  readonly expiresInMs: number;
}

/** A customer as Amazon describes them; `user_id` alone is certain. */
export interface AmazonProfile {
  /** 1 to 1024 characters; opaque. */
  readonly user_id: string;
  /** Up to 320 characters, not checked to be an address. */
  readonly email: string | null;
  /** Up to 256 characters. */
  readonly name: string | null;
  /** Up to 32 characters. */
  readonly postal_code: string | null;
}

/** On whose behalf a call is made, and until when. */
export interface CallContext {
  /** Of the whole sign-in: every try and every wait between them ends here. */
  readonly deadline: Deadline;
  /** Of the request that is answered by it. */
  readonly requestId: string;
  /** The name of the Amazon client, for the log. */
  readonly app: string;
}

/** The guide's "Access token error response codes". */
const TOKEN_ERRORS: ReadonlyMap<unknown, ProblemCode> = new Map([
  ["invalid_request", "upstream_rejected_client"],
  ["invalid_client", "upstream_rejected_client"],
  ["invalid_grant", "code_rejected"],
  ["unauthorized_client", "upstream_rejected_client"],
  ["unsupported_grant_type", "upstream_rejected_client"],
  ["ServerError", "upstream_unavailable"],
]);

/** The guide's "User profile error response codes". */
const PROFILE_ERRORS: ReadonlyMap<unknown, ProblemCode> = new Map([
  ["invalid_request", "upstream_invalid"],
  ["invalid_token", "upstream_invalid"],
  ["insufficient_scope", "consent_insufficient"],
  ["ServerError", "upstream_unavailable"],
]);

const MAX_TOKEN_BYTES = 2048;
const BACKOFF_BASE_MS = 100;
const MAX_RETRY_AFTER_S = 60;

interface Endpoint<T> {
  readonly name: "token" | "profile";
  readonly tries: number;
  readonly errors: ReadonlyMap<unknown, ProblemCode>;
  /** What a 401 without a JSON error means. */
  readonly unauthorized: ProblemCode;
  /** What it means that the request may have arrived and its answer did not. */
  readonly unanswered: ProblemCode;
  /** Gives null when the answer is not what the guide describes. */
  readonly parse: (answer: JsonObject) => T | null;
}

const TOKEN: Endpoint<AccessToken> = {
  name: "token",
  tries: 2,
  errors: TOKEN_ERRORS,
  unauthorized: "upstream_rejected_client",
  unanswered: "code_lost",
  parse: parseToken,
};

const PROFILE: Endpoint<AmazonProfile> = {
  name: "profile",
  tries: 3,
  errors: PROFILE_ERRORS,
  unauthorized: "consent_insufficient",
  unanswered: "upstream_unavailable",
  parse: parseProfile,
};

type Outcome<T> = (Success<T> | Failure) & {
  readonly status?: number | undefined;
  readonly amazonRequestId?: string | undefined;
};

interface Success<T> {
  readonly ok: true;
  readonly value: T;
}

interface Failure {
  readonly ok: false;
  readonly problem: ProblemCode;
  /** The request was not taken, or Amazon was busy: sending it again can help. */
  readonly again: boolean;
  /** Seconds that Amazon asked to wait. */
  readonly retryAfter?: number | undefined;
}

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

function interpret<T>(endpoint: Endpoint<T>, response: Response, body: Body): Outcome<T> {
  const { status, ok } = response;
  const answer = body.kind === "object" ? body.value : {};
  const amazonRequestId = parseRequestId(answer);
  const value = ok ? endpoint.parse(answer) : null;
  if (value !== null) return { ok: true, value, status, amazonRequestId };

  const busy = status === 429 || status >= 500;
  const byStatus = busy
    ? "upstream_unavailable"
    : status === 401
    ? endpoint.unauthorized
    : ok && body.kind === "interrupted"
    ? endpoint.unanswered
    : "upstream_invalid";
  const problem = endpoint.errors.get(answer.error) ?? byStatus;
  const again = busy && problem === "upstream_unavailable";
  const retryAfter = parseRetryAfter(response.headers);
  return { ok: false, problem, again, retryAfter, status, amazonRequestId };
}

function parseToken(answer: JsonObject): AccessToken | null {
  const { access_token: value, token_type: type, expires_in: expiresIn } = answer;
  if (!isText(value) || Buffer.byteLength(value) > MAX_TOKEN_BYTES) return null;
  if (type !== undefined && (typeof type !== "string" || type.toLowerCase() !== "bearer")) return null;
  const seconds = Number(expiresIn);
  return { value, expiresInMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 3_600_000 };
}

function parseProfile({ user_id, email, name, postal_code }: JsonObject): AmazonProfile | null {
  if (!isText(user_id) || user_id.length > 1024) return null;
  return {
    user_id,
    email: textOrNull(email, 320),
    name: textOrNull(name, 256),
    postal_code: textOrNull(postal_code, 32),
  };
}

/** What a person typed once: kept as it is, but for control characters and what is beyond the bound. */
function textOrNull(value: unknown, most: number): string | null {
  if (typeof value !== "string") return null;
  const text = value.toWellFormed().replace(/\p{Cc}/gu, "").trim();
  if (text === "") return null;
  return text.length <= most ? text : Array.from(text).slice(0, most).join("");
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.isWellFormed() &&
    !/\p{Cc}/u.test(value);
}

/** Only what looks like an identifier is taken over into our log. */
function parseRequestId({ request_id: id }: JsonObject): string | undefined {
  return typeof id === "string" && /^[A-Za-z0-9-]{1,64}$/.test(id) ? id : undefined;
}

/** Whole seconds, up to a minute (RFC 9110, 10.2.3; Amazon is not known to send a date). */
function parseRetryAfter(headers: Headers): number | undefined {
  const text = headers.get("retry-after") ?? "";
  return /^\d{1,6}$/.test(text) ? Math.min(Number(text), MAX_RETRY_AFTER_S) : undefined;
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
