import { assert, assertEquals } from "@std/assert";
import { createLog } from "../../../lib/base/log.ts";
import { parseConfig } from "../../../lib/config/config.ts";
import { devEnvironment } from "../../../lib/dev/environment.ts";
import { KeyCheck, RESTORING } from "../../../lib/kv/key_check.ts";
import { Keyring } from "../../../lib/kv/keyring.ts";
import { createServices } from "../../../lib/services.ts";
import { createApp } from "../../../routes/mod.ts";
import { EMAIL, PASSWORD, signedUp, signInByPassword, signUp } from "../../support/account_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { countingKv, type KvCounts } from "../../support/kv_hooks.ts";
import type { SignedInBody } from "../../support/bodies.ts";
import { TestService } from "../../support/test_service.ts";

/** A key of the ring: its id, and the text that its 32 bytes are made of; the id by default. */
const key = (id: string, text = id) => `${id}:${btoa(text.padEnd(32, "."))}`;
const ring = (...keys: string[]) => ({ DATA_KEYS: keys.join() });

const K1 = key("k1");
const K2 = key("k2");
const MISTYPED_K1 = key("k1", "mistyped");

/** Changes of `DATA_KEYS` that lose a key, each with the id that the log must name. */
const FAULTS: readonly [name: string, before: string[][], after: string[], id: string][] = [
  ["the only key with other bytes", [[K1]], [MISTYPED_K1], "k1"],
  ["another key in place of the only one", [[K1]], [K2], "k1"],
  ["a rotation that drops the key before", [[K1], [K2, K1]], [K2], "k1"],
  ["a rotation that drops the key before at once", [[K1]], [K2, key("k3")], "k1"],
  ["a rotation with a mistyped key before", [[K1], [K2, K1]], [K2, MISTYPED_K1], "k1"],
  ["the new key with other bytes", [[K1], [K2, K1]], [key("k2", "other"), K1], "k2"],
  ["a rotation back that drops the new key", [[K1], [K2, K1]], [K1], "k2"],
  ["keys whose values were swapped", [[K1], [K2, K1]], [key("k2", "k1"), key("k1", "k2")], "k1"],
];

for (const version of ["this version", "the version before"]) {
  for (const [name, before, after, id] of FAULTS) {
    Deno.test(`a database of ${version} refuses ${name}`, async () => {
      await using world = await World.open();
      for (const keys of before) await world.use(keys);
      if (version !== "this version") await world.forgetKeys();
      await using service = await TestService.open({ ...world.shared, env: ring(...after) });
      const stored = await world.snapshot();

      const calls = service.simulator.requests.length;
      await assertProblem(await service.signIn("mork.9"), "storage_unavailable");
      await assertProblem(await service.signIn("new.9"), "storage_unavailable");
      await assertProblem(await signInByPassword(service), "storage_unavailable");
      await assertProblem(await signUp(service, { email: "new@example.com" }), "storage_unavailable");
      for (const { session_token: token } of world.signedIn) {
        const check = await service.request("/v1/sessions/current", { token });
        await assertProblem(check, "storage_unavailable");
      }
      assertEquals((await service.request("/readyz")).status, 503);
      assertEquals(service.simulator.requests.length, calls, "Amazon was asked");
      assertEquals(await world.snapshot(), stored, "Something was written");
      const faults = service.log.filter(({ message }) => message === "data_key_fault");
      assert(faults.length > 0 && faults.every(({ level, key }) => level === "ERROR" && key === id));
      const lines = service.log.filter(({ message }) => message === "request");
      assert(lines.every(({ detail }) => String(detail).includes(`"${id}"`)), JSON.stringify(lines[0]));
      assert(!JSON.stringify(service.log).includes(btoa("k1").slice(0, 3)), "A key was logged");

      // With the right keys again everybody is known.
      await using right = await TestService.open({ ...world.shared, env: ring(...before.at(-1)!) });
      const again = await right.signedIn("mork.77");
      assertEquals([again.account.id, again.account.created], [world.signedIn[0]?.account.id, false]);
    });
  }
}

