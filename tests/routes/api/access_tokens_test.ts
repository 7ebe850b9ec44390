/** `POST /v1/access-tokens`, and what back ends read to verify the tokens. */
import { assert, assertEquals } from "@std/assert";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JWTVerifyOptions } from "jose";
import { signedUp } from "../../support/account_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { assertInvalid } from "../../support/session_requests.ts";
import { submit } from "../../support/purchases.ts";
import { KEYS, signingKeys } from "../../support/signing_keys.ts";
import { TestService } from "../../support/test_service.ts";

const PATHS = ["/.well-known/jwks.json", "/.well-known/oauth-authorization-server"];
const AUDIENCES = "https://api.example.com,shop";
const ISSUER = "http://localhost:8000";

const open = (env: Record<string, string> = {}) =>
  TestService.open({ env: { SIGNING_KEYS: signingKeys(0, 1), ...env } });

async function tokenOf(
  service: TestService,
  token: string,
  body: unknown = {},
): Promise<Record<string, unknown>> {
  const response = await service.send("POST", "/v1/access-tokens", body, { token });
  assertEquals(response.status, 201, await response.clone().text());
  assertEquals(response.headers.get("cache-control"), "no-store");
  return await response.json();
}

async function verify(service: TestService, jwt: unknown, options: JWTVerifyOptions) {
  const keys = createLocalJWKSet(await (await service.request("/.well-known/jwks.json")).json());
  const currentDate = new Date(service.clock.now());
  return await jwtVerify(String(jwt), keys, { issuer: ISSUER, typ: "at+jwt", currentDate, ...options });
}

Deno.test("POST /v1/access-tokens answers 201 with a token that the published keys verify", async () => {
  await using service = await open({ ACCESS_TOKEN_AUDIENCES: AUDIENCES });
  const { session_token: token, session, account } = await service.signedIn("mork@kids.1", { app: "kids" });
  const { access_token, ...rest } = await tokenOf(service, token);
  const expires_at = new Date(service.clock.now() + 600_000).toISOString();
  assertEquals(rest, { token_type: "Bearer", expires_in: 600, expires_at });
  const { payload, protectedHeader } = await verify(service, access_token, {
    audience: "https://api.example.com",
  });
  assertEquals(protectedHeader.kid, KEYS[0].kid);
  const { sub, sid, client_id, entitlements } = payload;
  assertEquals({ sub, sid, client_id, entitlements }, {
    sub: account.id,
    sid: session.id,
    client_id: "kids",
    entitlements: [],
  });
  for (const text of [account.email, String(account.name), String(account.postal_code)]) {
    assert(!JSON.stringify(payload).includes(text));
  }
});

Deno.test("POST /v1/access-tokens makes a token for the audience that is asked for", async () => {
  await using service = await open({ ACCESS_TOKEN_AUDIENCES: AUDIENCES });
  const { session_token: token } = await signedUp(service);
  const { access_token } = await tokenOf(service, token, { audience: "shop" });
  const { payload } = await verify(service, access_token, { audience: "shop" });
  // A sign-in without an app is one of the first app.
  assertEquals(payload.client_id, "tv");
});

Deno.test("POST /v1/access-tokens has PUBLIC_URL as its audience by default, and takes an empty body", async () => {
  await using service = await open();
  const { session_token: token } = await signedUp(service);
  const response = await service.request("/v1/access-tokens", { method: "POST", token });
  assertEquals(response.status, 201);
  await verify(service, (await response.json()).access_token, { audience: ISSUER });
});

Deno.test("a token names each product that the account may use now, once", async () => {
  await using service = await open();
  const { session_token: token } = await service.signedIn("mork.1");
  const receipts = [
    "sub.active.1",
    "sub.active.2",
    "sub.grace.1",
    "item.entitled.1",
    "sub.ended.1",
    "sub.gone.1",
  ];
  await submit(service, token, receipts);
  const { access_token } = await tokenOf(service, token);
  const skus = decodeJwt(String(access_token)).entitlements as string[];
  assertEquals(skus.toSorted(), ["com.example.entitled", "com.example.premium"]);
});

for (
  const [receipt, skus] of Object.entries({
    "sub.active.1": ["com.example.premium"],
    "sub.grace.1": ["com.example.premium"],
    "sub.ended.1": [],
    "sub.gone.1": [],
  })
) {
  Deno.test(`a token of an account with the receipt ${receipt} alone names ${skus.length} products`, async () => {
    await using service = await open();
    const { session_token: token } = await service.signedIn("mork.1");
    await submit(service, token, [receipt]);
    const { access_token } = await tokenOf(service, token);
    assertEquals(decodeJwt(String(access_token)).entitlements, skus);
  });
}

