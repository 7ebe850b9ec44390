/**
 * What the Appstore's answers mean: the fields and error codes of the guide's two tables, and what is made of an
 * answer that the guide does not describe.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ProblemCode } from "../base/problem.ts";
import type { Body, JsonObject } from "../base/read_json.ts";

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
const MAX_RETRY_AFTER_S = 60;

/** One of Amazon's endpoints: how often it may be asked, and what its answers mean. */
export interface Endpoint<T> {
  /** What the log calls it. */
  readonly name: "token" | "profile";
  /** Requests at most, the first included. */
  readonly tries: number;
  /** What each documented JSON `error` means. */
  readonly errors: ReadonlyMap<unknown, ProblemCode>;
  /** What a 401 without a JSON error means. */
  readonly unauthorized: ProblemCode;
  /** What it means that the request may have arrived and its answer did not. */
  readonly unanswered: ProblemCode;
  /** Gives null when the answer is not what the guide describes. */
  readonly parse: (answer: JsonObject) => T | null;
}

/** Get Access Token. */
export const TOKEN: Endpoint<AccessToken> = {
  name: "token",
  tries: 2,
  errors: TOKEN_ERRORS,
  unauthorized: "upstream_rejected_client",
  unanswered: "code_lost",
  parse: parseToken,
};

/** Get User Profile. */
export const PROFILE: Endpoint<AmazonProfile> = {
  name: "profile",
  tries: 3,
  errors: PROFILE_ERRORS,
  unauthorized: "consent_insufficient",
  unanswered: "upstream_unavailable",
  parse: parseProfile,
};

/** What came of one request. */
export type Outcome<T> = (Success<T> | Failure) & {
  /** HTTP status; undefined when there was no answer. */
  readonly status?: number | undefined;
  /** Amazon's `request_id`, where it gave one. */
  readonly amazonRequestId?: string | undefined;
};

/** An answer as the guide describes it. */
export interface Success<T> {
  /** Tells it from a failure. */
  readonly ok: true;
  /** What the answer holds. */
  readonly value: T;
}

/** Anything else. */
export interface Failure {
  /** Tells it from a success. */
  readonly ok: false;
  /** What the device is told. */
  readonly problem: ProblemCode;
  /** The request was not taken, or Amazon was busy: sending it again can help. */
  readonly again: boolean;
  /** Seconds that Amazon asked to wait. */
  readonly retryAfter?: number | undefined;
}

/** What an answer means: first by its JSON `error`, then by its status. */
export function interpret<T>(endpoint: Endpoint<T>, response: Response, body: Body): Outcome<T> {
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
