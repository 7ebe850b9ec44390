/** The faults of the simulator. `delivery_test.ts` tests those that happen on the way. */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { CUSTOMERS } from "../../../../lib/dev/simulator/customers.ts";
import { type Endpoint, FAULTS, type Json } from "../../../../lib/dev/simulator/faults.ts";
import { openSimulator, requestSender } from "../../../support/simulator_requests.ts";

interface ReadResponse {
  status: number;
  headers: Headers;
  bytes: Uint8Array;
  text: string;
  json(): Json;
}

type Row = [fault: string, status: number, check: (response: ReadResponse, endpoint: Endpoint) => void];

const ENDPOINTS: Endpoint[] = ["token", "profile"];
const MORK = { ...CUSTOMERS.mork!.profile("") };

/** Faults that leave the code unspent. */
const SPARING_FAULTS: Row[] = [
  ["invalid_request", 400, assertError("invalid_request")],
  ["invalid_client", 400, assertError("invalid_client")],
  ["invalid_client-401", 401, assertError("invalid_client")],
  ["invalid_grant", 400, assertError("invalid_grant")],
  ["unauthorized_client", 400, assertError("unauthorized_client")],
  ["unsupported_grant_type", 400, assertError("unsupported_grant_type")],
  ["invalid_token", 400, assertError("invalid_token")],
  ["insufficient_scope", 401, assertError("insufficient_scope")],
  ["ServerError", 500, assertError("ServerError")],
  ["ServerError-503", 503, assertError("ServerError")],
  ["401", 401, assertEmpty],
  ["418", 418, assertEmpty],
  ["429", 429, assertEmpty],
  ["429-2", 429, assertEmptyWith("retry-after", "2")],
  ["503-30", 503, assertEmptyWith("retry-after", "30")],
  ["html-502", 502, assertHtml],
];

/** Faults that spend the code. */
const SPENDING_FAULTS: Row[] = [
  ["204", 204, assertEmpty],
  ["html", 200, assertHtml],
  ["empty", 200, assertEmpty],
  ["truncated", 200, ({ text, json }) => {
    assert(text.startsWith("{"));
    assertThrows(json, SyntaxError);
  }],
  ["null", 200, ({ text }) => assertEquals(text, "null")],
  ["array", 200, ({ json }, endpoint) => assertNormal((json() as unknown as Json[])[0]!, endpoint)],
  ["bom", 200, ({ bytes, text }, endpoint) => {
    assertEquals([...bytes.slice(0, 4)], [0xef, 0xbb, 0xbf, 0x7b]);
    assertNormal(JSON.parse(text), endpoint);
  }],
  ["latin1", 200, ({ bytes }) => {
    assertThrows(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes), TypeError);
    assertStringIncludes(new TextDecoder("latin1").decode(bytes), '"José"');
  }],
  ["duplicate", 200, ({ text, json }, endpoint) => {
    assertEquals(text.split(endpoint === "token" ? '"access_token":' : '"user_id":').length, 3);
    assertNormal(json(), endpoint);
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
    assertNormal(json(), endpoint);
  }],
  ["oversize", 200, ({ bytes, json, headers }, endpoint) => {
    assertEquals([bytes.length, headers.get("content-length")], [65_537, "65537"]);
    assertNormal(json(), endpoint);
  }],
  ...[301, 302, 303, 307, 308].map((status): Row => [
    `redirect-${status}`,
    status,
    assertEmptyWith("location", "http://elsewhere.invalid/"),
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

/** Faults on the way, each with a test of its own in `delivery_test.ts`. */
const DELIVERY_FAULTS = ["delay", "hang", "stall", "drip", "drop", "cut", "endless"];

Deno.test("FAULTS has a test for each kind", () => {
  const kinds = [...SPARING_FAULTS, ...SPENDING_FAULTS].map(([fault]) =>
    fault.replace(/^\d{3}/, "STATUS").split("-")[0]!
  );
  assertEquals(new Set([...kinds, ...DELIVERY_FAULTS]), new Set(Object.keys(FAULTS)));
});

for (const [rows, spends] of [[SPARING_FAULTS, false], [SPENDING_FAULTS, true]] as const) {
  for (const [fault, status, check] of rows) {
    for (const endpoint of endpointsOf(fault)) {
      Deno.test(`${endpoint}-${fault} happens once and ${spends ? "spends" : "spares"} the code`, async () => {
        const send = await requestSender(openSimulator(), endpoint, `mork~${endpoint}-${fault}*1`);
        const response = await read(await send());
        assertEquals(response.status, status);
        check(response, endpoint);
        const next = await read(await send());
        if (endpoint === "token" && spends) {
          assertEquals([next.status, next.json().error], [400, "invalid_grant"]);
        } else {
          assertEquals(next.status, 200);
          assertNormal(next.json(), endpoint);
        }
      });
    }
  }
}

Deno.test("a fault without *times happens every time", async () => {
  for (const endpoint of ENDPOINTS) {
    const send = await requestSender(openSimulator(), endpoint, `mork~${endpoint}-503`);
    for (let count = 0; count < 5; count++) assertEquals((await send()).status, 503);
  }
});

Deno.test("faults of one endpoint happen one after the other, and a delay combines with each", async () => {
  const simulated = openSimulator();
  const send = await requestSender(simulated, "token", "mork~token-503*2~token-delay-100*3~token-429*1");
  for (const [status, ms] of [[503, 100], [503, 100], [429, 100], [200, 0]] as const) {
    const start = simulated.clock.now();
    let settled = 0;
    const response = send().finally(() => settled = simulated.clock.now() - start);
    await simulated.clock.advance(200);
    assertEquals([(await response).status, settled], [status, ms]);
  }
});

Deno.test("faults of the token endpoint do not change the profile", async () => {
  const { accessToken, profile } = openSimulator();
  assertEquals(await (await profile(await accessToken("mork~token-bare.1"))).json(), MORK);
});

for (const kind of ["long_token", "too_long_token", "short_token", "wrong_types", "mac"]) {
  Deno.test(`the profile endpoint accepts the token of ${kind}`, async () => {
    const { accessToken, profile } = openSimulator();
    const token = String(await accessToken(`mork~token-${kind}.1`));
    assertEquals((await profile(token)).status, 200);
  });
}

function endpointsOf(fault: string): readonly Endpoint[] {
  return FAULTS[fault.split("-")[0]!]?.endpoints ?? ENDPOINTS;
}

async function read(response: Response): Promise<ReadResponse> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  return { status: response.status, headers: response.headers, bytes, text, json: () => JSON.parse(text) };
}

function assertNormal(json: Json, endpoint: Endpoint): void {
  if (endpoint === "token") assertEquals([json.token_type, json.expires_in], ["bearer", 3600]);
  else assertEquals({ user_id: json.user_id, name: json.name }, { user_id: MORK.user_id, name: MORK.name! });
}

function assertError(name: string): Row[2] {
  return ({ json, headers }) => {
    assertMatch(headers.get("content-type")!, /^application\/json/);
    assertEquals(Object.keys(json()), ["error", "error_description", "request_id"]);
    assertEquals(json().error, name);
  };
}

function assertEmpty({ bytes, headers }: ReadResponse): void {
  assertEquals([bytes.length, headers.get("retry-after")], [0, null]);
}

function assertEmptyWith(header: string, value: string): Row[2] {
  return ({ bytes, headers }) => assertEquals([bytes.length, headers.get(header)], [0, value]);
}

function assertHtml({ text, headers }: ReadResponse): void {
  assertMatch(headers.get("content-type")!, /^text\/html/);
  assertStringIncludes(text, "<html>");
}
