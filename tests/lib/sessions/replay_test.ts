/** The same answer again (design, section 4, promise 3): made from the records, with a secret that is derived again. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { hashSecret, Keyring } from "../../../lib/kv/keyring.ts";
import { progressIds } from "../../../lib/kv/codes.ts";
import { ACCOUNT, CODE_PROGRESS, DATA_KEY, EXCHANGE, SESSION } from "../../../lib/kv/schema.ts";
import type { SignedInBody } from "../../support/bodies.ts";
import { TestService } from "../../support/test_service.ts";
import { REPLAY_MS } from "../../../lib/sessions/replay.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { alterRecord } from "../../support/stored_records.ts";

const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";
const CODE = "mork.1";
const secretOfRing = (id: string) => btoa(id.repeat(32).slice(0, 32));
const ring = (...ids: string[]) => ({
  DATA_KEYS: ids.map((id) => `${id}:${secretOfRing(id)}`).join(","),
});

Deno.test("a replay shows the session and the account as they are then, and created as it was told first", async () => {
  await using service = await TestService.open();
  const first = await service.signedIn(CODE, { key: KEY, device: { name: "Living room" } });
  const { session_token: token } = first;
  const changed = await service.send("PATCH", "/v1/account", { name: "Mork H.", postal_code: null }, {
    token,
  });
  assertEquals(changed.status, 200);
  const response = await service.signIn(CODE, { key: KEY, device: { name: "Another name" } });
  assertEquals([response.status, response.headers.get("idempotency-replayed")], [201, "true"]);
  assertEquals(await response.json(), {
    ...first,
    account: { ...first.account, name: "Mork H.", postal_code: null },
  });
});

Deno.test("a replay shows a session whose life was renewed meanwhile", async () => {
  await using service = await TestService.open();
  const first = await service.signedIn(CODE, { key: KEY });
  const renewedAt = service.clock.now() + 1000;
  await alterRecord(service, SESSION, [first.account.id, first.session.id], (session) => ({
    ...session,
    last_used_at: renewedAt,
    expires_at: renewedAt + 5000,
  }));
  const again = await service.signedIn(CODE, { key: KEY });
  assertEquals(again.session_token, first.session_token);
  assertEquals(again.expires_in, 6);
  assertEquals(again.session.last_used_at, new Date(renewedAt).toISOString());
});

const ENDS: Readonly<Record<string, (service: TestService, signedIn: SignedInBody) => Promise<Response>>> = {
  "signed out": (service, { session_token: token }) =>
    service.request("/v1/sessions/current", { method: "DELETE", token }),
  "signed out everywhere": (service, { session_token: token }) =>
    service.request("/v1/sessions", { method: "DELETE", token }),
  "signed out by another device": async (service, { session }) => {
    const { session_token: token } = await service.signedIn("mork.2");
    return await service.request(`/v1/sessions/${session.id}`, { method: "DELETE", token });
  },
  "deleted with its account": (service, { session_token: token }) =>
    service.request("/v1/account", { method: "DELETE", token }),
};

for (const [how, end] of Object.entries(ENDS)) {
  Deno.test(`a session that was ${how} is not given again`, async () => {
    await using service = await TestService.open();
    const signedIn = await service.signedIn(CODE, { key: KEY });
    const code = await Array.fromAsync(service.kv.list({ prefix: [EXCHANGE.kind, hashSecret(CODE)] }));
    const [claim] = await service.kv.getMany([[EXCHANGE.kind, hashSecret(CODE)]]);
    assert(claim?.value !== null && code.length === 1);
    assertEquals((await end(service, signedIn)).status, 204);
    await service.runDueTasks();
    // The records of the code go with its session. An instance that writes them again must gain nothing.
    for (const { key, value } of [claim, ...code]) {
      assertEquals((await service.kv.get(key)).value, null);
      await service.kv.set(key, value);
    }
    await assertProblem(await service.signIn(CODE, { key: KEY }), "code_already_used");
  });
}

Deno.test("a session is given again by a ring with a new key in front, and by one with the keys turned round", async () => {
  await using old = await TestService.open({ env: ring("a") });
  const first = await old.signedIn(CODE, { key: KEY });
  for (const keys of [["b", "a"], ["a", "b"]]) {
    await using service = await TestService.open({
      kv: old.kv,
      simulator: old.simulator,
      env: ring(...keys),
    });
    assertEquals((await service.signedIn(CODE, { key: KEY })).session_token, first.session_token);
  }
});

Deno.test("a session whose secret came from a key that is gone waits for the operator, and the log names the key", async () => {
  await using old = await TestService.open({ env: ring("a") });
  const first = await old.signedIn(CODE, { key: KEY });
  await using service = await TestService.open({ kv: old.kv, simulator: old.simulator, env: ring("b", "a") });
  // As the operator's reseal does: the records open, and the key of the derived secret is gone.
  const at = [first.account.id];
  await alterRecord(
    service,
    SESSION,
    [...at, first.session.id],
    (session) => session,
  );
  await alterRecord(service, ACCOUNT, at, (account) => account);
  await alterRecord(service, CODE_PROGRESS, progressIds(hashSecret(CODE)), (progress) => progress);
  await old.kv.delete([DATA_KEY.kind, "a"]);
  await using later = await TestService.open({ kv: old.kv, simulator: old.simulator, env: ring("b") });
  const problem = await later.signIn(CODE, { key: KEY });
  assertEquals([problem.status, problem.headers.get("retry-after")], [503, "60"]);
  await assertProblem(problem, "storage_unavailable");
  const line = later.log.find(({ level, message }) => level === "ERROR" && message === "request");
  assert(String(line?.detail).includes('"a"'), JSON.stringify(line));
  // The session itself lives on.
  const { session_token: token } = first;
  assertEquals((await later.request("/v1/sessions/current", { token })).status, 200);
});

Deno.test("the secret of a session cannot be computed from everything but the data key", async () => {
  await using service = await TestService.open();
  const { session_token, session } = await service.signedIn(CODE, { key: KEY });
  const secret = session_token.slice(-43);
  const texts = [session.id, CODE, KEY];
  const { keyring } = service.services;
  assertEquals(keyring.deriveSecret(keyring.firstId, "session/one_click", texts), secret);
  const others = new Keyring([{ id: keyring.firstId, secret: new Uint8Array(32) }]);
  const guesses = [
    others.deriveSecret(keyring.firstId, "session/one_click", texts),
    keyring.deriveSecret(keyring.firstId, "session/one_click", [session.id, CODE, `${KEY}x`]),
    keyring.deriveSecret(keyring.firstId, "session/one_click", [session.id, CODE + KEY]),
    keyring.deriveSecret(keyring.firstId, "session/one_click", [session.id, CODE, KEY, ""]),
    keyring.deriveSecret(keyring.firstId, "session/sign_up", texts),
    keyring.blindIndexes("session/one_click", JSON.stringify(texts))[0],
    hashSecret(JSON.stringify(texts)),
  ];
  for (const guess of guesses) assertNotEquals(guess, secret);
});

Deno.test("nothing that is stored holds the token or its secret, opened with the data keys", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn(CODE, { key: KEY });
  const { keyring } = service.services;
  let records = 0;
  for await (const { key, value } of service.kv.list({ prefix: [] })) {
    const text = value instanceof Uint8Array ? keyring.open(value, key.join("/")) : JSON.stringify(value);
    records++;
    for (const secret of [token, token.slice(-43), KEY]) assert(!text.includes(secret), String(key[0]));
  }
  assert(records >= 5);
});

Deno.test("without an Idempotency-Key the secret is random, and the records of the code name nobody", async () => {
  await using service = await TestService.open();
  const { session_token, session, account } = await service.signedIn(CODE);
  const { keyring } = service.services;
  const derived = keyring.deriveSecret(keyring.firstId, "session/one_click", [session.id, CODE, ""]);
  assertNotEquals(session_token.slice(-43), derived);
  const place = [CODE_PROGRESS.kind, ...progressIds(hashSecret(CODE))];
  const { value } = await service.kv.get<Uint8Array>(place);
  assert(!keyring.open(value as Uint8Array, place.join("/")).includes(account.id));
  await assertProblem(await service.signIn(CODE), "code_already_used");
});

/** Makes of a done code what the version before has left of it. */
async function endAsVersionBefore(service: TestService, ends: Record<string, unknown>): Promise<void> {
  await service.kv.delete([CODE_PROGRESS.kind, ...progressIds(hashSecret(CODE))]);
  const now = service.clock.now();
  await alterRecord(service, EXCHANGE, [hashSecret(CODE)], ({ lease_until: _, ...claim }) => ({
    ...claim,
    state: "done",
    answer: null,
    answer_until: now + REPLAY_MS,
    expires_at: now + 60 * 60_000,
    ...ends,
  }));
}

