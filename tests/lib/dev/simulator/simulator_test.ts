import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { CUSTOMERS } from "../../../../lib/dev/simulator/customers.ts";
import { FAULTS } from "../../../../lib/dev/simulator/faults.ts";
import { parseCode } from "../../../../lib/dev/simulator/codes.ts";
import { openSimulator, tokenParameters } from "../../../support/simulator_requests.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MORK = {
  user_id: "amznl.account.K2LI23KL2LK2",
  email: "mhashimoto-04@plaxo.com",
  name: "Mork Hashimoto",
  postal_code: "98052",
};

Deno.test("simulator token endpoint gives what the guide documents", async () => {
  const { token } = openSimulator();
  const response = await token("mork.1");
  assertEquals(response.status, 200);
  assertMatch(response.headers.get("content-type")!, /^application\/json/);
  const text = await response.text();
  assertEquals(response.headers.get("content-length"), String(text.length));
  const { access_token, refresh_token, ...rest } = JSON.parse(text);
  assertMatch(access_token, /^Atza\|[\w-]{345,2043}$/);
  assertMatch(refresh_token, /^Atzr\|[\w-]{345,2043}$/);
  assertEquals(rest, { token_type: "bearer", expires_in: 3600 });
});

Deno.test("simulator token endpoint takes parameters from a form body", async () => {
  const { simulator, url } = openSimulator();
  const response = await simulator.fetch(url("token"), { method: "POST", body: tokenParameters("mork.1") });
  assertEquals([response.status, (await response.json()).token_type], [200, "bearer"]);
});

Deno.test("simulator token endpoint ignores a body that is no form", async () => {
  const { simulator, url } = openSimulator();
  const body = String(tokenParameters("mork.1"));
  await assertError(simulator.fetch(url("token"), { method: "POST", body }), 400, "invalid_request");
});

for (const name of ["grant_type", "code", "client_id", "client_secret"]) {
  Deno.test(`simulator token endpoint answers invalid_request without, with an empty or with two of ${name}`, async () => {
    const { simulator, url } = openSimulator();
    const without = tokenParameters("new.1");
    without.delete(name);
    const empty = tokenParameters("new.1");
    empty.set(name, "");
    const twice = tokenParameters("new.1");
    twice.append(name, "x");
    for (const query of [without, empty, twice]) {
      const call = simulator.fetch(`${url("token")}?${query}`, { method: "POST" });
      await assertError(call, 400, "invalid_request");
    }
  });
}

Deno.test("simulator token endpoint checks grant type, then client, then code", async () => {
  const { token } = openSimulator();
  const wrong = { grant_type: "refresh_token", client_secret: "barsecret" };
  await assertError(token("nobody", wrong), 400, "unsupported_grant_type");
  await assertError(token("nobody", { client_secret: "barsecret" }), 400, "invalid_client");
  await assertError(token("nobody", { client_id: "bardev" }), 400, "invalid_client");
  await assertError(token("nobody"), 400, "invalid_grant");
});

Deno.test("simulator token endpoint answers invalid_grant to a code that was spent", async () => {
  const { simulator, token } = openSimulator();
  for (const code of ["mork.1", simulator.issueCode("mork")]) {
    assertEquals((await token(code)).status, 200);
    await assertError(token(code), 400, "invalid_grant");
  }
});

Deno.test("simulator token endpoint answers invalid_grant to a code after 5 minutes", async () => {
  const { simulator, token, clock } = openSimulator();
  const [early, late] = [simulator.issueCode("new"), simulator.issueCode("new")];
  assertEquals((await token("new~token-503*1.made_up")).status, 503);
  await clock.advance(299_999);
  assertEquals((await token(early)).status, 200);
  await clock.advance(1);
  await assertError(token(late), 400, "invalid_grant");
  await assertError(token("new~token-503*1.made_up"), 400, "invalid_grant");
});

Deno.test("simulator token endpoint answers invalid_grant to a code of another client", async () => {
  const kids = "amzn1.application-oa2-client.kids";
  const { simulator, token } = openSimulator({ clients: { tv: "tv secret", [kids]: "kids secret" } });
  const [asTv, asKids] = [{ client_id: "tv", client_secret: "tv secret" }, {
    client_id: kids,
    client_secret: "kids secret",
  }];
  for (const code of [simulator.issueCode("new", { clientId: kids }), `new@${kids}.1`, `new@${kids}`]) {
    await assertError(token(code, asTv), 400, "invalid_grant");
    assertEquals((await token(code, asKids)).status, 200, code);
  }
  await assertError(token("new.2", asKids), 400, "invalid_grant");
  assertEquals((await token("new.2", asTv)).status, 200);
});

Deno.test("simulator endpoints answer 405 to another method", async () => {
  const { simulator, url } = openSimulator();
  const get = await assertError(
    simulator.fetch(`${url("token")}?${tokenParameters("new")}`),
    405,
    "invalid_request",
  );
  assertEquals(get.headers.get("allow"), "POST");
  const post = await assertError(simulator.fetch(url("profile"), { method: "POST" }), 405, "invalid_request");
  assertEquals(post.headers.get("allow"), "GET");
});

Deno.test("simulator profile endpoint gives the guide's customer by query or bearer", async () => {
  const { simulator, accessToken, profile, url } = openSimulator();
  const byQuery = await profile(await accessToken("mork.1"));
  assertEquals([byQuery.status, await byQuery.json()], [200, MORK]);
  const headers = { authorization: `Bearer ${await accessToken("mork.2")}` };
  assertEquals(await (await simulator.fetch(url("profile"), { headers })).json(), MORK);
});