Deno.test("a token names no product of another account, and none after a cancellation is over", async () => {
  await using service = await open();
  const { session_token: token } = await service.signedIn("mork.1");
  const { session_token: other } = await service.signedIn("returning.1");
  await submit(service, token, ["sub.active.1"]);
  const skusOf = async (session: string) =>
    decodeJwt(String((await tokenOf(service, session)).access_token)).entitlements;
  assertEquals([await skusOf(token), await skusOf(other)], [["com.example.premium"], []]);
  const { receipts } = service.simulator;
  receipts.act(receipts.find("sub.active.1")!, "refund");
  await submit(service, token, ["sub.active.1"]);
  assertEquals(await skusOf(token), []);
});

Deno.test("a single pair of client id and secret has the app `default`", async () => {
  const AMAZON = { AMAZON_CLIENTS: "", AMAZON_CLIENT_ID: "foodev", AMAZON_CLIENT_SECRET: "foosecret" };
  await using service = await open(AMAZON);
  const { session_token: token } = await service.signedIn("mork.1");
  const { access_token } = await tokenOf(service, token);
  assertEquals(decodeJwt(String(access_token)).client_id, "default");
});

Deno.test("POST /v1/access-tokens answers 400 to an unknown audience, and to a body that is none", async () => {
  await using service = await open({ ACCESS_TOKEN_AUDIENCES: AUDIENCES });
  const { session_token: token } = await signedUp(service);
  for (const audience of [ISSUER, "SHOP", "", "shop ", "https://api.example.com/", 7, ["shop"]]) {
    const response = await service.send("POST", "/v1/access-tokens", { audience }, { token });
    const { errors } = await assertProblem(response, "invalid_request");
    assertEquals(errors?.[0]?.path, "/audience");
  }
});

Deno.test("POST /v1/access-tokens answers 401 without a session, and after a sign-out", async () => {
  await using service = await open();
  await assertInvalid(await service.send("POST", "/v1/access-tokens", {}));
  const { session_token: token } = await signedUp(service);
  await service.request("/v1/sessions/current", { method: "DELETE", token });
  await assertInvalid(await service.send("POST", "/v1/access-tokens", {}, { token }));
});

Deno.test("without SIGNING_KEYS the paths of access tokens answer 404", async () => {
  await using service = await open({ SIGNING_KEYS: "" });
  const { session_token: token } = await signedUp(service);
  await assertProblem(await service.send("POST", "/v1/access-tokens", {}, { token }), "not_found");
  await assertProblem(await service.send("POST", "/v1/access-tokens", {}), "not_found");
  for (const path of PATHS) await assertProblem(await service.request(path), "not_found");
});

Deno.test("GET /.well-known/jwks.json has all keys, the one that signs first, without their private parts", async () => {
  await using service = await open({ SIGNING_KEYS: signingKeys(1, 0) });
  const response = await service.request("/.well-known/jwks.json");
  assertEquals([response.status, response.headers.get("cache-control")], [
    200,
    "public, max-age=300, must-revalidate",
  ]);
  const text = await response.text();
  assertEquals(JSON.parse(text), {
    keys: [KEYS[1], KEYS[0]].map(({ kid, x }) => ({
      kty: "OKP",
      crv: "Ed25519",
      x,
      kid,
      use: "sig",
      alg: "EdDSA",
    })),
  });
  for (const { d } of KEYS) assert(!text.includes(d));
});

Deno.test("GET /.well-known/oauth-authorization-server has the issuer of the tokens and the place of the keys", async () => {
  await using service = await open({ PUBLIC_URL: "https://signin.example/tv" });
  const response = await service.request("/.well-known/oauth-authorization-server");
  assertEquals(response.headers.get("cache-control"), "public, max-age=300, must-revalidate");
  assertEquals(await response.json(), {
    issuer: "https://signin.example/tv",
    jwks_uri: "https://signin.example/tv/.well-known/jwks.json",
    response_types_supported: [],
    grant_types_supported: [],
    service_documentation: "https://signin.example/tv/docs",
  });
  const { session_token: token } = await signedUp(service);
  const { access_token } = await tokenOf(service, token);
  assertEquals(decodeJwt(String(access_token)).iss, "https://signin.example/tv");
});

Deno.test("keys rotate without a gap: each token verifies with the keys that are published before and after", async () => {
  await using service = await open({ SIGNING_KEYS: signingKeys(0) });
  const { kv, simulator } = service;
  const { session_token: token } = await signedUp(service);
  const audience = ISSUER;
  await using both = await open();
  const old = await tokenOf(service, token);
  await verify(both, old.access_token, { audience });
  await using turned = await TestService.open({ kv, simulator, env: { SIGNING_KEYS: signingKeys(1, 0) } });
  const fresh = await tokenOf(turned, token);
  assertEquals(decodeProtectedHeader(String(fresh.access_token)).kid, KEYS[1].kid);
  for (const published of [both, turned]) {
    for (const { access_token } of [old, fresh]) await verify(published, access_token, { audience });
  }
});
