import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../../../lib/base/clock.ts";
import { parseConfig } from "../../../../lib/config/config.ts";
import { devEnvironment } from "../../../../lib/dev/environment.ts";
import { Keyring } from "../../../../lib/kv/keyring.ts";
import { reseal, type ResealServices } from "../../../../lib/operator/resealing/reseal.ts";
import { assertRing, retire } from "../../../../lib/operator/resealing/retirement.ts";
import { survey } from "../../../../lib/operator/resealing/survey.ts";
import { EMAIL, signedUp, signInByPassword, ticketOf } from "../../../support/account_requests.ts";
import { scan, startActivation } from "../../../support/activation_requests.ts";
import { assertProblem } from "../../../support/contract_problems.ts";
import { open, resetLink, submit } from "../../../support/mailed_links.ts";
import { checkInvariants } from "../../../support/invariants.ts";
import { type Commit, wrapKv } from "../../../support/kv_hooks.ts";
import type { SignedInBody } from "../../../support/bodies.ts";
import { TestService } from "../../../support/test_service.ts";

const KEY = "0123456789abcdef";
const ids = (n: number) => `k${n}`;
const keyOf = (id: string) => `${id}:${btoa(id.padEnd(32, "."))}`;
const ring = (...names: string[]) => ({ DATA_KEYS: names.map(keyOf).join() });
const keyringOf = (...names: string[]) =>
  new Keyring(parseConfig({ ...devEnvironment("http://localhost", 1), ...ring(...names) }).dataKeys);

Deno.test("five rotations in a row: after each, only the newest key is needed, and everything works", async () => {
  const mailServer = { down: false };
  const wrapFetch = (fetch: typeof globalThis.fetch): typeof globalThis.fetch => (input, init) =>
    mailServer.down && String(input).startsWith("https://mail.test")
      ? Promise.resolve(Response.error())
      : fetch(input, init);
  await using first = await TestService.open({ env: ring("k0"), wrapFetch });
  const { kv, clock } = first;
  const openWith = (...names: string[]) => openBeside(first, names, wrapFetch);

  const vera = await signedUp(first);
  const mork = await first.signedIn("mork.1", { key: KEY });
  let codes = 2;
  for (let n = 0; n < 5; n++) {
    const [old, fresh] = [ids(n), ids(n + 1)];
    await using before = await openWith(old);
    // Everything that a key can be needed for, of all kinds that live longer than a request.
    const link = await resetLink(before, EMAIL);
    mailServer.down = true;
    assertEquals((await submit(before, "/delete-account", { email: EMAIL })).status, 200);
    await before.services.background.idle();
    const activation = await startActivation(before);
    const tv = await before.signedIn(`mork.${codes++}`, { key: `${KEY}${n}` });

    await using rotating = await openWith(fresh, old);
    const { resealed, needs } = await resealAll({ kv, clock, keyring: keyringOf(fresh, old) });
    assert(resealed >= 12, `${resealed} records`);
    assertEquals(needs.lasting(old), 0);
    // The answers that can be asked for again need the key, until their time is over.
    assert(needs.of(old) > 0);
    assertEquals(
      (await rotating.signedIn(`mork.${codes - 1}`, { key: `${KEY}${n}` })).session_token,
      tv.session_token,
    );
    assertEquals((await resealAll({ kv, clock, keyring: keyringOf(fresh, old) })).resealed, 0);

    await using after = await openWith(fresh);
    for (const { session_token: token } of [vera, mork]) {
      assertEquals((await after.request("/v1/sessions/current", { token })).status, 200);
    }
    const again = await after.signedIn(`mork.${codes++}`);
    assertEquals([again.account.id, again.account.created], [mork.account.id, false]);
    assertEquals((await signInByPassword(after)).status, 200);
    assertEquals((await open(after, link)).status, 200);
    await scan(after, activation);
    mailServer.down = false;
    const mails = after.mails.length;
    clock.jump(7 * 60_000);
    after.clock.jump(clock.now() - after.clock.now());
    await after.runDueTasks();
    assertEquals(after.mails.length, mails + 1, "The waiting mail is sent");
    assertEquals((await survey({ kv, clock, keyring: keyringOf(fresh) }, () => {})).lost, 0);
    clock.jump(10 * 60_000);
    assertEquals((await survey({ kv, clock, keyring: keyringOf(fresh, old) }, () => {})).of(old), 0);
  }
  const last = await Array.fromAsync(kv.list({ prefix: ["data_key"] }));
  assertEquals(last.map(({ key }) => key[1]), ["k5"]);
});

Deno.test("a link ticket, an activation and a replay outlive a reseal", async () => {
  await using first = await TestService.open({ env: ring("k0") });
  const { kv, clock } = first;
  const { account } = await signedUp(first, { email: "mhashimoto-04@plaxo.com" });
  const ticket = await ticketOf(first, "mork.1");
  const activation = await startActivation(first);
  await resealAll({ kv, clock, keyring: keyringOf("k1", "k0") });
  await using after = await openBeside(first, ["k1"]);
  const linked =
    await (await signInByPassword(after, { email: "mhashimoto-04@plaxo.com", link_ticket: ticket })).json();
  assertEquals([linked.account.id, linked.account.amazon_linked], [account.id, true]);
  assertEquals((await after.signedIn("mork.2")).account.id, account.id);
  await scan(after, activation);
});

