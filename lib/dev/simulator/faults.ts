/**
 * What can go wrong at Amazon, by the kind that a code names.
 *
 * @module
 */
import { type Answer, answerOf, errorAnswer, htmlAnswer, rewrite, textOf } from "./replies.ts";

/** Amazon's two endpoints, as a fault names them. */
export type Endpoint = "token" | "profile";

/** A JSON object. */
export type Json = Record<string, unknown>;

/** One row of {@linkcode FAULTS}. */
export interface Fault {
  /** Where it can happen. */
  endpoints: readonly Endpoint[];
  /** The name of its argument, in brackets when it may be left out; absent when there is none. */
  argument?: string;
  /** An argument to try it with; absent when it goes without. */
  example?: number;
  /** One line for a developer who chooses among them. */
  description: string;
  /** Whether the argument will do; without this function none will. */
  accepts?(argument: number | undefined): boolean;
  /** Whether the code stays unspent, as Amazon refused the request; without this function it is spent. */
  spares?(argument: number | undefined): boolean;
  /** Makes another success of a success; an error answer has nothing to reshape. */
  reshape?(json: Json, endpoint: Endpoint): Json;
  /** Makes another answer of any. */
  alter?(answer: Answer, argument: number | undefined): Answer;
}

const BOTH: readonly Endpoint[] = ["token", "profile"];
const REDIRECTS = [301, 302, 303, 307, 308];
const OVERSIZE = 64 * 1024 + 1;

/**
 * Every fault by its kind. The documented errors come first, at the status of the guide's table "User profile error
 * response codes"; for the token endpoint the guide tells no status but a possible 401, so there it is OAuth's 400.
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
  // A code names one of them by its number, see statusFault; this row is there to be read.
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
    description: "The answer comes late, up to an hour; goes together with any other fault",
    accepts: (ms) => ms !== undefined && ms <= 3_600_000,
    alter: (answer, ms = 0) => ({ ...answer, delayMs: answer.delayMs + ms }),
  },
  hang: delivered("hang", "No answer, and the connection stays open"),
  stall: delivered("stall", "Headers and half the body, then nothing"),
  drip: delivered("drip", "One byte of the body each 100 ms"),
  drop: delivered("drop", "The connection closes before the answer"),
  cut: delivered("cut", "The connection closes in the middle of the body"),
  html: {
    endpoints: BOTH,
    argument: "[STATUS]",
    description: "An HTML page; status 200, or one from 400 to 599",
    accepts: (status = 200) => status === 200 || isErrorStatus(status),
    spares: (status = 200) => status !== 200,
    alter: (_, status = 200) => htmlAnswer(status),
  },
  empty: replaced("", "Status 200 with an empty body"),
  truncated: rewritten((text) => text.slice(0, text.length / 2), "Half the JSON, properly ended"),
  null: replaced("null", "Status 200 with the JSON value null"),
  array: rewritten((text) => `[${text}]`, "The JSON object in an array"),
  bom: rewritten((text) => `\uFEFF${text}`, "Valid JSON after a byte order mark"),
  latin1: {
    endpoints: BOTH,
    description: "A letter encoded as Latin-1: invalid UTF-8",
    reshape: (json, endpoint) => ({ ...json, [endpoint === "token" ? "refresh_token" : "name"]: "José" }),
    alter: (answer) => ({
      ...answer,
      body: Uint8Array.from(textOf(answer), (letter) => letter.charCodeAt(0)),
    }),
  },
  duplicate: rewritten(withDuplicateKeys, "Every key twice, the right value last"),
  wrong_types: reshaped(
    BOTH,
    withWrongTypes,
    "Every value of another type: texts in arrays, numbers as text",
  ),
  no_token: reshaped(["token"], ({ access_token: _, ...json }) => json, "No access_token"),
  no_user_id: reshaped(["profile"], ({ user_id: _, ...json }) => json, "No user_id"),
  extra: reshaped(BOTH, withExtraFields, "Unknown fields besides, __proto__ among them"),
  oversize: rewritten(
    (text) => text.slice(0, -1).padEnd(OVERSIZE - 1) + text.slice(-1),
    "Valid JSON of just over 64 KiB with a declared length",
  ),
  endless: delivered("endless", "A body that never ends: 1 MiB at once, then 1.6 MB a second"),
  redirect: {
    endpoints: BOTH,
    argument: "STATUS",
    example: 307,
    description: `A redirect to http://elsewhere.invalid/; status ${REDIRECTS.join(", ")}`,
    accepts: (status) => status !== undefined && REDIRECTS.includes(status),
    alter: (_, status = 307) => bodiless(status, { location: "http://elsewhere.invalid/" }),
  },
  legacy: reshaped(["profile"], withLegacyProfile, "The shape of Login with Amazon's older profile endpoint"),
  long_token: reshaped(["token"], tokenOf(2048), "An access token of 2048 bytes, the documented maximum"),
  too_long_token: reshaped(["token"], tokenOf(2049), "An access token of 2049 bytes"),
  short_token: reshaped(["token"], withShortToken, "An access token of 20 characters without the prefix"),
  text_expires: reshaped(["token"], (json) => ({ ...json, expires_in: "3600" }), "expires_in as text"),
  bare: reshaped(["token"], withoutOptional, "Only access_token and token_type"),
  mac: reshaped(["token"], (json) => ({ ...json, token_type: "mac" }), "token_type mac"),
};

/** The fault of a bare HTTP status; undefined for a number that an answer cannot have. */
export function statusFault(status: number): Fault | undefined {
  if (status < 200 || status > 599) return undefined;
  const takesSeconds = status === 429 || status === 503;
  return {
    ...FAULTS.STATUS!,
    accepts: (seconds) => seconds === undefined || takesSeconds,
    spares: () => isErrorStatus(status),
    alter: (_, seconds) => bodiless(status, seconds === undefined ? {} : { "retry-after": String(seconds) }),
  };
}

