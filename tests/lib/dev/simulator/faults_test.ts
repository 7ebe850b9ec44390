import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { CUSTOMERS } from "../../../../lib/dev/simulator/customers.ts";
import { type Endpoint, FAULTS, type Json } from "../../../../lib/dev/simulator/faults.ts";
import { openSimulator, type SimulatorRequests } from "../../../support/simulator_requests.ts";

interface Outcome {
  status: number;
  headers: Headers;
  bytes: Uint8Array;
  text: string;
  json(): Json;
}

type Row = [fault: string, status: number, check: (outcome: Outcome, endpoint: Endpoint) => void];

const ENDPOINTS: Endpoint[] = ["token", "profile"];
const MORK = { ...CUSTOMERS.mork!.profile("") };

/** Answers that leave the code unspent. */
const REFUSALS: Row[] = [
  ["invalid_request", 400, isError("invalid_request")],
  ["invalid_client", 400, isError("invalid_client")],
  ["invalid_client-401", 401, isError("invalid_client")],
  ["invalid_grant", 400, isError("invalid_grant")],
  ["unauthorized_client", 400, isError("unauthorized_client")],
  ["unsupported_grant_type", 400, isError("unsupported_grant_type")],
  ["invalid_token", 400, isError("invalid_token")],
  ["insufficient_scope", 401, isError("insufficient_scope")],
  ["ServerError", 500, isError("ServerError")],
  ["ServerError-503", 503, isError("ServerError")],
  ["401", 401, isEmpty],
  ["418", 418, isEmpty],
  ["429", 429, isEmpty],
  ["429-2", 429, isEmptyWith("retry-after", "2")],
  ["503-30", 503, isEmptyWith("retry-after", "30")],
  ["html-502", 502, isHtml],
];

/** Answers after which the code is spent. */
const ANSWERS: Row[] = [
  ["204", 204, isEmpty],
  ["html", 200, isHtml],
  ["empty", 200, isEmpty],
  ["truncated", 200, ({ text, json }) => {
    assert(text.startsWith("{"));
    assertThrows(json, SyntaxError);
  }],
  ["null", 200, ({ text }) => assertEquals(text, "null")],
  ["array", 200, ({ json }, endpoint) => isNormal((json() as unknown as Json[])[0]!, endpoint)],
  ["bom", 200, ({ bytes, text }, endpoint) => {
    assertEquals([...bytes.slice(0, 4)], [0xef, 0xbb, 0xbf, 0x7b]);
    isNormal(JSON.parse(text), endpoint);
  }],
  ["latin1", 200, ({ bytes }) => {
    assertThrows(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes), TypeError);
    assertStringIncludes(new TextDecoder("latin1").decode(bytes), '"José"');
  }],
  ["duplicate", 200, ({ text, json }, endpoint) => {
    assertEquals(text.split(endpoint === "token" ? '"access_token":' : '"user_id":').length, 3);
    isNormal(json(), endpoint);
  }],
  ["wrong_types", 200, ({ json }, endpoint) => {
    if (endpoint === "profile") assertEquals(json().user_id, [MORK.user_id]);
    else assertEquals([json().token_type, json().expires_in], [["bearer"], "3600"]);
  }],
  [
    "no_token",
    200,
    ({ json }) => assertEquals(Object.keys(json()), ["token_type", "expires_in", "refresh_token"]),
  ],
  ["no_user_id", 200, ({ json }) => assertEquals(Object.keys(json()), ["email", "name", "postal_code"])],
  ["extra", 200, ({ json }, endpoint) => {
    assert(Object.hasOwn(json(), "__proto__"));
    isNormal(json(), endpoint);
  }],
  ["oversize", 200, ({ bytes, json, headers }, endpoint) => {
    assertEquals([bytes.length, headers.get("content-length")], [65_537, "65537"]);
    isNormal(json(), endpoint);
  }],
  ...[301, 302, 303, 307, 308].map((status): Row => [
    `redirect-${status}`,
    status,
    isEmptyWith("location", "http://elsewhere.invalid/"),
  ]),
  ["legacy", 200, ({ json }) => {
    const { Profile, request_id } = json();
    assertEquals(Profile, { CustomerId: MORK.user_id, Name: MORK.name, PrimaryEmail: MORK.email });
    assertEquals(typeof request_id, "string");
  }],
  ["long_token", 200, ({ json }) => assertMatch(String(json().access_token), /^Atza\|.{2043}$/)],
  ["too_long_token", 200, ({ json }) => assertMatch(String(json().access_token), /^Atza\|.{2044}$/)],
  ["short_token", 200, ({ json }) => assertMatch(String(json().access_token), /^[\w-]{20}$/)],
  ["text_expires", 200, ({ json }) => assertEquals(json().expires_in, "3600")],
  ["bare", 200, ({ json }) => assertEquals(Object.keys(json()), ["access_token", "token_type"])],
  ["mac", 200, ({ json }) => assertEquals(json().token_type, "mac")],
];

