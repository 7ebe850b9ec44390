/** Group commits (promise 4, and tests/bench/README.md): on real KV, with every batch that reaches it recorded. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { CommitQueue, type CommitResult, type CommitUnit } from "../../../lib/kv/commit_queue.ts";
import { Connection } from "../../../lib/kv/connection.ts";
import { FakeClock } from "../../support/fake_clock.ts";

type Batch = CommitUnit[];

/** A queue on a database in memory. `before` runs before each batch commits; the batch fails as it does. */
class Bench implements Disposable {
  readonly clock = new FakeClock();
  readonly batches: Batch[] = [];
  readonly queue: CommitQueue;

  private constructor(readonly kv: Deno.Kv, before: (batch: Batch, number: number) => Promise<void>) {
    const atomic = () => {
      const operation = kv.atomic();
      const batch: Batch = [];
      return {
        check(...checks: Deno.AtomicCheck[]) {
          batch.push({ checks, mutations: [] });
          operation.check(...checks);
          return this;
        },
        mutate(...mutations: Deno.KvMutation[]) {
          batch.push({ checks: batch.pop()?.checks ?? [], mutations });
          operation.mutate(...mutations);
          return this;
        },
        commit: async () => {
          const number = this.batches.push(batch);
          await before(batch, number);
          return await operation.commit();
        },
      };
    };
    const connection = new Connection({ kv: { atomic } as unknown as Deno.Kv, clock: this.clock });
    this.queue = new CommitQueue(connection, this.clock);
  }

  static async open(
    before: (batch: Batch, number: number) => Promise<void> = async () => {},
  ): Promise<Bench> {
    return new Bench(await Deno.openKv(":memory:"), before);
  }

  [Symbol.dispose]() {
    this.kv.close();
  }
}

const keysOf = ({ checks, mutations }: CommitUnit) =>
  new Set([...checks, ...mutations].map(({ key }) => key.join("/")));

const create = (name: string, value: unknown): CommitUnit => ({
  checks: [{ key: [name], versionstamp: null }],
  mutations: [{ type: "set", key: [name], value }],
});

const STALE = "00000000000000ff0000";

/** Units over eight keys: some are created if absent, some written blindly, some checked against a past that never was. */
const units = fc.array(
  fc.record({
    creates: fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { maxLength: 2 }),
    writes: fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { maxLength: 2 }),
    stale: fc.boolean(),
    /** How many turns pass before the next one comes. */
    pause: fc.integer({ min: 0, max: 2 }),
  }),
  { minLength: 2, maxLength: 40 },
);

Deno.test("CommitQueue commits a unit that is alone at once and sets no timer", async () => {
  using bench = await Bench.open();
  const result = bench.queue.commit(create("a", 1));
  assertEquals([bench.batches.length, bench.clock.pending], [1, 0]);
  assert((await result).ok);
});

Deno.test("CommitQueue gathers what comes while two units are on their way, and sends it as one", async () => {
  const gate = Promise.withResolvers<void>();
  using bench = await Bench.open(() => gate.promise);
  const results = Array.from({ length: 20 }, (_, i) => bench.queue.commit(create(`key ${i}`, i)));
  gate.resolve();
  assert((await Promise.all(results)).every(({ ok }) => ok));
  assertEquals(bench.batches.map((batch) => batch.length), [1, 1, 18]);
});

Deno.test("CommitQueue gathers for 5 ms at most while the commits on their way hang", async () => {
  const gate = Promise.withResolvers<void>();
  using bench = await Bench.open((_, number) => number <= 2 ? gate.promise : Promise.resolve());
  const hung = [bench.queue.commit(create("a", 1)), bench.queue.commit(create("b", 1))];
  const late = bench.queue.commit(create("c", 1));
  assertEquals(bench.batches.length, 2);
  await bench.clock.advance(5);
  assert((await late).ok);
  gate.resolve();
  await Promise.all(hung);
  assertEquals(bench.clock.pending, 0);
});

Deno.test("CommitQueue withdraw takes back a unit that waits, and none that is on its way", async () => {
  const gate = Promise.withResolvers<void>();
  using bench = await Bench.open(() => gate.promise);
  const units = ["a", "b", "c", "d"].map((name) => create(name, 1));
  const results = units.map((unit) => bench.queue.commit(unit));
  assertEquals(units.slice(0, 3).map((unit) => bench.queue.withdraw(unit)), [false, false, true]);
  assertEquals((await results[2])?.ok, false);
  gate.resolve();
  assertEquals((await Promise.all(results)).map(({ ok }) => ok), [true, true, false, true]);
  assertEquals((await bench.kv.get(["c"])).value, null);
  assertEquals(units.map((unit) => bench.queue.withdraw(unit)), [false, false, false, false]);
});