Deno.test("what changes while it is resealed is neither lost nor doubled", async () => {
  for (let seed = 0; seed < 8; seed++) {
    await using first = await TestService.open({ env: ring("k0") });
    const { kv, clock } = first;
    const customers: SignedInBody[] = [];
    for (let i = 0; i < 6; i++) customers.push(await first.signedIn(`new.${seed}${i}`));
    await using service = await openBeside(first, ["k1", "k0"]);
    // Between any two steps of the walk, customers change, add and remove what it has read.
    let step = 0;
    const change = async () => {
      const n = step++;
      const { session_token: token } = customers[(n + seed) % customers.length]!;
      if (n > 40) return;
      if (n % 4 === 0) {
        await (await service.send("PATCH", "/v1/account", { name: `N${n}` }, { token })).body?.cancel();
      }
      if (n % 4 === 1) {
        await service.signedIn(`new.${seed}${(n + seed) % customers.length}-${n}`).catch(() => null);
      }
      if (n % 4 === 2) {
        await (await service.request("/v1/sessions/current", { method: "DELETE", token })).body?.cancel();
      }
      if (n % 4 === 3 && n % 8 === 3 + 4 * (seed % 2)) {
        await (await service.request("/v1/account", { method: "DELETE", token })).body?.cancel();
      }
    };
    const beside = wrapKv(kv, {
      read: async (_, perform) => {
        const entries = await perform();
        await change();
        return entries;
      },
      commit: async (commit: Commit, perform) => {
        await change();
        return await perform(commit);
      },
    });
    await resealAll({ kv: beside, clock, keyring: keyringOf("k1", "k0") });
    await service.runDueTasks();
    const needs = await survey({ kv, clock, keyring: keyringOf("k1", "k0") }, () => {});
    assertEquals([needs.lasting("k0"), needs.lost], [0, 0]);
    const { accounts } = await checkInvariants(kv, keyringOf("k1"));
    assert(accounts.size >= 1 && step > 20);
  }
});

Deno.test("the life of a record stays as long as it was", async () => {
  await using first = await TestService.open({ env: ring("k0") });
  const { kv, clock } = first;
  await first.signedIn("mork.1");
  await startActivation(first);
  const lives = new Map<string, number | undefined>();
  const recording = wrapKv(kv, {
    commit(commit, perform) {
      for (const mutation of commit.mutations) {
        if (mutation.type === "set") lives.set(String(mutation.key[0]), mutation.expireIn);
      }
      return perform(commit);
    },
  });
  clock.jump(60_000);
  await resealAll({ kv: recording, clock, keyring: keyringOf("k1", "k0") });
  const day = 86_400_000;
  assertEquals(lives.get("session"), 365 * day - 60_000);
  assertEquals(lives.get("activation"), 29 * 60_000);
  assertEquals(lives.get("user_code"), 29 * 60_000);
  assertEquals([lives.get("account"), lives.get("email")], [undefined, undefined]);
});

Deno.test("resealing that is stopped goes on with what is left", async () => {
  await using first = await TestService.open({ env: ring("k0") });
  const { kv, clock } = first;
  await first.signedIn("mork.1");
  for (let i = 0; i < 25; i++) await first.signedIn(`new.${i}`);
  const keyring = keyringOf("k1", "k0");
  let commits = 0;
  const dying = wrapKv(kv, {
    commit: (commit, perform) => ++commits > 1 ? Promise.reject(new Error("killed")) : perform(commit),
  });
  const died = await reseal({ kv: dying, clock, keyring }, FAST).then(() => false, () => true);
  assertEquals(died, true);
  assert((await survey({ kv, clock, keyring }, () => {})).lasting("k0") > 0);
  await using rotating = await openBeside(first, ["k1", "k0"]);
  assertEquals(
    (await rotating.signedIn("mork.2")).account.created,
    false,
    "Half resealed, customers are known",
  );
  await resealAll({ kv, clock, keyring });
  assertEquals((await survey({ kv, clock, keyring }, () => {})).lasting("k0"), 0);
});

Deno.test("a customer who comes by is resealed with the daily write", async () => {
  await using first = await TestService.open({ env: ring("k0") });
  const { kv, clock } = first;
  const { session_token: token } = await first.signedIn("mork.1");
  await using rotating = await openBeside(first, ["k1", "k0"]);
  rotating.clock.jump(86_400_000);
  clock.jump(86_400_000);
  assertEquals((await rotating.request("/v1/sessions/current", { token })).status, 200);
  await rotating.services.background.idle();
  const keyring = keyringOf("k1", "k0");
  const needs = await survey({ kv, clock, keyring }, () => {});
  // Only the event that told of the sign-in is left.
  assertEquals(needs.lasting("k0"), 1);
  assertEquals((await rotating.signedIn("mork.2")).account.created, false);
});

Deno.test("a key that is not in the ring is not forgotten while something needs it", async () => {
  await using first = await TestService.open({ env: ring("k0") });
  const { kv, clock } = first;
  await first.signedIn("mork.1");
  await (await openBeside(first, ["k1", "k0"]))[Symbol.asyncDispose]();
  const failed = await resealAll({ kv, clock, keyring: keyringOf("k1") }).then(() => null, (error) => error);
  assertEquals(failed?.code, "data_key_missing");
  await using service = await openBeside(first, ["k1"]);
  await assertProblem(await service.signIn("mork.2"), "storage_unavailable");
});

const FAST = { perSecond: Infinity, pace: systemClock, progress: () => {} };

async function resealAll(services: ResealServices) {
  await assertRing(services, () => {});
  const resealed = await reseal(services, FAST);
  await retire(services, resealed.needs);
  return resealed;
}

async function openBeside(
  { kv, simulator, clock }: TestService,
  names: string[],
  wrapFetch?: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch,
): Promise<TestService> {
  const service = await TestService.open({
    kv,
    simulator,
    env: ring(...names),
    ...(wrapFetch ? { wrapFetch } : {}),
  });
  service.clock.jump(clock.now() - service.clock.now());
  return service;
}
