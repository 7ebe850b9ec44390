/**
 * The two endpoints of Amazon's guide "Integrate One-Click Account Information Sharing": what each response means. The
 * fields and error codes are those of the guide's tables. A response that the guide does not describe is
 * `upstream_invalid`.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ProblemCode } from "../base/problem.ts";
import type { JsonBody, JsonObject } from "../base/read_json.ts";

/** The access token that Amazon issued for a code. */
export interface AccessToken {
  /** At most 2048 bytes of UTF-8; opaque. */
  readonly value: string;
  /** Lifetime in milliseconds, from now. It is an hour when Amazon does not say. */
  readonly expiresInMs: number;
  /** The refresh token, at most 2048 bytes of UTF-8; opaque. Null when Amazon gave none. */
  readonly refreshToken: string | null;
}

/** The customer's profile at Amazon. Only `user_id` is always there. */
export interface AmazonProfile {
  /** 1 to 1024 characters; opaque. */
  readonly user_id: string;
  /** Up to 320 characters. Not checked: it may be no address. */
  readonly email: string | null;
  /** Up to 256 characters. */
  readonly name: string | null;
  /** Up to 32 characters. */
  readonly postal_code: string | null;
}

const MAX_TOKEN_BYTES = 2048;
const MAX_RETRY_AFTER_S = 60;

/** Statuses of requests that the server has not taken: RFC 9110, 15.5.9 and 15.5.20; RFC 8470, 5.2. */
const NOT_TAKEN = [408, 421, 425];

/** One of Amazon's endpoints: the number of tries, and the meaning of its responses. */
export interface Endpoint<T> {
  /** The endpoint's name in the log. */
  readonly name: "token" | "profile";
  /** The most requests of one call, the first included. */
  readonly tries: number;
  /** The meaning of each documented JSON `error`. */
  readonly errors: ReadonlyMap<unknown, ProblemCode>;
  /** The meaning of a 401 without a documented JSON `error`. */
  readonly unauthorized: ProblemCode;
  /** The meaning of a lost response: the request may have arrived at Amazon. */
  readonly responseLost: ProblemCode;
  /**
   * When a request whose response was lost is sent again at once: always, or unless the response was only late. A code
   * is always sent again, since that is never worse than to ask for a new one: Amazon gives its token when it has not
   * spent it, and says `invalid_grant` when it has.
   */
  readonly resendsLost: "always" | "unless late";
  /** Reads the body of a success. Returns null when it is not as the guide describes it. */
  readonly parse: (body: JsonObject) => T | null;
}

/** Get Access Token. `errors` is the guide's table "Access token error response codes". */
export const TOKEN: Endpoint<AccessToken> = {
  name: "token",
  tries: 2,
  errors: new Map([
    ["invalid_request", "upstream_rejected_client"],
    ["invalid_client", "upstream_rejected_client"],
    ["invalid_grant", "code_rejected"],
    ["unauthorized_client", "upstream_rejected_client"],
    ["unsupported_grant_type", "upstream_rejected_client"],
    ["ServerError", "upstream_unavailable"],
  ]),
  unauthorized: "upstream_rejected_client",
  responseLost: "code_lost",
  resendsLost: "always",
  parse: parseToken,
};

/**
 * Refresh of an access token. The guide names the refresh token, and documents no request for it: this is RFC 6749,
 * section 6, at the same endpoint. A lost answer costs nothing, so the request can be made again.
 */
export const REFRESH: Endpoint<AccessToken> = {
  ...TOKEN,
  responseLost: "upstream_unavailable",
  resendsLost: "unless late",
};

/** Get User Profile. `errors` is the guide's table "User profile error response codes". */
export const PROFILE: Endpoint<AmazonProfile> = {
  name: "profile",
  tries: 3,
  errors: new Map([
    ["invalid_request", "upstream_invalid"],
    ["invalid_token", "upstream_invalid"],
    ["insufficient_scope", "consent_insufficient"],
    ["ServerError", "upstream_unavailable"],
  ]),
  unauthorized: "consent_insufficient",
  responseLost: "upstream_unavailable",
  resendsLost: "unless late",
  parse: parseProfile,
};

/** The result of one request to Amazon. */
export type RequestResult<T> = (RequestSuccess<T> | RequestFailure) & {
  /** HTTP status; undefined when no response came. */
  readonly status?: number | undefined;
  /** Amazon's `request_id`, if the response has one. */
  readonly amazonRequestId?: string | undefined;
};

