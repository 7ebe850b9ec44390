/** What the main job promises (design, section 4), in its order. */
import { assertEquals } from "@std/assert";
import { LEASE_MARGIN_MS } from "../../lib/sign_in/code_claim.ts";
import { KEPT_TOKEN_MS } from "../../lib/sign_in/code_exchange.ts";
import { REPLAY_MS } from "../../lib/sessions/replay.ts";
import type { Endpoint } from "../../lib/dev/simulator/faults.ts";
import { ACCOUNT } from "../../lib/kv/schema.ts";
import { ONE_SIGN_IN, TestService } from "../support/test_service.ts";
import { endpointOf } from "../support/upstream_responses.ts";
import { assertProblem } from "../support/contract_problems.ts";
import { type KvHooks, operationOf, wrapKv, writes } from "../support/kv_hooks.ts";

const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";

Deno.test("promise 1: of 64 requests with one code, one exchanges it", async () => {
  await using service = await TestService.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "0" } });
  const responses = await Promise.all(Array.from({ length: 64 }, () => service.signIn("new.1")));
  const statuses = Map.groupBy(responses, (response) => response.status);
  assertEquals(statuses.get(201)?.length, 1);
  assertEquals(statuses.get(409)?.length, 63);
  assertEquals(service.calls, { token: 1, profile: 1 });
  assertEquals(await service.stored(), ONE_SIGN_IN);
});

Deno.test("promise 2: a retry uses the stored token when the profile could not be fetched", async () => {
  await using service = await TestService.open();
  const code = "new~profile-503*3.1";
  const response = await service.answerOf(service.signIn(code, { key: KEY }));
  await assertProblem(response, "upstream_unavailable");
  assertEquals(service.calls, { token: 1, profile: 3 });
  await assertProblem(await service.signIn(code), "code_already_used");
  assertEquals((await service.signIn(code, { key: KEY })).status, 201);
  assertEquals(service.calls, { token: 1, profile: 4 });
});

Deno.test("promise 2: the token that a request without a key stored is used by any request with the code", async () => {
  await using service = await TestService.open();
  assertEquals((await service.answerOf(service.signIn("new~profile-503*3.1"))).status, 503);
  assertEquals((await service.signIn("new~profile-503*3.1", { key: KEY })).status, 201);
  const replay = await service.signIn("new~profile-503*3.1", { key: KEY });
  assertEquals([replay.status, replay.headers.get("idempotency-replayed")], [201, "true"]);
  assertEquals(service.calls.token, 1);
});

Deno.test("promise 2: the lease of a process that died before the token ends after seconds", async () => {
  await using service = await TestService.open();
  const dead = await openStuck(service, "token");
  dead.signIn("new.1", { key: KEY });
  await dead.clock.advance(0);
  await assertProblem(await service.signIn("new.1", { key: KEY }), "code_in_progress");
  await service.clock.advance(6000 + LEASE_MARGIN_MS);
  assertEquals((await service.signIn("new.1", { key: KEY })).status, 201);
});

Deno.test("promise 2: after a process died with a stored token, the retry signs in without another token", async () => {
  await using service = await TestService.open();
  const dead = await openStuck(service, "profile");
  dead.signIn("new.1", { key: KEY });
  await dead.clock.advance(0);
  await service.clock.advance(6000 + LEASE_MARGIN_MS);
  assertEquals((await service.signIn("new.1", { key: KEY })).status, 201);
  assertEquals(service.calls, { token: 1, profile: 1 });
});

Deno.test("promise 2: a token that a process stores late, and dies, is not overlooked", async () => {
  const lateKeep = Promise.withResolvers<void>();
  const kept = Promise.withResolvers<void>();
  const holding: KvHooks = {
    async commit(commit, perform) {
      if (operationOf(commit) !== "keep") return await perform();
      await lateKeep.promise;
      return await perform().finally(kept.resolve);
    },
  };
  await using service = await TestService.open({
    wrapKv: (kv) =>
      wrapKv(kv, {
        async read({ keys: [key] }, perform) {
          const entries = await perform();
          if (key?.[0] === "exchange") lateKeep.resolve();
          await kept.promise;
          return entries;
        },
      }),
  });
  const dead = await openStuck(service, "profile", (kv) => wrapKv(kv, holding));
  dead.signIn("new.1", { key: KEY });
  await dead.clock.advance(0);
  await service.clock.advance(6000 + LEASE_MARGIN_MS);
  assertEquals((await service.signIn("new.1", { key: KEY })).status, 201);
  assertEquals(service.calls.token, 1);
  assertEquals(await service.stored(), ONE_SIGN_IN);
});

