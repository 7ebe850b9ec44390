/**
 * Defines everything that can go wrong at Amazon, by the kind of fault that a code names.
 *
 * @module
 */
import {
  changeText,
  errorResponse,
  htmlResponse,
  type SimulatedResponse,
  textOf,
  textResponse,
} from "./responses.ts";

/** Amazon's two endpoints, by the names that a code uses. */
export type Endpoint = "token" | "profile";

/** A JSON object. */
export type Json = Record<string, unknown>;

/** One entry of {@linkcode FAULTS}. */
export interface Fault {
  /** The endpoints at which the fault can happen. */
  endpoints: readonly Endpoint[];
  /** The name of the argument, in brackets when it is optional; absent for a fault without an argument. */
  argument?: string;
  /** An argument for the example in the list; absent when the example needs none. */
  example?: number;
  /** One line that helps a developer to choose a fault. */
  description: string;
  /** Returns whether the argument is valid. Without this function only a missing argument is. */
  accepts?(argument: number | undefined): boolean;
  /** Returns whether the code stays unspent because Amazon refused the request. Without this function it is spent. */
  spares?(argument: number | undefined): boolean;
  /** Changes the JSON of a successful response. An error response is not changed. */
  reshape?(json: Json, endpoint: Endpoint): Json;
  /** Changes or replaces any response. */
  alter?(response: SimulatedResponse, argument: number | undefined): SimulatedResponse;
}

const BOTH: readonly Endpoint[] = ["token", "profile"];
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];
const OVERSIZE_BYTES = 64 * 1024 + 1;

/**
 * Every fault by its kind. The documented errors come first, with the status of the guide's table "User profile error
 * response codes". For the token endpoint the guide names no status but a possible 401, so the token errors use OAuth's
 * 400.
 */
export const FAULTS: Readonly<Record<string, Fault>> = {
  ...documented(BOTH, "invalid_request", 400),
  ...documented(["token"], "invalid_client", 400),
  ...documented(["token"], "invalid_grant", 400),
  ...documented(["token"], "unauthorized_client", 400),
  ...documented(["token"], "unsupported_grant_type", 400),
  ...documented(["profile"], "invalid_token", 400),
  ...documented(["profile"], "insufficient_scope", 401),
  ...documented(BOTH, "ServerError", 500),
  // A code names a status by its number, see `statusFault`. This entry is only there for the list.
  STATUS: {
    endpoints: BOTH,
    argument: "[SECONDS]",
    description:
      "Any HTTP status from 200 to 599 with an empty body; 429 and 503 take seconds for Retry-After",
    accepts: () => false,
  },
  delay: {
    endpoints: BOTH,
    argument: "MS",
    example: 300,
    description: "The response comes late, up to an hour; combines with any other fault",
    accepts: (ms) => ms !== undefined && ms <= 3_600_000,
    alter: (response, ms = 0) => ({ ...response, delayMs: response.delayMs + ms }),
  },
  hang: delivered("hang", "No response, and the connection stays open"),
  stall: delivered("stall", "Headers and half the body, then nothing more"),
  drip: delivered("drip", "One byte of the body every 100 ms"),
  drop: delivered("drop", "The connection closes before the response"),
  cut: delivered("cut", "The connection closes in the middle of the body"),
  html: {
    endpoints: BOTH,
    argument: "[STATUS]",
    description: "An HTML page; status 200, or one from 400 to 599",
    accepts: (status = 200) => status === 200 || isErrorStatus(status),
    spares: (status = 200) => status !== 200,
    alter: (_, status = 200) => htmlResponse(status),
  },
  empty: replaced("", "Status 200 with an empty body"),
  truncated: rewritten(
    (text) => text.slice(0, text.length / 2),
    "Half the JSON; the body ends without an error",
  ),
  null: replaced("null", "Status 200 with the JSON value null"),
  array: rewritten((text) => `[${text}]`, "The JSON object in an array"),
  bom: rewritten((text) => `\uFEFF${text}`, "Valid JSON after a byte order mark"),
  latin1: {
    endpoints: BOTH,
    description: "A letter encoded as Latin-1: invalid UTF-8",
    reshape: (json, endpoint) => ({ ...json, [endpoint === "token" ? "refresh_token" : "name"]: "José" }),
    alter: (response) => ({
      ...response,
      body: Uint8Array.from(textOf(response), (letter) => letter.charCodeAt(0)),
    }),
  },
  duplicate: rewritten(withDuplicateKeys, "Every key twice, the correct value last"),
  wrong_types: reshaped(
    BOTH,
    withWrongTypes,
    "Every value of a wrong type: texts in arrays, numbers as text",
  ),
  no_token: reshaped(["token"], ({ access_token: _, ...json }) => json, "No access_token"),
  no_user_id: reshaped(["profile"], ({ user_id: _, ...json }) => json, "No user_id"),
  extra: reshaped(BOTH, withExtraFields, "Unknown fields besides the known ones, __proto__ among them"),
  oversize: rewritten(
    (text) => text.slice(0, -1).padEnd(OVERSIZE_BYTES - 1) + text.slice(-1),
    "Valid JSON of just over 64 KiB with a content-length",
  ),
  endless: delivered("endless", "A body that never ends: 1 MiB at once, then 1.6 MB a second"),
  redirect: {
    endpoints: BOTH,
    argument: "STATUS",
    example: 307,
    description: `A redirect to http://elsewhere.invalid/; status ${REDIRECT_STATUSES.join(", ")}`,
    accepts: (status) => status !== undefined && REDIRECT_STATUSES.includes(status),
    alter: (_, status = 307) => emptyResponse(status, { location: "http://elsewhere.invalid/" }),
  },
  legacy: reshaped(["profile"], withLegacyProfile, "The shape of Login with Amazon's older profile endpoint"),
  long_token: reshaped(["token"], tokenOf(2048), "An access token of 2048 bytes, the documented maximum"),
  too_long_token: reshaped(["token"], tokenOf(2049), "An access token of 2049 bytes"),
  short_token: reshaped(["token"], withShortToken, "An access token of 20 characters without the prefix"),
  text_expires: reshaped(["token"], (json) => ({ ...json, expires_in: "3600" }), "expires_in as text"),
  bare: reshaped(["token"], withoutOptional, "Only access_token and token_type"),
  mac: reshaped(["token"], (json) => ({ ...json, token_type: "mac" }), "token_type mac"),
};

