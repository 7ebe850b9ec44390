/** Sign-up twice (design, section 4, promise 11): a double tap and a lost answer. */
import { assert, assertEquals } from "@std/assert";
import { accountOf, bodyOf, countHashing, EMAIL, PASSWORD, signUp } from "../../support/account_requests.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { TestService } from "../../support/test_service.ts";

const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";
const MINUTES = 60_000;
const BODY = { name: "Vera", postal_code: "SW1A 1AA", device: { name: "Living room" } };

Deno.test("POST /v1/accounts gives the same session again for 10 minutes, and hashes and counts nothing", async () => {
  await using service = await TestService.open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "1" } });
  const first = await signUp(service, BODY, { key: KEY });
  assertEquals(first.headers.get("idempotency-replayed"), null);
  const body = await bodyOf(first, 201);
  await service.clock.advance(10 * MINUTES - 1000);
  using hashing = countHashing();
  for (let round = 0; round < 3; round++) {
    const again = await signUp(service, BODY, { key: KEY });
    assertEquals(again.headers.get("idempotency-replayed"), "true");
    assertEquals(await bodyOf(again, 201), { ...body, expires_in: body.expires_in - 599 });
  }
  assertEquals(hashing.count, 0);
  await service.clock.advance(5 * MINUTES + 1000);
  await assertProblem(await signUp(service, BODY, { key: KEY }), "email_taken");
  assertEquals([(await service.stored()).account, (await service.stored()).session], [1, 1]);
});

Deno.test("POST /v1/accounts of 8 equal requests at the same time makes one account and one session", async () => {
  await using service = await TestService.open();
  const responses = await Promise.all(Array.from({ length: 8 }, () => signUp(service, BODY, { key: KEY })));
  const bodies = await Promise.all(responses.map((response) => bodyOf(response, 201)));
  assertEquals(new Set(bodies.map((body) => JSON.stringify(body))).size, 1);
  const { account, session, sign_up } = await service.stored();
  assertEquals([account, session, sign_up], [1, 1, 1]);
});

Deno.test("POST /v1/accounts gives the session again after an answer that the database lost", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  commits.break("takes effect and fails", { kind: "account" });
  const first = await service.answerOf(signUp(service, BODY, { key: KEY }));
  const again = await service.answerOf(signUp(service, BODY, { key: KEY }));
  const body = await bodyOf(again, 201);
  if (first.status === 201) assertEquals((await bodyOf(first, 201)).session_token, body.session_token);
  assertEquals([(await service.stored()).account, (await service.stored()).session], [1, 1]);
});

/** Each member of the body, changed; with the problem of the same key. */
const CHANGES: Readonly<Record<string, Record<string, unknown>>> = {
  "another password": { password: "another horse entirely" },
  "another name": { name: "Eve" },
  "no name": { name: undefined },
  "another postal code": { postal_code: "98052" },
  "another device": { device: { name: "Bedroom" } },
  "a device with more fields": { device: { name: "Living room", model: "AFTKM" } },
  "the name as the postal code": { name: "SW1A 1AA", postal_code: "Vera" },
  "the email in other letters": { email: EMAIL.toUpperCase() },
};

for (const [what, changes] of Object.entries(CHANGES)) {
  Deno.test(`POST /v1/accounts with the same key and ${what} gives no session`, async () => {
    await using service = await TestService.open();
    await bodyOf(await signUp(service, BODY, { key: KEY }), 201);
    await assertProblem(await signUp(service, { ...BODY, ...changes }, { key: KEY }), "email_taken");
    assertEquals((await service.stored()).session, 1);
  });
}

Deno.test("POST /v1/accounts with the same key and another email is invalid, makes no account, and is counted", async () => {
  await using service = await TestService.open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "2" } });
  await bodyOf(await signUp(service, BODY, { key: KEY }), 201);
  const other = { ...BODY, email: "eve@example.com" };
  const problem = await assertProblem(await signUp(service, other, { key: KEY }), "invalid_request");
  assertEquals(problem.errors?.map(({ path }) => path), ["idempotency-key"]);
  await assertProblem(await signUp(service, other, { key: KEY }), "rate_limited");
  assertEquals((await service.stored()).account, 1);
});

Deno.test("POST /v1/accounts without a key answers email_taken to the second request, as with another key", async () => {
  await using service = await TestService.open();
  await bodyOf(await signUp(service, BODY), 201);
  await assertProblem(await signUp(service, BODY), "email_taken");
  await assertProblem(await signUp(service, BODY, { key: KEY }), "email_taken");
  assertEquals((await service.stored()).session, 1);
});

for (const key of ["short", "k".repeat(256), "with a blank in it", "\u00fc".repeat(16)]) {
  Deno.test(`POST /v1/accounts refuses the Idempotency-Key ${key.slice(0, 20)}, and makes no account`, async () => {
    await using service = await TestService.open();
    const problem = await assertProblem(await signUp(service, BODY, { key }), "invalid_request");
    assertEquals(problem.errors?.map(({ path }) => path), ["idempotency-key"]);
    assertEquals(await service.stored(), {});
  });
}

Deno.test("POST /v1/accounts gives no session of a device that was signed out, or of a deleted account", async () => {
  await using service = await TestService.open();
  const first = await bodyOf(await signUp(service, BODY, { key: KEY }), 201);
  await service.request("/v1/sessions/current", { method: "DELETE", token: first.session_token });
  await assertProblem(await signUp(service, BODY, { key: KEY }), "email_taken");

  const email = "other@example.com";
  const other = await bodyOf(await signUp(service, { email }, { key: `${KEY}2` }), 201);
  await service.request("/v1/account", { method: "DELETE", token: other.session_token });
  await service.runDueTasks();
  assertEquals((await service.stored()).sign_up, undefined);
  const fresh = await bodyOf(await signUp(service, { email }, { key: `${KEY}2` }), 201);
  assert(fresh.account.id !== other.account.id);
  assertEquals(await accountOf(service, other.session_token), 401);
});

Deno.test("what a sign-up leaves does not tell its key, its password or its token", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await bodyOf(await signUp(service, BODY, { key: KEY }), 201);
  for await (const { key, value } of service.kv.list({ prefix: [] })) {
    const opened = value instanceof Uint8Array
      ? service.services.keyring.open(value, key.join("/"))
      : JSON.stringify(value);
    for (const secret of [KEY, PASSWORD, token, token.slice(-43)]) {
      assert(!(key.join("/") + opened).includes(secret), String(key[0]));
    }
  }
});