Deno.test("promise 2: a token is stored when the commit that made its write needless fails", async () => {
  const others = Promise.withResolvers<void>();
  const sent: string[] = [];
  let ownersRead = false;
  await using service = await TestService.open({
    wrapKv: (kv) =>
      wrapKv(kv, {
        async read({ keys: [key] }, perform) {
          if (key?.[0] !== "amazon_user") return await perform();
          return await perform().finally(() => ownersRead = true);
        },
        async commit(commit, perform) {
          const operation = operationOf(commit);
          sent.push(operation);
          if (sent.length <= 2) await others.promise;
          return operation === "commit" && sent.length === 4 ? { ok: false } : await perform();
        },
      }),
  });
  // While two claims are in flight, each write of the third sign-in waits for a moment.
  const busy = ["new.1", "new.2"].map((code) => service.signIn(code));
  const third = service.signIn("new.3", { key: KEY });
  const until = async (holds: () => boolean, stepMs: number) => {
    while (!holds()) await service.clock.advance(stepMs);
  };
  await until(() => sent.length === 3, 1);
  // No time passes, so the write of the token is not sent before the commit is prepared.
  await until(() => ownersRead, 0);
  await until(() => sent.length === 4, 1);
  await until(() => sent.length === 6, 1);
  assertEquals(sent, ["claim", "claim", "claim", "commit", "keep", "commit"]);
  others.resolve();
  assertEquals((await service.answerOf(third)).status, 201);
  await Promise.all(busy.map((answer) => service.answerOf(answer)));
});

Deno.test("promise 2: a stored token that is about to expire lives as long as the lease of the request that uses it", async () => {
  await using service = await TestService.open();
  const code = "new~profile-503*3.1";
  assertEquals((await service.answerOf(service.signIn(code, { key: KEY }))).status, 503);
  const slow = await openStuck(service, "profile");
  await service.clock.advance(KEPT_TOKEN_MS - 3000);
  await slow.clock.advance(service.clock.now() - slow.clock.now());
  slow.signIn(code, { key: KEY });
  await slow.clock.advance(0);
  await service.clock.advance(4000);
  await assertProblem(await service.signIn(code, { key: KEY }), "code_in_progress");
  assertEquals(service.calls.token, 1);
});

Deno.test("promise 3: the same code and key get the same session for 10 minutes, and no longer", async () => {
  await using service = await TestService.open();
  const first = await service.signIn("new.1", { key: KEY });
  const body = await first.json();
  await service.clock.advance(REPLAY_MS - 1);
  const replay = await service.signIn("new.1", { key: KEY });
  assertEquals(replay.status, first.status);
  assertEquals(replay.headers.get("idempotency-replayed"), "true");
  assertEquals(replay.headers.get("cache-control"), "no-store");
  assertEquals(await replay.json(), { ...body, expires_in: body.expires_in - REPLAY_MS / 1000 });
  await service.clock.advance(1);
  await assertProblem(await service.signIn("new.1", { key: KEY }), "code_already_used");
  assertEquals(service.calls, { token: 1, profile: 1 });
  assertEquals(await service.stored(), ONE_SIGN_IN);
});

Deno.test("promise 4: a commit that fails leaves no part of an account behind", async () => {
  let broken = true;
  await using service = await TestService.open({
    wrapKv: (kv) =>
      wrapKv(kv, {
        commit: (commit, perform) =>
          broken && writes(commit, "account") ? Promise.reject(new TypeError("The disk is full")) : perform(),
      }),
  });
  const response = await service.answerOf(service.signIn("new.1", { key: KEY }));
  await assertProblem(response, "storage_unavailable");
  assertEquals(response.headers.get("retry-after"), "1");
  assertEquals(await service.stored(), { exchange: 1, kept_token: 1 });
  broken = false;
  assertEquals((await service.signIn("new.1", { key: KEY })).status, 201);
  assertEquals(service.calls.token, 1);
});

Deno.test("promise 5: however many codes of a customer race, there is one account", async () => {
  await using service = await TestService.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "0" } });
  const codes = Array.from({ length: 48 }, (_, i) => `mork.${i}`);
  const responses = await Promise.all(codes.map((code) => service.answerOf(service.signIn(code))));
  assertEquals(responses.filter((response) => response.status === 201).length, 1);
  assertEquals(responses.filter((response) => response.status === 200).length, 47);
  assertEquals(await service.stored(), {
    ...ONE_SIGN_IN,
    session: 48,
    event: 48,
    exchange: 48,
    code_result: 48,
  });
});

Deno.test("promise 5: a known customer signs in with another email, and the stored one stays", async () => {
  await using service = await TestService.open();
  const { account } = await service.signedIn("mork.1");
  const moved = await service.signedIn("moved.1");
  assertEquals(moved.account, { ...account, created: false });
  assertEquals(await service.stored(), { ...ONE_SIGN_IN, session: 2, event: 2, exchange: 2, code_result: 2 });
});

Deno.test("promise 9: the account of a one-click customer stores that its password is temporary, and no hash", async () => {
  await using service = await TestService.open();
  const { account } = await service.signedIn("mork.1");
  assertEquals(account.password, "temporary");
  using store = service.services.db.within(1000);
  const { value } = await store.get(ACCOUNT, [account.id]);
  const nudge_at = service.clock.now() + 24 * 3_600_000;
  assertEquals(value?.password, { kind: "temporary", sha256: "", nudge_at });
});

/** Opens another instance of a service that never gets an answer from an endpoint of Amazon, as if its process had died. */
function openStuck(
  { kv, simulator }: TestService,
  endpoint: Endpoint,
  wrapKv: (kv: Deno.Kv) => Deno.Kv = (kv) => kv,
): Promise<TestService> {
  return TestService.open({
    kv,
    simulator,
    wrapKv,
    wrapFetch: (fetch) => (input, init) =>
      endpointOf(String(input)) === endpoint ? new Promise<Response>(() => {}) : fetch(input, init),
  });
}