Deno.test("CommitQueue gives every unit the outcome of its own checks, not of its neighbours", async () => {
  await fc.assert(
    fc.asyncProperty(units, async (specs) => {
      using bench = await Bench.open(() => new Promise((resolve) => setTimeout(resolve, 0)));
      const sent: { unit: CommitUnit; result: Promise<CommitResult>; stale: boolean }[] = [];
      for (const [i, { creates, writes, stale, pause }] of specs.entries()) {
        const unit: CommitUnit = {
          checks: [
            ...creates.map((key) => ({ key: [key], versionstamp: null })),
            ...(stale ? [{ key: ["stale", i], versionstamp: STALE }] : []),
          ],
          mutations: [...new Set([...creates, ...writes])].map((key) => ({
            type: "set",
            key: [key],
            value: i,
          })),
        };
        sent.push({ unit, result: bench.queue.commit(unit), stale });
        for (let turn = 0; turn < pause; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
      }
      const results = await Promise.all(sent.map(({ result }) => result));

      const last = new Map<string, { versionstamp: string; value: number }>();
      const created = new Map<string, number>();
      for (const [i, result] of results.entries()) {
        const { unit, stale } = sent[i] as (typeof sent)[number];
        // Nothing but its own checks refuses a unit.
        if (unit.checks.length === 0) assert(result.ok, "A unit without checks was refused");
        if (stale) assert(!result.ok, "A unit whose check does not hold was committed");
        if (!result.ok) continue;
        for (const { key } of unit.checks) created.set(key.join("/"), (created.get(key.join("/")) ?? 0) + 1);
        for (const { key } of unit.mutations) {
          const before = last.get(key.join("/"));
          if (before !== undefined && before.versionstamp >= result.versionstamp) continue;
          last.set(key.join("/"), { versionstamp: result.versionstamp, value: i });
        }
      }
      for (const [key, times] of created) assertEquals(times, 1, `${key} was created ${times} times`);
      // No acknowledged write is lost, and nothing else is written.
      const stored = new Map<string, { versionstamp: string; value: unknown }>();
      for await (const { key, versionstamp, value } of bench.kv.list({ prefix: [] })) {
        stored.set(key.join("/"), { versionstamp, value });
      }
      assertEquals(stored, last as typeof stored);
      // A unit is refused for its own checks alone: one that shares no key with others must pass.
      const wanted = new Map<string, number>();
      for (const { unit } of sent) {
        for (const key of keysOf(unit)) wanted.set(key, (wanted.get(key) ?? 0) + 1);
      }
      for (const [i, { unit, stale }] of sent.entries()) {
        const alone = [...keysOf(unit)].every((key) => wanted.get(key) === 1);
        if (alone && !stale) assert(results[i]?.ok, "A unit was refused for its neighbour");
      }
      checkBatches(bench.batches, sent.map(({ unit }) => unit));
      assertEquals(bench.clock.pending, 0);
    }),
    { numRuns: 60 },
  );
});

/** The units of the largest group that is sent again when one of so many units was refused. */
const partOf = (units: number) => units <= 4 ? 1 : Math.ceil(Math.sqrt(units));

/** No batch holds two units with one key; a unit that is sent again goes with fewer others each time, at last alone. */
function checkBatches(batches: readonly Batch[], sent: readonly CommitUnit[]): void {
  const sizes = new Map<string, number>();
  for (const batch of batches) {
    const keys = batch.flatMap((unit) => [...keysOf(unit)]);
    assertEquals(new Set(keys).size, keys.length, "Two units of one batch share a key");
    for (const unit of batch) {
      // Units without a write can be equal.
      if (unit.mutations.length === 0) continue;
      const name = JSON.stringify(unit);
      const before = sizes.get(name);
      if (before !== undefined) {
        assert(before > 1, "A unit that was refused alone was sent again");
        assert(batch.length <= partOf(before), `A unit of ${before} was sent again with ${batch.length}`);
      }
      sizes.set(name, batch.length);
    }
  }
  for (const unit of sent.filter(({ mutations }) => mutations.length > 0)) {
    assert(sizes.has(JSON.stringify(unit)), "A unit was not sent");
  }
}

Deno.test("CommitQueue parts a group that fails at once: its units go alone, side by side", async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  using bench = await Bench.open(async (_, number) => {
    if (number <= 2) await gates[0]?.promise;
    // Units that are sent alone are held up here: each must have been sent without waiting for another.
    if (number > 3) await gates[1]?.promise;
  });
  const first = [bench.queue.commit(create("a", 1)), bench.queue.commit(create("b", 1))];
  const group = ["a", "c", "d", "e"].map((name) => bench.queue.commit(create(name, 2)));
  gates[0]?.resolve();
  await Promise.all(first);
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(bench.batches.length, 7);
  gates[1]?.resolve();
  assertEquals((await Promise.all(group)).map(({ ok }) => ok), [false, true, true, true]);
  assertEquals(bench.batches.map((batch) => batch.length), [1, 1, 4, 1, 1, 1, 1]);
});

