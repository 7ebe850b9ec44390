import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { Keyring } from "../../../lib/kv/keyring.ts";
import type { RecordType } from "../../../lib/kv/schema.ts";
import type { Store } from "../../../lib/kv/store.ts";
import { countingKv } from "../../support/kv_hooks.ts";
import {
  noCounts,
  type Note,
  note,
  openNotes,
  PLAIN,
  rejection,
  ring,
  SEALED,
  write,
} from "../../support/notes.ts";

Deno.test("Store get returns what was committed, plain or sealed, with the version to check", async () => {
  await using opened = await openNotes();
  const { store } = opened;
  for (const type of [PLAIN, SEALED]) {
    const batch = store.batch();
    const written = batch.set(type, ["a", "b"], note("one"));
    assertEquals(written.versionstamp, null);
    assert(await store.commit(batch));
    assertNotEquals(written.versionstamp, null);
    for (const reader of [store, store.near]) {
      assertEquals(await reader.get(type, ["a", "b"]), { ...written });
    }
  }
});

Deno.test("Store get returns null for a record that is not there, to be checked as absent", async () => {
  await using opened = await openNotes();
  assertEquals(await opened.store.get(PLAIN, ["a"]), {
    key: ["plain", "a"],
    value: null,
    versionstamp: null,
  });
});

Deno.test("Store getMany returns records of several types in the order they were asked for, in one trip", async () => {
  const counts = noCounts();
  await using opened = await openNotes({ around: (kv) => countingKv(kv, counts) });
  const { store } = opened;
  await write(store, [PLAIN, ["p"], note("one")], [SEALED, ["s"], note("two")]);
  const entries = await store.near.getMany<[Note, Note, Note]>([[SEALED, ["s"]], [PLAIN, ["none"]], [PLAIN, [
    "p",
  ]]]);
  assertEquals(entries.map(({ value }) => value), [note("two"), null, note("one")]);
  assertEquals(counts, { commits: 1, eventualReads: 1, strongReads: 0 });
});

Deno.test("Store get takes a record for absent from its expires_at on, also while the database still has it", async () => {
  await using opened = await openNotes();
  const { store, clock } = opened;
  for (const type of [PLAIN, SEALED]) {
    const end = clock.now() + 100;
    await write(store, [type, ["a"], note("x", end)]);
    await clock.advance(99);
    const { value, versionstamp } = await store.get(type, ["a"]);
    assertEquals(value, note("x", end));
    await clock.advance(1);
    // The entry keeps its versionstamp, so that a replacement checks what is really there.
    assertEquals(await store.get(type, ["a"]), { key: [type.kind, "a"], value: null, versionstamp });
    assertNotEquals((await opened.kv.get([type.kind, "a"])).value, null);
  }
});

Deno.test("Store commit returns false for a failed check, and writes nothing of the batch", async () => {
  await using opened = await openNotes();
  const { store } = opened;
  const absent = await store.get(PLAIN, ["a"]);
  await write(store, [PLAIN, ["a"], note("first")]);
  const batch = store.batch();
  batch.check(absent);
  batch.set(PLAIN, ["a"], note("second"));
  batch.set(SEALED, ["b"], note("second"));
  assertEquals(await store.commit(batch), false);
  assertEquals((await store.get(PLAIN, ["a"])).value, note("first"));
  assertEquals((await store.get(SEALED, ["b"])).value, null);
});

Deno.test("Store list returns the records below a key in pages, from either end", async () => {
  await using opened = await openNotes();
  const { store, clock, kv } = opened;
  const own = ["c", "a", "e", "b", "d"].map((id) =>
    [SEALED, ["owner", id], note(id, id === "d" ? clock.now() + 100 : undefined)] as const
  );
  // Neighbours that are not below the key.
  await write(store, ...own, [SEALED, ["owner2", "z"], note("z")], [SEALED, ["owne", "z"], note("z")]);
  const list = async (options: Parameters<Store["list"]>[1]) =>
    (await store.list(SEALED, { under: ["owner"], ...options })).map((
      { key, value },
    ) => [key.at(-1), value?.text]);
  assertEquals(await list({ limit: 2, reverse: true }), [["e", "e"], ["d", "d"]]);
  assertEquals(await list({ limit: 2, reverse: true, before: "d" }), [["c", "c"], ["b", "b"]]);
  assertEquals(await list({ limit: 2, reverse: true, before: "a" }), []);
  // A cursor need not exist any more.
  assertEquals(await list({ limit: 1, reverse: true, before: "cc" }), [["c", "c"]]);
  assertEquals(await list({ limit: 2 }), [["a", "a"], ["b", "b"]]);
  assertEquals(await list({ limit: 9, after: ["sealed", "owner", "b"], before: "e" }), [["c", "c"], [
    "d",
    "d",
  ]]);
  assertEquals(await list({ limit: 9, after: ["sealed", "owner", "c"] }), [["d", "d"], ["e", "e"]]);
  // An expired record and an unreadable one keep their places, without a value.
  await clock.advance(100);
  await kv.set(["sealed", "owner", "e"], new Uint8Array(40));
  assertEquals(await list({ limit: 2, reverse: true }), [["e", undefined], ["d", undefined]]);
  const [unreadable, expired] = await store.list(SEALED, { under: ["owner"], limit: 2, reverse: true });
  assertEquals([unreadable?.stored, expired?.stored?.text], [null, "d"]);
});

const otherRing = new Keyring([{ id: "k", secret: new Uint8Array(32).fill(1) }]);
const unknownRing = new Keyring([{ id: "dropped", secret: new Uint8Array(32) }]);
const json = JSON.stringify(note("canary"));
const UNREADABLE: [string, RecordType<Note>, unknown][] = [
  ["of another version", PLAIN, { v: 2, text: "canary" }],
  ["without a version", PLAIN, { text: "canary" }],
  ["of another shape", PLAIN, { v: 1, text: 7 }],
  ["that is null", PLAIN, null],
  ["of another version, sealed", SEALED, ring.seal(JSON.stringify({ v: 2, text: "canary" }), "sealed/a")],
  ["that should be sealed and is not", SEALED, note("canary")],
  ["sealed for another place", SEALED, ring.seal(json, "sealed/b")],
  ["sealed with another key of the same id", SEALED, otherRing.seal(json, "sealed/a")],
  ["sealed with a key that was dropped", SEALED, unknownRing.seal(json, "sealed/a")],
  ["sealed that is no JSON", SEALED, ring.seal("{", "sealed/a")],
  ["sealed that was cut", SEALED, ring.seal(json, "sealed/a").slice(0, -1)],
];

for (const [what, type, stored] of UNREADABLE) {
  Deno.test(`Store get is storage_unavailable for a record ${what}`, async () => {
    await using opened = await openNotes();
    await opened.kv.set([type.kind, "a"], stored);
    const problem = await rejection(opened.store.get(type, ["a"]));
    assertEquals(problem.code, "storage_unavailable");
    assertEquals(problem.details, {
      internal: `A stored record of kind ${type.kind} cannot be read: another version, or no key for it`,
      retryAfter: 60,
    });
    assertEquals(problem.message.includes(type.kind), false);
    assertEquals(`${problem.stack}${Deno.inspect(problem)}`.includes("canary"), false);
    assertEquals(problem.cause, undefined);
  });
}
