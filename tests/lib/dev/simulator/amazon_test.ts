/** The token and profile endpoints of the simulated Amazon, as the guide documents them. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { CUSTOMERS } from "../../../../lib/dev/simulator/customers.ts";
import { openSimulator, tokenParameters } from "../../../support/simulator_requests.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MORK = CUSTOMERS.mork!.profile("");

Deno.test("token endpoint responds as the guide documents", async () => {
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

Deno.test("token endpoint accepts parameters in a form body", async () => {
  const { simulator, url } = openSimulator();
  const response = await simulator.fetch(url("token"), { method: "POST", body: tokenParameters("mork.1") });
  assertEquals([response.status, (await response.json()).token_type], [200, "bearer"]);
});

Deno.test("token endpoint ignores a body that is no form", async () => {
  const { simulator, url } = openSimulator();
  const body = String(tokenParameters("mork.1"));
  await assertError(simulator.fetch(url("token"), { method: "POST", body }), 400, "invalid_request");
});

for (const name of ["grant_type", "code", "client_id", "client_secret"]) {
  Deno.test(`token endpoint responds with invalid_request to a missing, empty or repeated ${name}`, async () => {
    const { simulator, url } = openSimulator();
    const missing = tokenParameters("new.1");
    missing.delete(name);
    const empty = tokenParameters("new.1");
    empty.set(name, "");
    const repeated = tokenParameters("new.1");
    repeated.append(name, "x");
    for (const query of [missing, empty, repeated]) {
      const response = simulator.fetch(`${url("token")}?${query}`, { method: "POST" });
      await assertError(response, 400, "invalid_request");
    }
  });
}

Deno.test("token endpoint checks grant type, then client, then code", async () => {
  const { token } = openSimulator();
  const wrong = { grant_type: "password", client_secret: "barsecret" };
  await assertError(token("nobody", wrong), 400, "unsupported_grant_type");
  await assertError(token("nobody", { client_secret: "barsecret" }), 400, "invalid_client");
  await assertError(token("nobody", { client_id: "bardev" }), 400, "invalid_client");
  await assertError(token("nobody"), 400, "invalid_grant");
});

Deno.test("token endpoint takes a refresh token of the same client, until it is taken back", async () => {
  const { simulator, token } = openSimulator();
  const { refresh_token } = await (await token("mork.1")).json();
  const grant = { grant_type: "refresh_token", refresh_token };
  const refreshed = await token("", grant);
  assertEquals(refreshed.status, 200);
  assertEquals((await refreshed.json()).refresh_token, refresh_token);
  await assertError(token("", { grant_type: "refresh_token" }), 400, "invalid_request");
  await assertError(token("", { ...grant, client_secret: "barsecret" }), 400, "invalid_client");
  await assertError(token("", { ...grant, refresh_token: "Atzr|made-up" }), 400, "invalid_grant");
  simulator.revokeRefreshTokens();
  await assertError(token("", grant), 400, "invalid_grant");
});

Deno.test("token endpoint responds with invalid_grant to a spent code", async () => {
  const { simulator, token } = openSimulator();
  for (const code of ["mork.1", simulator.issueCode("mork")]) {
    assertEquals((await token(code)).status, 200);
    await assertError(token(code), 400, "invalid_grant");
  }
});

Deno.test("token endpoint responds with invalid_grant to a code after 5 minutes", async () => {
  const { simulator, token, clock } = openSimulator();
  const [early, late] = [simulator.issueCode("new"), simulator.issueCode("new")];
  assertEquals((await token("new~token-503*1.made_up")).status, 503);
  await clock.advance(299_999);
  assertEquals((await token(early)).status, 200);
  await clock.advance(1);
  await assertError(token(late), 400, "invalid_grant");
  await assertError(token("new~token-503*1.made_up"), 400, "invalid_grant");
});

Deno.test("token endpoint responds with invalid_grant to a code of another client", async () => {
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

Deno.test("profile endpoint returns the guide's customer for a token in the query or as a bearer token", async () => {
  const { simulator, accessToken, profile, url } = openSimulator();
  const byQuery = await profile(await accessToken("mork.1"));
  assertEquals([byQuery.status, await byQuery.json()], [200, MORK]);
  const headers = { authorization: `Bearer ${await accessToken("mork.2")}` };
  assertEquals(await (await simulator.fetch(url("profile"), { headers })).json(), MORK);
});

Deno.test("profile endpoint refuses a missing, unknown, expired or unencoded token", async () => {
  const { simulator, accessToken, profile, clock, url } = openSimulator();
  await assertError(simulator.fetch(url("profile")), 400, "invalid_request");
  await assertError(profile("Atza|unknown"), 400, "invalid_token");
  const token = await accessToken("new.1");
  const raw = await simulator.fetch(`${url("profile")}?access_token=${token}`);
  assertEquals([raw.status, raw.headers.get("content-type")], [400, "text/html;charset=UTF-8"]);
  assertStringIncludes(await raw.text(), "<html>");
  await clock.advance(3_599_999);
  assertEquals((await profile(token)).status, 200);
  await clock.advance(1);
  await assertError(profile(token), 400, "invalid_token");
});

Deno.test("both endpoints respond with 405 to another method", async () => {
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

async function assertError(pending: Promise<Response>, status: number, name: string): Promise<Response> {
  const response = await pending;
  const { error, error_description, request_id } = await response.json();
  assertEquals([response.status, error], [status, name]);
  assertMatch(response.headers.get("content-type")!, /^application\/json/);
  assertMatch(error_description, /^[ -~]+$/);
  assertMatch(request_id, UUID);
  return response;
}