Deno.test("a result that the version before has stored is given again, and only to its code and key", async () => {
  await using service = await TestService.open();
  const first = await service.signedIn(CODE, { key: KEY });
  const { account: { id: account_id }, session: { id: session_id } } = first;
  const key_id = service.services.keyring.firstId;
  await endAsVersionBefore(service, {
    result: { outcome: "signed_in", account_id, session_id, created: true, key_id },
  });
  assertEquals(await service.signedIn(CODE, { key: KEY }), first);
  await assertProblem(await service.signIn(CODE, { key: `${KEY}x` }), "code_already_used");
  await assertProblem(await service.signIn(CODE), "code_already_used");
  await service.clock.advance(REPLAY_MS);
  await assertProblem(await service.signIn(CODE, { key: KEY }), "code_already_used");
});

Deno.test("an answer that an earlier version has sealed is given again, and only to its code and key", async () => {
  await using service = await TestService.open();
  const first = await service.signedIn(CODE, { key: KEY });
  const answer = {
    outcome: "signed_in",
    signedIn: { ...first, account: { ...first.account, name: "Sealed" } },
  };
  const place = `exchange/${hashSecret(CODE)}/answer`;
  const proof = `${CODE.length}:${CODE}${KEY}`;
  await endAsVersionBefore(service, {
    answer: service.services.keyring.seal(JSON.stringify(answer), place, proof),
  });
  assertEquals(await service.signedIn(CODE, { key: KEY }), answer.signedIn);
  await assertProblem(await service.signIn(CODE, { key: `${KEY}x` }), "code_already_used");
  await assertProblem(await service.signIn(CODE), "code_already_used");
});

Deno.test("the version before reads the progress of a done code as a token that Amazon refuses", async () => {
  await using service = await TestService.open();
  await service.signedIn(CODE, { key: KEY });
  const key = [CODE_PROGRESS.kind, ...progressIds(hashSecret(CODE))];
  const { value } = await service.kv.get<Uint8Array>(key);
  const { v, token, expires_at } = JSON.parse(
    service.services.keyring.open(value as Uint8Array, key.join("/")),
  );
  // Its schema of a kept token: these fields, and others are kept.
  assertEquals({ v, token, expires_at: typeof expires_at }, { v: 1, token: "", expires_at: "number" });
  const { status } = await service.simulator.fetch(
    "https://amazon.test/version/1.0/user/profile?access_token=",
  );
  assertEquals(status, 400);
});

Deno.test("the ticket of a link_required is given again as it was", async () => {
  await using service = await TestService.open();
  await service.signedIn(CODE);
  const first = await assertProblem(await service.signIn("twin.1", { key: KEY }), "link_required");
  const again = await service.signIn("twin.1", { key: KEY });
  assertEquals(again.headers.get("idempotency-replayed"), "true");
  assertEquals((await assertProblem(again, "link_required")).link_ticket, first.link_ticket);
});