function isErrorStatus(status: number): boolean {
  return status >= 400 && status <= 599;
}

function bodiless(status: number, headers: Record<string, string>): Answer {
  return { ...answerOf(status, "", ""), headers };
}

function documented(endpoints: readonly Endpoint[], name: string, status: number): Record<string, Fault> {
  return {
    [name]: {
      endpoints,
      argument: "[STATUS]",
      description: `Documented error; status ${status}, or one from 400 to 599`,
      accepts: (other = status) => isErrorStatus(other),
      spares: () => true,
      alter: (_, other = status) => errorAnswer(other, name, "Asked for by the code"),
    },
  };
}

function delivered(delivery: Answer["delivery"], description: string): Fault {
  return { endpoints: BOTH, description, alter: (answer) => ({ ...answer, delivery }) };
}

function replaced(text: string, description: string): Fault {
  return { endpoints: BOTH, description, alter: (answer) => rewrite({ ...answer, status: 200 }, () => text) };
}

function rewritten(change: (text: string) => string, description: string): Fault {
  return { endpoints: BOTH, description, alter: (answer) => rewrite(answer, change) };
}

type Reshape = NonNullable<Fault["reshape"]>;

function reshaped(endpoints: readonly Endpoint[], reshape: Reshape, description: string): Fault {
  return { endpoints, description, reshape };
}

function withDuplicateKeys(text: string): string {
  const wrong = Object.keys(JSON.parse(text)).map((key) => `${JSON.stringify(key)}:"The first of two"`);
  return `{${wrong.join(",")},${text.slice(1)}`;
}

// An array of one text turns into that text where a client is careless, so it finds those that do not check.
function withWrongTypes(json: Json): Json {
  const entries = Object.entries(json);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === "string" ? [value] : String(value)]),
  );
}

function withExtraFields(json: Json): Json {
  // A computed key makes a field of that name; a plain one would set the prototype.
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
