import { assertEquals } from "@std/assert";
import { openNotes, rejection, troubled } from "../../support/notes.ts";

Deno.test("Database ping asks the database and gives it a second", async () => {
  await using opened = await openNotes();
  await opened.db.ping();
  const { promise, resolve } = Promise.withResolvers<null>();
  await using hanging = await openNotes({ around: troubled(() => promise) });
  const start = hanging.clock.now();
  assertEquals((await rejection(hanging.advanceUntil(hanging.db.ping()))).code, "storage_unavailable");
  assertEquals(hanging.clock.now() - start, 1000);
  resolve(null);
});
