import { assert, assertEquals } from "@std/assert";
import { note, openNotes, PLAIN, SEALED, write } from "../../support/notes.ts";

Deno.test("WriteBatch set stores a sealed record as bytes that show nothing of it", async () => {
  await using opened = await openNotes();
  await write(opened.store, [SEALED, ["a"], note("canary")]);
  const { value } = await opened.kv.get(["sealed", "a"]);
  assert(value instanceof Uint8Array);
  assertEquals(new TextDecoder("latin1").decode(value).includes("canary"), false);
});

Deno.test("WriteBatch set lets the database remove a record only after its end by the clock", async () => {
  await using opened = await openNotes();
  const now = opened.clock.now();
  const batch = opened.store.batch();
  batch.set(PLAIN, ["later"], note("x", now + 5000));
  batch.set(PLAIN, ["past"], note("x", now - 5000));
  batch.set(PLAIN, ["never"], note("x"));
  const lives = batch.mutations.map((mutation) => mutation.type === "set" ? mutation.expireIn : null);
  assertEquals(lives, [5000, 1, undefined]);
});

Deno.test("WriteBatch delete removes a record", async () => {
  await using opened = await openNotes();
  const { store } = opened;
  await write(store, [PLAIN, ["a"], note("x")]);
  const batch = store.batch();
  batch.delete(["plain", "a"]);
  assert(await store.commit(batch));
  assertEquals((await store.get(PLAIN, ["a"])).versionstamp, null);
});