Deno.test("CommitQueue rejects each unit of a batch that rejects and no other, and their callers can retry", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }),
      fc.boolean(),
      async (count, failing, takesEffect) => {
        const failed: Batch[] = [];
        using bench = await Bench.open(async (batch, number) => {
          if (!failing.includes(number)) return;
          failed.push(batch);
          if (takesEffect) await mutate(bench.kv, batch);
          throw new TypeError("database is locked");
        });
        const writes = Array.from({ length: count }, (_, i) => ({
          checks: [],
          mutations: [{ type: "set" as const, key: [i], value: i }],
        }));
        const outcomes = await Promise.allSettled(writes.map((unit) => bench.queue.commit(unit)));
        const rejected = outcomes.flatMap(({ status }, i) => status === "rejected" ? [i] : []);
        const lost = failed.flatMap((batch) =>
          batch.flatMap(({ mutations }) => mutations[0]?.key[0] as number)
        );
        assertEquals(rejected, lost.sort((a, b) => a - b));
        failing.length = 0;
        for (const i of rejected) {
          assert((await bench.queue.commit(writes[i] ?? { checks: [], mutations: [] })).ok);
        }
        const stored = await Array.fromAsync(bench.kv.list<number>({ prefix: [] }), ({ value }) => value);
        assertEquals(stored, writes.map((_, i) => i));
      },
    ),
    { numRuns: 60 },
  );
});

async function mutate(kv: Deno.Kv, batch: Batch): Promise<void> {
  await kv.atomic().mutate(...batch.flatMap(({ mutations }) => [...mutations])).commit();
}

Deno.test("CommitQueue keeps every batch within the limits of one atomic operation", async (t) => {
  const value = new Uint8Array(60_000);
  const range = (length: number) => Array.from({ length }, (_, i) => i);
  const large: Record<string, (n: number) => CommitUnit> = {
    "100 checks": (n) => ({
      checks: range(30).map((i) => ({ key: [n, i], versionstamp: null })),
      mutations: [{ type: "set", key: [n], value: n }],
    }),
    "1000 mutations": (n) => ({
      checks: [],
      mutations: range(90).map((i) => ({ type: "set", key: [n, i], value: i })),
    }),
    "800 KiB": (n) => ({ checks: [], mutations: [{ type: "set", key: [n], value }] }),
  };
  for (const [limit, make] of Object.entries(large)) {
    await t.step(limit, async () => {
      using bench = await Bench.open();
      const results = await Promise.all(range(40).map((n) => bench.queue.commit(make(n))));
      assert(results.every(({ ok }) => ok));
      assert(bench.batches.length < 40, "Nothing was grouped");
    });
  }
  await t.step("a unit over the limits is refused for itself", async () => {
    using bench = await Bench.open();
    const good = [1, 2, 3].map((n) => bench.queue.commit(create(String(n), n)));
    const bad = bench.queue.commit({
      checks: [],
      mutations: [{ type: "set", key: ["x"], value: new Uint8Array(900_000) }],
    });
    await assertRejects(() => bad, TypeError);
    assert((await Promise.all(good)).every(({ ok }) => ok));
  });
});

Deno.test("CommitQueue serves a database that takes 10 checks in one atomic operation, as denokv does", async () => {
  let refused = 0;
  using bench = await Bench.open((batch) => {
    const checks = batch.reduce((sum, unit) => sum + unit.checks.length, 0);
    if (checks <= 10) return Promise.resolve();
    refused++;
    return Promise.reject(new Error("(status=400 Bad Request): Too many checks included in atomic write."));
  });
  const make = (n: number): CommitUnit => ({
    checks: [0, 1, 2, 3].map((i) => ({ key: [n, i], versionstamp: null })),
    mutations: [{ type: "set", key: [n], value: n }],
  });
  for (const round of [0, 1, 2]) {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => bench.queue.commit(make(round * 20 + i))),
    );
    assert(results.every(({ ok }) => ok));
  }
  assertEquals(refused, 1, "One refusal tells");
  assert(bench.batches.some(({ length }) => length === 2), "Small groups are still made");
});

Deno.test("CommitQueue withdraw says that a unit may take effect whose first try was given up", async () => {
  const gate = Promise.withResolvers<void>();
  using bench = await Bench.open((_, number) => number <= 3 ? gate.promise : Promise.resolve());
  const unit = create("a", 1);
  const first = bench.queue.commit(unit);
  const others = [bench.queue.commit(create("b", 1)), bench.queue.commit(create("c", 1))];
  const failed = Promise.allSettled([first, ...others]);
  // The caller tries again, and the second try waits behind others. The first one can still come through.
  const again = bench.queue.commit(unit);
  assertEquals(bench.queue.withdraw(unit), false);
  assertEquals((await again).ok, false);
  gate.resolve();
  await failed;
});