/** Finds a fault by the kind that a code or a receipt names: an entry of {@linkcode FAULTS}, or an HTTP status. */
export function findFault(kind: string): Fault | undefined {
  if (/^\d{3}$/.test(kind)) return statusFault(Number(kind));
  return Object.hasOwn(FAULTS, kind) ? FAULTS[kind] : undefined;
}

/** Returns the fault for an HTTP status with an empty body; undefined for a number that is no valid status. */
function statusFault(status: number): Fault | undefined {
  if (status < 200 || status > 599) return undefined;
  const takesSeconds = status === 429 || status === 503;
  return {
    ...FAULTS.STATUS!,
    accepts: (seconds) => seconds === undefined || takesSeconds,
    spares: () => isErrorStatus(status),
    alter: (_, seconds) =>
      emptyResponse(status, seconds === undefined ? {} : { "retry-after": String(seconds) }),
  };
}

function isErrorStatus(status: number): boolean {
  return status >= 400 && status <= 599;
}

function emptyResponse(status: number, headers: Record<string, string>): SimulatedResponse {
  return { ...textResponse(status, "", ""), headers };
}

function documented(endpoints: readonly Endpoint[], name: string, status: number): Record<string, Fault> {
  return {
    [name]: {
      endpoints,
      argument: "[STATUS]",
      description: `Documented error; status ${status}, or one from 400 to 599`,
      accepts: (other = status) => isErrorStatus(other),
      spares: () => true,
      alter: (_, other = status) => errorResponse(other, name, "The code asked for this error"),
    },
  };
}

function delivered(delivery: SimulatedResponse["delivery"], description: string): Fault {
  return { endpoints: BOTH, description, alter: (response) => ({ ...response, delivery }) };
}

function replaced(text: string, description: string): Fault {
  return {
    endpoints: BOTH,
    description,
    alter: (response) => changeText({ ...response, status: 200 }, () => text),
  };
}

function rewritten(change: (text: string) => string, description: string): Fault {
  return { endpoints: BOTH, description, alter: (response) => changeText(response, change) };
}

type Reshape = NonNullable<Fault["reshape"]>;

function reshaped(endpoints: readonly Endpoint[], reshape: Reshape, description: string): Fault {
  return { endpoints, description, reshape };
}

function withDuplicateKeys(text: string): string {
  const wrong = Object.keys(JSON.parse(text)).map((key) => `${JSON.stringify(key)}:"The first of two"`);
  return `{${wrong.join(",")},${text.slice(1)}`;
}

// A careless client turns an array of one text into that text. The array therefore finds clients that do not check.
function withWrongTypes(json: Json): Json {
  const entries = Object.entries(json);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === "string" ? [value] : String(value)]),
  );
}

function withExtraFields(json: Json): Json {
  // The brackets make `__proto__` a field; without them it would set the prototype.
  const extra = {
    ["__proto__"]: { user_id: "amznl.account.PR0T0" },
    constructor: null,
    scope: ["a", { b: 1.5 }],
  };
  return { ...extra, ...json };
}

function withLegacyProfile({ user_id, name, email }: Json): Json {
  const Profile = { CustomerId: user_id, Name: name, PrimaryEmail: email };
  return { Profile, request_id: crypto.randomUUID() };
}

function tokenOf(length: number): Reshape {
  return (json) => ({ ...json, access_token: String(json.access_token).padEnd(length, "x") });
}

function withShortToken(json: Json): Json {
  return { ...json, access_token: String(json.access_token).slice(-20) };
}

function withoutOptional({ access_token, token_type }: Json): Json {
  return { access_token, token_type };
}
