import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { z } from "zod";
import { Problem } from "../../../lib/base/problem.ts";
import { Database } from "../../../lib/kv/database.ts";
import { Keyring } from "../../../lib/kv/keyring.ts";
import { LaterSchema } from "../../../lib/kv/later_schema.ts";
import { parseRecord } from "../../../lib/kv/records.ts";
import * as schema from "../../../lib/kv/schema.ts";
import type { RecordType } from "../../../lib/kv/schema.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** One type of record in three releases: as it was first, as it is migrated but not yet written, and as it is now. */
const first: RecordType<{ v: 1; name: string }> = {
  kind: "person",
  sealed: true,
  schema: z.looseObject({ v: z.literal(1), name: z.string() }),
};
interface Person {
  v: 2;
  names: string[];
}
const present: RecordType<Person> = {
  kind: "person",
  sealed: true,
  schema: z.looseObject({ v: z.literal(2), names: z.array(z.string()).min(1) }),
  migrations: { 1: ({ name, ...rest }) => ({ ...rest, v: 2, names: [name] }) },
};
const between: RecordType<Person> = {
  ...present,
  writeAs: ({ names: [name], ...rest }) => ({ ...rest, v: 1, name }),
};
const next: RecordType<{ v: 3; names: { text: string }[] }> = {
  kind: "person",
  sealed: true,
  schema: z.looseObject({ v: z.literal(3), names: z.array(z.looseObject({ text: z.string() })) }),
  migrations: {
    ...present.migrations,
    2: ({ names, ...rest }) => ({ ...rest, v: 3, names: (names as string[]).map((text) => ({ text })) }),
  },
};

Deno.test("parseRecord reads a stored sample of each earlier version", () => {
  const samples = [{ v: 1, name: "Vera", added: 1 }, { v: 2, names: ["Vera"], added: 1 }, {
    v: 3,
    names: [{ text: "Vera" }],
    added: 1,
  }];
  for (const sample of samples) {
    assertEquals(parseRecord(next, sample) as unknown, { v: 3, names: [{ text: "Vera" }], added: 1 });
  }
});

Deno.test("parseRecord refuses an unknown version, another shape, and a migration that does not raise the version", () => {
  for (
    const sample of [{ v: 4, names: [] }, { v: 0 }, { v: "1", name: "Vera" }, { name: "Vera" }, null, 7, "x"]
  ) {
    assertThrows(() => parseRecord(next, sample), Error);
  }
  assertThrows(() => parseRecord(next, { v: 2 }), Error);
  const stuck = { ...present, migrations: { 1: (stored: unknown) => stored } };
  assertThrows(() => parseRecord(stuck, { v: 1, name: "Vera" }), Error);
});

Deno.test("a new shape is rolled out in two releases, and each can be rolled back to the one before", async () => {
  await using opened = await open();
  const { put, read } = opened;
  await put(first, "a", { v: 1, name: "Vera" });
  // The first release reads the old shape and writes it.
  assertEquals(await read(between, "a"), { v: 2, names: ["Vera"] });
  await put(between, "b", { v: 2, names: ["Wim"] });
  assertEquals(await read(first, "b"), { v: 1, name: "Wim" });
  // The second one writes the new shape, which the first release reads after a rollback.
  await put(present, "c", { v: 2, names: ["Xenia", "Xe"] });
  assertEquals(await read(between, "c"), { v: 2, names: ["Xenia", "Xe"] });
  for (const id of ["a", "b"]) assertEquals((await read(present, id))?.v, 2);
  // The release before both knows nothing of it, and does not guess.
  const problem = await assertRejects(() => read(first, "c"), Problem);
  assertEquals(problem.code, "storage_unavailable");
});

Deno.test("a record of an unknown version hides no other record of its list", async () => {
  await using opened = await open();
  await opened.put(first, "a", { v: 1, name: "Vera" });
  await opened.put(present, "b", { v: 2, names: ["Wim"] });
  await opened.put(first, "c", { v: 1, name: "Xenia" });
  const listed = await opened.store.list(first, { limit: 10 });
  assertEquals(listed.map(({ value }) => value?.name ?? null), ["Vera", null, "Xenia"]);
});

Deno.test("the schema of each stored record keeps unknown fields, at every level", () => {
  const types = Object.values(schema).filter((value) => value instanceof Object && "kind" in value);
  const objects = types.flatMap((type) => objectsIn(madeOf(type as RecordType<unknown>), String(type.kind)));
  assertEquals(objects.length > types.length, true, "Levels were found");
  const strips = objects.filter(({ object }) => !("later" in z.parse(object.partial(), { later: 1 })));
  assertEquals(strips.map(({ path }) => path), []);
});

function madeOf({ schema }: RecordType<unknown>): unknown {
  return schema instanceof LaterSchema ? schema.made : schema;
}

/** Finds the schemas of objects within a schema, each with its path. */
function objectsIn(type: unknown, path: string): { object: z.ZodObject; path: string }[] {
  if (type instanceof z.ZodObject) {
    const fields = Object.entries(type.shape).flatMap(([name, field]) => objectsIn(field, `${path}.${name}`));
    return [{ object: type, path }, ...fields];
  }
  if (!(type instanceof z.ZodType)) return [];
  // Arrays, unions, optional and nullable schemas hold other schemas in their definition.
  return Object.values(type.def).flat().flatMap((part) => objectsIn(part, path));
}

async function open() {
  const kv = await Deno.openKv(":memory:");
  const keyring = new Keyring([{ id: "k1", secret: new Uint8Array(32) }]);
  const store = new Database({ kv, keyring, clock: new FakeClock() }).within(1000);
  return {
    store,
    put: async <T>(type: RecordType<T>, id: string, value: T) => {
      const batch = store.batch();
      batch.set(type, [id], value as T & { expires_at?: number });
      await store.commit(batch);
    },
    read: async <T>(type: RecordType<T>, id: string) => (await store.get(type, [id])).value,
    [Symbol.asyncDispose]: () => {
      store[Symbol.dispose]();
      kv.close();
      return Promise.resolve();
    },
  };
}