Deno.test("simulator profile endpoint refuses a missing, unknown, expired or unencoded token", async () => {
  const { simulator, accessToken, profile, clock, url } = openSimulator();
  await assertError(simulator.fetch(url("profile")), 400, "invalid_request");
  await assertError(profile("Atza|unknown"), 400, "invalid_token");
  const given = await accessToken("new.1");
  const raw = await simulator.fetch(`${url("profile")}?access_token=${given}`);
  assertEquals([raw.status, raw.headers.get("content-type")], [400, "text/html;charset=UTF-8"]);
  assertStringIncludes(await raw.text(), "<html>");
  await clock.advance(3_599_999);
  assertEquals((await profile(given)).status, 200);
  await clock.advance(1);
  await assertError(profile(given), 400, "invalid_token");
});

Deno.test("CUSTOMERS are as their descriptions say", () => {
  const of = (name: string, nonce = "1") => CUSTOMERS[name]!.profile(nonce);
  assertEquals(of("mork"), MORK);
  assertEquals([of("moved").user_id, of("moved").email === MORK.email], [MORK.user_id, false]);
  assertEquals([of("twin").user_id === MORK.user_id, of("twin").email], [false, MORK.email]);
  assertEquals(Object.keys(of("noemail")), ["user_id", "name", "postal_code"]);
  assertEquals(Object.keys(of("noname")), ["user_id", "email"]);
  assertEquals(Object.keys(of("sparse")), ["user_id"]);
  assertMatch(
    of("odd").name!,
    /(?=.*<b>)(?=.*')(?=.*\u0301)(?=.*\p{Emoji_Presentation})(?=.*\p{Script=Hebrew})/u,
  );
  assertMatch(of("idn").email!, /[^ -~].*@.*[^ -~]/);
  assertEquals(of("new"), of("new"));
  assertMatch(of("new").user_id, /^amznl\.account\.[0-9A-V]{12}$/);
  assertMatch(of("new").email!, /^[a-z]+\.[a-z]+-[0-9a-z]+@example\.(com|net|org)$/);
  const many = Array.from({ length: 2000 }, (_, nonce) => of("new", String(nonce)));
  assertEquals(new Set(many.map(({ user_id }) => user_id)).size, 2000);
  assertEquals(new Set(many.map(({ email }) => email)).size, 2000);
});

Deno.test("simulator issueCode throws for what it does not know", () => {
  const { simulator } = openSimulator();
  for (
    const scenario of ["nobody", "new~token-what", "new~profile-mac", "new.1", "", "constructor", "new~"]
  ) {
    assertThrows(() => simulator.issueCode(scenario), RangeError, "Unknown customer, fault or client");
  }
  assertThrows(() => simulator.issueCode("new", { clientId: "bardev" }), RangeError);
  assertNotEquals(simulator.issueCode("new"), simulator.issueCode("new"));
});

Deno.test("parseCode refuses faults with arguments that do not fit", () => {
  const faults = "token-delay token-delay-x token-429-2-3 token-500-2 token-199 token-600 token-redirect " +
    "token-redirect-304 token-html-204 token-drop-1 token-drop*0 token-drop* token-STATUS token-ServerError-200 " +
    "token-invalid_token profile-invalid_grant token-serverError refresh-drop token-toString";
  for (const fault of faults.split(" ")) assertEquals(parseCode(`new~${fault}.1`, ["a"]), undefined, fault);
  assertEquals(parseCode(`new.${"1".repeat(2045)}`, ["a"]), undefined);
  assertEquals(parseCode(`new.${"1".repeat(2044)}`, ["a"])?.nonce.length, 2044);
});

Deno.test("simulator POST /codes issues a code", async () => {
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

Deno.test("simulator GET / lists every customer and fault with an example that parses", async () => {
  const { simulator } = openSimulator();
  const response = await simulator.fetch("https://amazon.test/");
  assertEquals(response.status, 200);
  assertMatch(response.headers.get("content-type")!, /^text\/plain/);
  const codes = (await response.text()).match(/^[a-z]+(~\S+)?\.1(?= )/gm)!;
  assertEquals(codes.length, Object.keys(CUSTOMERS).length + Object.keys(FAULTS).length);
  for (const code of codes) assert(parseCode(code, ["a"]), code);
});

Deno.test("simulator requests tell what came, in order of arrival", async () => {
  const { simulator, token, profile, clock } = openSimulator({ latencyMs: 30 });
  const calls = [token("new~token-drop.1"), profile("x")];
  const all = Promise.allSettled(calls);
  assertEquals(simulator.requests.map(({ status }) => status), ["hung", "hung"]);
  await clock.advance(29);
  assertEquals(simulator.requests.map(({ status }) => status), ["hung", "hung"]);
  await clock.advance(1);
  await all;
  const seen = simulator.requests.map(({ endpoint, method, status }) => [endpoint, method, status]);
  assertEquals(seen, [["token", "POST", "dropped"], ["profile", "GET", 400]]);
  assertEquals(simulator.requests[1]!.url, "https://amazon.test/version/1.0/user/profile?access_token=x");
});

Deno.test("simulator requests hold headers and body, and the newest 10,000", async () => {
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

async function assertError(call: Promise<Response>, status: number, name: string): Promise<Response> {
  const response = await call;
  const { error, error_description, request_id } = await response.json();
  assertEquals([response.status, error], [status, name]);
  assertMatch(response.headers.get("content-type")!, /^application\/json/);
  assertMatch(error_description, /^[ -~]+$/);
  assertMatch(request_id, UUID);
  return response;
}