/** The response is as the guide describes it. */
export interface RequestSuccess<T> {
  /** True for a success, false for a failure. */
  readonly ok: true;
  /** The content of the response. */
  readonly value: T;
}

/** The request failed, or the response is not as the guide describes it. */
export interface RequestFailure {
  /** True for a success, false for a failure. */
  readonly ok: false;
  /** The problem that the device is told. */
  readonly problem: ProblemCode;
  /** True when the same request may be sent again: Amazon did not get it, or was busy. */
  readonly retriable: boolean;
  /** True when the response was lost: Amazon may have done what was asked. */
  readonly lost?: boolean | undefined;
  /** Seconds that Amazon asked to wait, at most 60. */
  readonly retryAfter?: number | undefined;
}

/**
 * Returns the meaning of a response. Complete information is used with any status but 429 and a redirect, since the
 * code behind it is spent. Otherwise the JSON `error` decides first, then the status.
 */
export function interpretResponse<T>(
  endpoint: Endpoint<T>,
  response: Pick<Response, "status" | "ok" | "headers">,
  body: JsonBody,
): RequestResult<T> {
  const { status, ok } = response;
  const json = body.kind === "object" ? body.value : {};
  const amazonRequestId = parseRequestId(json);
  const value = status === 429 || (status >= 300 && status < 400) ? null : endpoint.parse(json);
  if (value !== null) return { ok: true, value, status, amazonRequestId };

  const busy = status === 429 || status >= 500 || NOT_TAKEN.includes(status);
  const lost = ok && body.kind === "interrupted";
  const byStatus = busy
    ? "upstream_unavailable"
    : status === 401
    ? endpoint.unauthorized
    : lost
    ? endpoint.responseLost
    : "upstream_invalid";
  // A busy server says 429 before it looks at the request. Its body does not count.
  const problem = status === 429 ? byStatus : endpoint.errors.get(json.error) ?? byStatus;
  const retriable = busy && problem === "upstream_unavailable";
  const retryAfter = parseRetryAfter(response.headers);
  return { ok: false, problem, retriable, lost, retryAfter, status, amazonRequestId };
}

function parseToken(body: JsonObject): AccessToken | null {
  const { access_token: value, token_type: type, expires_in: expiresIn, refresh_token: refresh } = body;
  if (!isText(value) || Buffer.byteLength(value) > MAX_TOKEN_BYTES) return null;
  if (type !== undefined && (typeof type !== "string" || type.toLowerCase() !== "bearer")) return null;
  const seconds = Number(expiresIn);
  return {
    value,
    expiresInMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 3_600_000,
    refreshToken: isText(refresh) && Buffer.byteLength(refresh) <= MAX_TOKEN_BYTES ? refresh : null,
  };
}

function parseProfile({ user_id, email, name, postal_code }: JsonObject): AmazonProfile | null {
  if (!isText(user_id) || user_id.length > 1024) return null;
  return {
    user_id,
    email: textOrNull(email, 320),
    name: textOrNull(plain(name), 256),
    postal_code: textOrNull(plain(postal_code), 32),
  };
}

/** Control characters, line separators, and marks that turn the direction of text. */
const NO_TEXT = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** Removes the characters that the service takes from no customer, so that a device can send the text back. */
function plain(value: unknown): unknown {
  return typeof value === "string" ? value.toWellFormed().replace(NO_TEXT, "") : value;
}

/** Reads a field that the customer once typed, and cuts the text at the bound. */
function textOrNull(value: unknown, most: number): string | null {
  if (typeof value !== "string") return null;
  const text = value.trim();
  if (text === "") return null;
  return text.length <= most ? text : Array.from(text).slice(0, most).join("");
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.isWellFormed() && !/\p{Cc}/u.test(value);
}

/** Returns the id only if it looks like an identifier, because it goes into our log. */
function parseRequestId({ request_id: id }: JsonObject): string | undefined {
  return typeof id === "string" && /^[A-Za-z0-9-]{1,64}$/.test(id) ? id : undefined;
}

/**
 * Reads `Retry-After` (RFC 9110, 10.2.3) as whole seconds, at most a minute. A date is ignored: Amazon is not known to
 * send one.
 */
function parseRetryAfter(headers: Headers): number | undefined {
  const text = headers.get("retry-after") ?? "";
  return /^\d{1,6}$/.test(text) ? Math.min(Number(text), MAX_RETRY_AFTER_S) : undefined;
}