Deno.test("a key that only indexed accounts of the version before is missed", async () => {
  await using world = await World.open();
  await world.use([K1]);
  // All accounts were written again since the rotation, so no sealed account names the key before.
  await using rotated = await TestService.open({ ...world.shared, env: ring(K2, K1) });
  for (const { session_token: token } of world.signedIn) {
    assertEquals((await rotated.send("PATCH", "/v1/account", { name: "V." }, { token })).status, 200);
  }
  await world.forgetKeys();
  await using service = await TestService.open({ ...world.shared, env: ring(K2) });
  await assertProblem(await service.signIn("mork.9"), "storage_unavailable");
  assertEquals(service.log[0]?.message, "data_key_fault");
  await world.forgetKeys();
  await using mistyped = await TestService.open({ ...world.shared, env: ring(K2, MISTYPED_K1) });
  await assertProblem(await mistyped.signIn("mork.10"), "storage_unavailable");
});

Deno.test("of a database of the version before, every key of the ring may be needed", async () => {
  await using world = await World.open();
  await world.use([K1]);
  await world.forgetKeys();
  await world.use([K1, K2, key("k3")]);
  assertEquals(await world.keyRecords(), { k1: "proved", k2: "known", k3: "known" });
  // The first use of a key proves it.
  await world.use([K2, K1, key("k3")]);
  assertEquals(await world.keyRecords(), { k1: "proved", k2: "proved", k3: "known" });
  await using service = await TestService.open({ ...world.shared, env: ring(K2, K1) });
  await assertProblem(await service.signIn("mork.9"), "storage_unavailable");
});

Deno.test("on an empty database only the first key leaves a record, and each next one when it is first used", async () => {
  await using world = await World.open();
  await world.use([K1, K2]);
  assertEquals(await world.keyRecords(), { k1: "proved" });
  await world.use([K1]);
  await world.use([K2, K1]);
  assertEquals(await world.keyRecords(), { k1: "proved", k2: "proved" });
});

Deno.test("one damaged account does not stop the others", async () => {
  await using world = await World.open();
  await world.use([K1]);
  const [entry] = await Array.fromAsync(world.kv.list<Uint8Array>({ prefix: ["account"] }, { limit: 1 }));
  assert(entry !== undefined);
  entry.value[entry.value.length - 1]! ^= 1;
  await world.kv.set(entry.key, entry.value);
  await world.forgetKeys();
  await using service = await TestService.open({ ...world.shared, env: ring(K1) });
  assertEquals((await service.signIn("new.9")).status, 201);
});

Deno.test("of two instances that begin to use a key of one name with different bytes, the second is refused", async () => {
  await using world = await World.open();
  await world.use([K1]);
  const clock = new FakeClock();
  const log: string[] = [];
  const checks = [K2, key("k2", "other")].map((first) =>
    new KeyCheck({
      kv: world.kv,
      clock,
      keyring: new Keyring(
        parseConfig({ ...devEnvironment("http://localhost", 1), ...ring(first, K1) }).dataKeys,
      ),
      log: (level, message, { key }) => log.push(`${level} ${message} ${key}`),
    })
  );
  await Promise.allSettled(checks.map((check) => check.pass()));
  assertEquals(checks.filter(({ passed }) => passed).length, 1);
  assertEquals(log, ["error data_key_fault k2"]);
});

Deno.test("KeyCheck again notices a key that another instance has begun to use, and later that it is not needed", async () => {
  await using world = await World.open();
  await world.use([K1]);
  await using service = await TestService.open({ ...world.shared, env: ring(K1) });
  const { keyCheck } = service.services;
  await keyCheck.again();
  assertEquals(keyCheck.passed, true);
  await world.use([K2, K1]);
  await keyCheck.again();
  await assertProblem(await service.signIn("mork.9"), "storage_unavailable");
  await world.kv.delete(["data_key", "k2"]);
  await assertProblem(await service.signIn("mork.9"), "storage_unavailable");
  service.clock.jump(10_000);
  assertEquals((await service.signIn("mork.9")).status, 200);
});