/** Faults on the way, each with a test of its own. */
const DELIVERIES = ["delay", "hang", "stall", "drip", "drop", "cut", "endless"];

Deno.test("FAULTS are all tested", () => {
  const kinds = [...REFUSALS, ...ANSWERS].map(([fault]) => fault.replace(/^\d{3}/, "STATUS").split("-")[0]!);
  assertEquals(new Set([...kinds, ...DELIVERIES]), new Set(Object.keys(FAULTS)));
});

for (const [rows, spends] of [[REFUSALS, false], [ANSWERS, true]] as const) {
  for (const [fault, status, check] of rows) {
    for (const endpoint of endpointsOf(fault)) {
      Deno.test(`simulator ${endpoint}-${fault} happens once and ${spends ? "spends" : "spares"} the code`, async () => {
        const call = await caller(openSimulator(), endpoint, `mork~${endpoint}-${fault}*1`);
        const outcome = await outcomeOf(await call());
        assertEquals(outcome.status, status);
        check(outcome, endpoint);
        const next = await outcomeOf(await call());
        if (endpoint === "token" && spends) {
          assertEquals([next.status, next.json().error], [400, "invalid_grant"]);
        } else {
          assertEquals(next.status, 200);
          isNormal(next.json(), endpoint);
        }
      });
    }
  }
}

Deno.test("simulator faults without times happen every time", async () => {
  for (const endpoint of ENDPOINTS) {
    const call = await caller(openSimulator(), endpoint, `mork~${endpoint}-503`);
    for (let count = 0; count < 5; count++) assertEquals((await call()).status, 503);
  }
});

Deno.test("simulator faults of one endpoint take turns and delays go with them", async () => {
  const calls = openSimulator();
  const call = await caller(calls, "token", "mork~token-503*2~token-delay-100*3~token-429*1");
  for (const [status, ms] of [[503, 100], [503, 100], [429, 100], [200, 0]] as const) {
    const start = calls.clock.now();
    let settled = 0;
    const response = call().finally(() => settled = calls.clock.now() - start);
    await calls.clock.advance(200);
    assertEquals([(await response).status, settled], [status, ms]);
  }
});

Deno.test("simulator faults of the token do not touch the profile", async () => {
  const { accessToken, profile } = openSimulator();
  assertEquals(await (await profile(await accessToken("mork~token-bare.1"))).json(), MORK);
});

for (const kind of ["long_token", "too_long_token", "short_token", "wrong_types", "mac"]) {
  Deno.test(`simulator profile endpoint takes the token of ${kind}`, async () => {
    const { accessToken, profile } = openSimulator();
    const given = String(await accessToken(`mork~token-${kind}.1`));
    assertEquals((await profile(given)).status, 200);
  });
}

