import { assert, assertEquals } from "@std/assert";
import * as schema from "../../../../lib/kv/schema.ts";
import { INDEXED } from "../../../../lib/operator/resealing/indexed.ts";

const ignore = Deno.permissions.querySync({ name: "read" }).state !== "granted";

/** Kinds of indexes that are not moved, as only the first key finds them, and each ends within a day or so. */
const LEFT_OUT = ["tries/${scope}"];

Deno.test("every blind index of the service is moved by a reseal", { ignore }, () => {
  const kinds = new Set(
    filesIn("lib/").concat(filesIn("routes/")).flatMap((path) => {
      const source = Deno.readTextFileSync(path);
      return Array.from(source.matchAll(/blindIndexes\(\s*["`]([^"`]+)["`]/g), ([, kind = ""]) => kind);
    }),
  );
  assert(kinds.size > 3);
  const known = [...LEFT_OUT, ...INDEXED.map(({ index }) => index)];
  assertEquals([...kinds].filter((kind) => !known.includes(kind)), []);
});

Deno.test("every type of record with an index in its key is moved by a reseal", { ignore }, () => {
  const table = Deno.readTextFileSync("lib/kv/schema.ts");
  const kinds = Array.from(table.matchAll(/^ \* \| `(\w+),[^`]*HMAC\(/gm), ([, kind = ""]) => kind);
  const stored = new Set(Object.values(schema).map((type) => (type as { kind?: string }).kind));
  const samples: Record<string, unknown> = {
    [schema.MAIL.kind]: { due_at: 0 },
    [schema.ENTITLEMENT.kind]: { check: { lane: "soon", due: 0 } },
    [schema.PARKED_RECEIPT.kind]: { check: { lane: "soon", due: 0 } },
  };
  const moved = INDEXED.flatMap(({ type, keysOf }) =>
    keysOf(samples[type.kind] ?? {}, [type.kind, "a", "b"], "index").map(([kind]) => kind)
  );
  assert(kinds.length > 5);
  assertEquals(kinds.filter((kind) => stored.has(kind) && kind !== "tries" && !moved.includes(kind)), []);
});

function filesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder)).flatMap(({ name, isDirectory }) =>
    isDirectory ? filesIn(`${folder}${name}/`) : /\.tsx?$/.test(name) ? [`${folder}${name}`] : []
  );
}
