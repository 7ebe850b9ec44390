import { assert, assertEquals } from "@std/assert";
import { Problem } from "../../../lib/base/problem.ts";
import { ContradictionError, IntegrityProblem } from "../../../lib/kv/storage_failure.ts";
import { type CommitResult, countingKv, wrapKv } from "../../support/kv_hooks.ts";
import {
  DEADLINE_MS,
  DISTINCT,
  LOCKED,
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

Deno.test("Store transact commits what its function writes, and returns what it returns", async () => {
  await using opened = await openNotes();
  const { store } = opened;
  const result = await store.transact(async (batch) => {
    batch.check(await batch.get(PLAIN, ["a"]));
    return batch.set(PLAIN, ["a"], note("x"));
  });
  assertEquals({ ...result }, await store.get(PLAIN, ["a"]));
});

Deno.test("Store transact of 16 racers that add to one record loses no addition", async () => {
  await using opened = await openNotes();
  const { db, store } = opened;
  await Promise.all(Array.from({ length: 16 }, async () => {
    using own = db.within(DEADLINE_MS);
    await own.transact(async (batch) => {
      const entry = await batch.get(PLAIN, ["sum"]);
      batch.check(entry);
      batch.set(PLAIN, ["sum"], note(`${entry.value?.text ?? ""}x`));
    });
  }));
  assertEquals((await store.get(PLAIN, ["sum"])).value?.text.length, 16);
});

Deno.test("Store transact runs again from one read of what it checked, when a check fails", async () => {
  const counts = noCounts();
  await using opened = await openNotes({ around: (kv) => countingKv(kv, counts) });
  const { store, kv } = opened;
  await write(store, [PLAIN, ["a"], note("1")], [PLAIN, ["b"], note("2")]);
  Object.assign(counts, noCounts());
  let runs = 0;
  await store.near.transact(async (batch) => {
    const entries = await batch.getMany<[Note, Note]>([[PLAIN, ["a"]], [PLAIN, ["b"]]]);
    if (++runs === 1) await kv.set(["plain", "a"], note("changed"));
    for (const entry of entries) batch.check(entry);
    batch.set(SEALED, ["sum"], note(entries.map(({ value }) => value?.text).join()));
  });
  assertEquals([runs, (await store.get(SEALED, ["sum"])).value?.text], [2, "changed,2"]);
  assertEquals(counts, { commits: 2, eventualReads: 1, strongReads: 2 });
});

Deno.test("Store transact reads a record that its batch names with the checked ones, when a check fails", async () => {
  const counts = noCounts();
  await using opened = await openNotes({ around: (kv) => countingKv(kv, counts) });
  const { store } = opened;
  await write(store, [PLAIN, ["a"], note("1")], [PLAIN, ["b"], note("2")]);
  Object.assign(counts, noCounts());
  const seen = await store.transact(async (batch) => {
    if (batch.run > 1) return await batch.getMany<[Note, Note]>([[PLAIN, ["a"]], [PLAIN, ["b"]]]);
    batch.check({ key: ["plain", "a"], versionstamp: null });
    batch.readAgain(["plain", "b"]);
    batch.set(PLAIN, ["a"], note("3"));
    return null;
  });
  assertEquals(seen?.map(({ value }) => value?.text), ["1", "2"]);
  assertEquals(counts, { commits: 1, eventualReads: 0, strongReads: 1 });
});

Deno.test("Store transact on the near view asks the primary before it refuses or does nothing", async () => {
  await using opened = await openNotes({ around: behindAt((key) => key[1] === "a") });
  const { store } = opened;
  await write(store, [PLAIN, ["a"], note("x")]);
  const seen: (string | undefined)[] = [];
  const look = (refuses: boolean) =>
    store.near.transact(async (batch) => {
      const { value } = await batch.get(PLAIN, ["a"]);
      seen.push(value?.text);
      if (value === null && refuses) throw new Problem("not_found");
      return value?.text;
    });
  assertEquals([await look(true), await look(false)], ["x", "x"]);
  assertEquals(seen, [undefined, "x", undefined, "x"]);
});

Deno.test("Store transact reports records that contradict each other after one more look", async () => {
  await using opened = await openNotes();
  let runs = 0;
  const work = () => {
    runs++;
    return Promise.reject(new ContradictionError("An index points at acc_1, which does not exist"));
  };
  const problem = await rejection(opened.store.near.transact(work));
  assert(problem instanceof IntegrityProblem);
  assertEquals([runs, problem.code, problem.details.retryAfter], [3, "storage_unavailable", 60]);
  assertEquals(problem.details.internal, "An index points at acc_1, which does not exist");
  assertEquals(problem.message.includes("acc_1"), false);
});

Deno.test("Store transact gives up after 20 commits that lose to others", async () => {
  let commits = 0;
  const around = (kv: Deno.Kv) => wrapKv(kv, { commit: () => (commits++, Promise.resolve({ ok: false })) });
  await using opened = await openNotes({ around });
  const problem = await rejection(opened.store.transact((batch) => {
    batch.set(SEALED, ["a"], note("x"));
    return Promise.resolve();
  }));
  assertEquals([commits, problem.code, problem.details.retryAfter], [20, "storage_unavailable", 1]);
  assertEquals(Object(problem.cause).code, "conflict");
});

/** What a commit that took effect can be told as. */
const UNTRUE: Record<string, () => Promise<CommitResult>> = {
  "a failed check": () => Promise.resolve({ ok: false }),
  "an error": () => Promise.reject(LOCKED),
};

for (const [told, answer] of Object.entries(UNTRUE)) {
  for (const type of [SEALED, DISTINCT]) {
    Deno.test(`Store recognises a commit of a ${type.kind} record that took effect and is told as ${told}`, async () => {
      let lies = 1;
      const around = (kv: Deno.Kv) =>
        wrapKv(kv, {
          async commit(_, perform) {
            const result = await perform();
            return lies-- > 0 ? await answer() : result;
          },
        });
      await using opened = await openNotes({ around });
      const { store } = opened;
      let runs = 0;
      const writing = store.transact(async (batch) => {
        runs++;
        batch.check(await batch.get(type, ["a"]));
        return batch.set(type, ["a"], note("mine"));
      });
      const written = await opened.advanceUntil(writing);
      assertEquals([runs, { ...written }], [1, await store.get(type, ["a"])]);
    });
  }
}

Deno.test("Store does not take another's equal record for its own", async () => {
  let first = true;
  const around = (kv: Deno.Kv) =>
    wrapKv(kv, {
      async commit(_, perform) {
        if (!first) return await perform();
        first = false;
        const value = ring.seal(JSON.stringify(note("same")), "sealed/a");
        await perform({ checks: [], mutations: [{ type: "set", key: ["sealed", "a"], value }] });
        return { ok: false };
      },
    });
  await using opened = await openNotes({ around });
  const batch = opened.store.batch();
  batch.set(SEALED, ["a"], note("same"));
  assertEquals(await opened.store.commit(batch), false);
});

/** Wraps a database whose replica has not got some keys yet. */
function behindAt(isMissing: (key: Deno.KvKey) => boolean): (kv: Deno.Kv) => Deno.Kv {
  return (kv) =>
    wrapKv(kv, {
      async read({ consistency }, perform) {
        const entries = await perform();
        if (consistency === "strong") return entries;
        return entries.map((entry) =>
          isMissing(entry.key) ? { key: entry.key, value: null, versionstamp: null } : entry
        );
      },
    });
}