for (const endpoint of ENDPOINTS) {
  Deno.test(`simulator ${endpoint}-delay sets no timer for a client that left`, async () => {
    const calls = openSimulator();
    const leave = new AbortController();
    const call = await caller(calls, endpoint, `mork~${endpoint}-delay-300`, leave.signal);
    const response = assertRejects(call, Error, "Left");
    await calls.clock.advance(299);
    assertEquals(calls.clock.pending, 1);
    leave.abort(new Error("Left"));
    await response;
    assertEquals([calls.clock.pending, calls.simulator.requests.at(-1)!.status], [0, "hung"]);
  });

  Deno.test(`simulator ${endpoint}-hang answers nothing until the client leaves`, async () => {
    const calls = openSimulator();
    const leave = new AbortController();
    const call = await caller(calls, endpoint, `mork~${endpoint}-hang`, leave.signal);
    const response = assertRejects(call, Error, "Left");
    await calls.clock.advance(3_600_000);
    assertEquals(calls.simulator.requests.at(-1)!.status, "hung");
    leave.abort(new Error("Left"));
    await response;
  });

  Deno.test(`simulator ${endpoint}-stall sends half the body until the client leaves`, async () => {
    const calls = openSimulator();
    const leave = new AbortController();
    const call = await caller(calls, endpoint, `mork~${endpoint}-stall`, leave.signal);
    const response = await call();
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    assertEquals(value!.length, Math.ceil(Number(response.headers.get("content-length")) / 2));
    const rest = assertRejects(() => reader.read(), Error, "Left");
    await calls.clock.advance(3_600_000);
    leave.abort(new Error("Left"));
    await rest;
  });

  Deno.test(`simulator ${endpoint}-drip sends a byte each 100 ms and stops with its reader`, async () => {
    const calls = openSimulator();
    const call = await caller(calls, endpoint, `mork~${endpoint}-drip`);
    const reader = (await call()).body!.getReader();
    for (const byte of '{"') {
      const read = reader.read();
      let settled = false;
      read.finally(() => settled = true);
      await calls.clock.advance(99);
      assertEquals(settled, false);
      await calls.clock.advance(1);
      assertEquals(new TextDecoder().decode((await read).value), byte);
    }
    const rest = reader.read();
    await calls.clock.advance(0);
    assertEquals(calls.clock.pending, 1);
    await reader.cancel();
    assertEquals([(await rest).done, calls.clock.pending], [true, 0]);
  });

  Deno.test(`simulator ${endpoint}-drop rejects as Deno's fetch does`, async () => {
    const calls = openSimulator();
    const call = await caller(calls, endpoint, `mork~${endpoint}-drop*1`);
    const error = await assertRejects(call, TypeError, "fetch failed");
    assertEquals(error.name, "TypeError");
    assertStringIncludes(String(error.cause), calls.simulator.requests.at(-1)!.url);
    assertEquals(calls.simulator.requests.at(-1)!.status, "dropped");
    assertEquals((await call()).status, endpoint === "token" ? 400 : 200);
  });

  Deno.test(`simulator ${endpoint}-cut ends in the middle of the body`, async () => {
    const call = await caller(openSimulator(), endpoint, `mork~${endpoint}-cut*1`);
    const response = await call();
    assertEquals(response.status, 200);
    await assertRejects(() => response.text(), TypeError, "error reading a body from connection");
    assertEquals((await call()).status, endpoint === "token" ? 400 : 200);
  });

  Deno.test(`simulator ${endpoint}-endless sends a MiB at once and goes on by the clock`, async () => {
    const calls = openSimulator();
    const call = await caller(calls, endpoint, `mork~${endpoint}-endless`);
    const response = await call();
    assertEquals([response.status, response.headers.get("content-length")], [200, null]);
    const reader = response.body!.getReader();
    let size = 0;
    while (size <= 1_048_576) size += (await reader.read()).value!.length;
    const more = reader.read();
    await calls.clock.advance(10);
    assertEquals((await more).value!.length, 16_384);
    await reader.cancel();
    assertEquals(calls.clock.pending, 0);
  });
}

Deno.test("simulator fetch rejects at once with the reason of a signal that was aborted before", async () => {
  const { token, simulator } = openSimulator();
  await assertRejects(() => token("new", {}, AbortSignal.abort(new Error("Left"))), Error, "Left");
  assertEquals(simulator.requests.length, 0);
});

Deno.test("simulator fetch gives no body to a client that left after the headers", async () => {
  const { token } = openSimulator();
  const leave = new AbortController();
  const response = await token("new", {}, leave.signal);
  leave.abort(new Error("Left"));
  await assertRejects(() => response.text(), Error, "Left");
});

/** Gives a function that makes the same call each time: of the code, or of one access token for it. */
async function caller(
  { token, profile, accessToken }: SimulatorRequests,
  ...[endpoint, code, signal]: [endpoint: Endpoint, code: string, signal?: AbortSignal]
): Promise<() => Promise<Response>> {
  if (endpoint === "token") return () => token(code, {}, signal);
  const given = await accessToken(code);
  return () => profile(given, signal);
}

function endpointsOf(fault: string): readonly Endpoint[] {
  return FAULTS[fault.split("-")[0]!]?.endpoints ?? ENDPOINTS;
}

async function outcomeOf(response: Response): Promise<Outcome> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  return { status: response.status, headers: response.headers, bytes, text, json: () => JSON.parse(text) };
}

function isNormal(json: Json, endpoint: Endpoint): void {
  if (endpoint === "token") assertEquals([json.token_type, json.expires_in], ["bearer", 3600]);
  else assertEquals({ user_id: json.user_id, name: json.name }, { user_id: MORK.user_id, name: MORK.name! });
}

function isError(name: string): Row[2] {
  return ({ json, headers }) => {
    assertMatch(headers.get("content-type")!, /^application\/json/);
    assertEquals(Object.keys(json()), ["error", "error_description", "request_id"]);
    assertEquals(json().error, name);
  };
}

function isEmpty({ bytes, headers }: Outcome): void {
  assertEquals([bytes.length, headers.get("retry-after")], [0, null]);
}

function isEmptyWith(header: string, value: string): Row[2] {
  return ({ bytes, headers }) => assertEquals([bytes.length, headers.get(header)], [0, value]);
}

function isHtml({ text, headers }: Outcome): void {
  assertMatch(headers.get("content-type")!, /^text\/html/);
  assertStringIncludes(text, "<html>");
}