Deno.test("no request is served from a database into which a backup is being restored", async () => {
  await using world = await World.open();
  await world.kv.set(["data_key", RESTORING], { v: 1, check: null, created_at: 0 });
  await using service = await TestService.open({ ...world.shared, env: ring(K1) });
  await assertProblem(await service.signIn("mork.9"), "storage_unavailable");
  assert(String(service.log[0]?.detail).includes("deno task restore"));
});

Deno.test("the check costs one read for each connection, and a write for each new key", async () => {
  await using world = await World.open();
  const counts: KvCounts = { commits: 0, eventualReads: 0, strongReads: 0 };
  for (const expected of [{ strongReads: 5, commits: 1 }, { strongReads: 1, commits: 0 }]) {
    Object.assign(counts, { commits: 0, eventualReads: 0, strongReads: 0 });
    const { config } = (await TestService.open({ ...world.shared, env: ring(K2) })).services;
    await world.forgetKeys(expected.commits);
    const app = createApp(createServices({
      config,
      kv: countingKv(world.kv, counts),
      clock: new FakeClock(),
      log: createLog({ level: "error", clock: new FakeClock(), write: () => {} }),
      fetch,
      cores: 1,
    }));
    const ready = () => app.request("/readyz");
    await Promise.all([ready(), ready(), ready()]);
    await ready();
    assertEquals(counts, { ...expected, strongReads: expected.strongReads + 4, eventualReads: 0 });
  }
});

Deno.test("a database that does not answer is no fault of the ring", async () => {
  await using world = await World.open();
  let down = true;
  const kv = new Proxy(world.kv, {
    get: (target, name) =>
      name === "list" && down
        ? () => {
          throw new TypeError("database is locked");
        }
        : Reflect.get(target, name).bind(target),
  });
  await using service = await TestService.open({ kv, simulator: world.shared.simulator, env: ring(K1) });
  const answer = await service.answerOf(service.signIn("mork.9"));
  await assertProblem(answer, "storage_unavailable");
  assert(!service.log.some(({ message }) => message === "data_key_fault"));
  down = false;
  assertEquals((await service.signIn("mork.9")).status, 201);
});

/** A database that services with changing keys use one after the other. */
class World implements AsyncDisposable {
  /** The first answer to each customer. */
  readonly signedIn: SignedInBody[] = [];
  readonly #first: TestService;

  private constructor(first: TestService) {
    this.#first = first;
  }

  static async open(): Promise<World> {
    const first = await TestService.open({ env: ring(K1) });
    const world = new World(first);
    await world.forgetKeys();
    return world;
  }

  get kv(): Deno.Kv {
    return this.#first.kv;
  }

  get shared() {
    return { kv: this.#first.kv, simulator: this.#first.simulator };
  }

  /** Runs a service with these keys for a moment: a customer of Amazon and another one sign in. */
  async use(keys: string[]): Promise<void> {
    await using service = await TestService.open({ ...this.shared, env: ring(...keys) });
    const nth = this.signedIn.length;
    this.signedIn.push(await service.signedIn(`mork.2${nth}`));
    this.signedIn.push(
      nth === 0 ? await signedUp(service) : await (await service.answerOf(
        service.send("POST", "/v1/sessions", { email: EMAIL, password: PASSWORD }),
      ))
        .json(),
    );
  }

  /** Makes the database one of the version before: without records of keys. */
  async forgetKeys(wanted = 1): Promise<void> {
    if (wanted === 0) return;
    for await (const { key } of this.kv.list({ prefix: ["data_key"] })) await this.kv.delete(key);
  }

  async keyRecords(): Promise<Record<string, string>> {
    const entries = await Array.fromAsync(this.kv.list<{ check: unknown }>({ prefix: ["data_key"] }));
    return Object.fromEntries(
      entries.map(({ key, value }) => [key[1], value.check === null ? "known" : "proved"]),
    );
  }

  async snapshot(): Promise<string[]> {
    const entries = await Array.fromAsync(this.kv.list({ prefix: [] }));
    return entries.map(({ key, versionstamp }) => `${key.join("/")} ${versionstamp}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#first[Symbol.asyncDispose]();
  }
}
