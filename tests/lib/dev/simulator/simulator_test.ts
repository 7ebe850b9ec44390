/** The simulator: issuing codes, the list of customers and faults, the recorded requests. */
import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { parseCode } from "../../../../lib/dev/simulator/codes.ts";
import { CUSTOMERS } from "../../../../lib/dev/simulator/customers.ts";
import { FAULTS } from "../../../../lib/dev/simulator/faults.ts";
import { openSimulator } from "../../../support/simulator_requests.ts";

Deno.test("issueCode throws for an unknown customer, fault or client", () => {
  const { simulator } = openSimulator();
  for (
    const scenario of ["nobody", "new~token-what", "new~profile-mac", "new.1", "", "constructor", "new~"]
  ) {
    assertThrows(() => simulator.issueCode(scenario), RangeError, "Unknown customer, fault or client");
  }
  assertThrows(() => simulator.issueCode("new", { clientId: "bardev" }), RangeError);
  assertNotEquals(simulator.issueCode("new"), simulator.issueCode("new"));
});

Deno.test("POST /codes issues a code", async () => {
  const { simulator, token } = openSimulator({ clients: { foodev: "foosecret", kids: "x" } });
  const post = (body: string) => simulator.fetch("https://amazon.test/codes", { method: "POST", body });
  const response = await post('{"scenario":"mork"}');
  assertEquals(response.status, 201);
  const { code } = await response.json();
  assertMatch(code, /^mork\.[0-9a-f]{16}$/);
  assertEquals((await token(code)).status, 200);
  const forKids = await post('{"scenario":"mork","client_id":"kids"}');
  assertMatch((await forKids.json()).code, /^mork@kids\.[0-9a-f]{16}$/);
  for (const body of ['{"scenario":"nobody"}', '{"scenario":"new","client_id":1}', "{}", "null", "["]) {
    const refused = await post(body);
    assertEquals([refused.status, (await refused.json()).error], [400, "invalid_request"], body);
  }
});

Deno.test("GET / lists every customer and fault with an example that parses", async () => {
  const { simulator } = openSimulator();
  const response = await simulator.fetch("https://amazon.test/");
  assertEquals(response.status, 200);
  assertMatch(response.headers.get("content-type")!, /^text\/plain/);
  const codes = (await response.text()).match(/^[a-z]+(~\S+)?\.1(?= )/gm)!;
  assertEquals(codes.length, Object.keys(CUSTOMERS).length + Object.keys(FAULTS).length);
  for (const code of codes) assert(parseCode(code, ["a"]), code);
});

Deno.test("requests holds each request in order of arrival, with its status", async () => {
  const { simulator, token, profile, clock } = openSimulator({ latencyMs: 30 });
  const pending = [token("new~token-drop.1"), profile("x")];
  const all = Promise.allSettled(pending);
  assertEquals(simulator.requests.map(({ status }) => status), ["hung", "hung"]);
  await clock.advance(29);
  assertEquals(simulator.requests.map(({ status }) => status), ["hung", "hung"]);
  await clock.advance(1);
  await all;
  const recorded = simulator.requests.map(({ endpoint, method, status }) => [endpoint, method, status]);
  assertEquals(recorded, [["token", "POST", "dropped"], ["profile", "GET", 400]]);
  assertEquals(simulator.requests[1]!.url, "https://amazon.test/version/1.0/user/profile?access_token=x");
});

Deno.test("requests holds headers and body of the newest 10,000 requests", async () => {
  const { simulator, url } = openSimulator();
  const headers = { "x-test": "1" };
  for (let count = 0; count < 10_001; count++) {
    await simulator.fetch(url("token"), { method: "POST", headers, body: String(count) });
  }
  assertEquals(simulator.requests.length, 10_000);
  assertEquals([simulator.requests[0]!.body, simulator.requests.at(-1)!.body], ["1", "10000"]);
  assertEquals(simulator.requests[0]!.headers.get("x-test"), "1");
});

Deno.test("createSimulator throws without a client", () => {
  assertThrows(() => openSimulator({ clients: {} }), RangeError, "needs a client");
});
