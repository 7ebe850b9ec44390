import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { openMemoryKv } from "./memory_kv.ts";
import { numRuns } from "./num_runs.ts";

/** Few keys that meet often: with parts in common, without a part, and not of ASCII. */
const key = fc.array(fc.constantFrom("a", "b", "ab", "", "~", "é", "😀", "\uffee", "a\x01"), {
  minLength: 1,
  maxLength: 3,
});
const value = fc.oneof(
  fc.constantFrom(1, "text", null, true),
  fc.uint8Array({ maxLength: 4 }),
  fc.record({ v: fc.integer(), list: fc.array(fc.string()) }),
);
/** A version: none, that of the record at present, or one that a record had before. */
const expected = fc.constantFrom("none", "present", "former");
const operation = fc.oneof(
  fc.record({ do: fc.constant("get" as const), key }),
  fc.record({ do: fc.constant("getMany" as const), keys: fc.array(key, { maxLength: 11 }) }),
  fc.record({
    do: fc.constant("list" as const),
    selector: fc.oneof(
      fc.record({ prefix: fc.oneof(key, fc.constant([])) }),
      fc.record({ prefix: fc.constant(["a"]), start: key }),
      fc.record({ prefix: fc.constant(["a"]), end: key }),
      fc.tuple(key, key).map(([start, end]) => ({ start, end })),
    ),
    options: fc.record({ limit: fc.integer({ min: 1, max: 5 }), reverse: fc.boolean() }, {
      requiredKeys: [],
    }),
  }),
  fc.record({
    do: fc.constant("commit" as const),
    checks: fc.array(fc.record({ key, expected }), { maxLength: 3 }),
    mutations: fc.array(
      fc.oneof(
        fc.record({ type: fc.constant("set" as const), key, value }),
        fc.record({ type: fc.constant("delete" as const), key }),
      ),
      { maxLength: 6 },
    ),
  }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Plays operations on a database. Returns their results, with each version as the number of the commit that made it. */
async function play(kv: Deno.Kv, operations: readonly Operation[]): Promise<unknown[]> {
  const versions: string[] = [];
  const former = new Map<string, string>();
  const number = (versionstamp: string | null) =>
    versionstamp === null ? null : versions.indexOf(versionstamp);
  const entry = (
    { key, value, versionstamp }: Deno.KvEntryMaybe<unknown>,
  ) => [key, value, number(versionstamp)];
  const version = async (key: Deno.KvKey, expected: string) => {
    if (expected === "none") return null;
    const { versionstamp } = await kv.get(key);
    return expected === "present" ? versionstamp : former.get(key.join("/")) ?? versionstamp;
  };
  const results: unknown[] = [];
  for (const operation of operations) {
    try {
      if (operation.do === "get") results.push(entry(await kv.get(operation.key)));
      else if (operation.do === "getMany") results.push((await kv.getMany(operation.keys)).map(entry));
      else if (operation.do === "list") {
        results.push((await Array.fromAsync(kv.list(operation.selector, operation.options))).map(entry));
      } else {
        const atomic = kv.atomic();
        for (const { key, expected } of operation.checks) {
          atomic.check({ key, versionstamp: await version(key, expected) });
        }
        for (const { key } of operation.mutations) {
          const { versionstamp } = await kv.get(key);
          if (versionstamp !== null) former.set(key.join("/"), versionstamp);
        }
        const result = await atomic.mutate(...operation.mutations).commit();
        if (result.ok) versions.push(result.versionstamp);
        results.push(result.ok);
      }
    } catch (error) {
      results.push(String(error));
    }
  }
  assertEquals(versions, versions.toSorted(), "The versions grow");
  return results;
}

Deno.test("the database in memory of the simulation does what Deno's does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 40 }), async (operations) => {
      using real = await Deno.openKv(":memory:");
      assertEquals(await play(openMemoryKv(), operations), await play(real, operations));
    }),
    { numRuns: numRuns({ quick: 100, full: 500 }) },
  );
});

Deno.test("the database in memory of the simulation has Deno's limits", async () => {
  using real = await Deno.openKv(":memory:");
  const check = { key: ["a"], versionstamp: null };
  const deletion = { type: "delete", key: ["a"] } as const;
  for (const kv of [real, openMemoryKv()]) {
    const checks = (many: number) => kv.atomic().check(...Array(many).fill(check)).commit();
    assert((await checks(100)).ok);
    await assertRejects(() => checks(101), TypeError, "Too many checks (max 100)");
    const mutations = (many: number) => kv.atomic().mutate(...Array(many).fill(deletion)).commit();
    assert((await mutations(1000)).ok);
    await assertRejects(() => mutations(1001), TypeError, "Too many mutations (max 1000)");
    await assertRejects(
      () => kv.set(["a"], new Uint8Array(66_000)),
      TypeError,
      "too large (max 65536 bytes)",
    );
  }
});

Deno.test("nobody changes what is stored in the database in memory of the simulation", async () => {
  for (const value of [new Uint8Array([1]), [1]]) {
    using kv = openMemoryKv();
    await kv.set(["a"], value);
    value[0] = 2;
    const read = (await kv.get<typeof value>(["a"])).value!;
    assertEquals(read[0], 1);
    read[0] = 3;
    assertEquals((await kv.get<typeof value>(["a"])).value![0], 1);
  }
});
