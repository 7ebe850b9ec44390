import { assert, assertEquals } from "@std/assert";
import type { Store } from "../../../lib/kv/store.ts";
import { countingKv, wrapKv } from "../../support/kv_hooks.ts";
import {
  causeOf,
  DEADLINE_MS,
  LOCKED,
  noCounts,
  type Note,
  note,
  openNotes,
  PLAIN,
  rejection,
  troubled,
  write,
} from "../../support/notes.ts";

Deno.test("Store begins nothing after its deadline", async () => {
  const counts = noCounts();
  await using opened = await openNotes({ around: (kv) => countingKv(kv, counts) });
  const { store, clock } = opened;
  await clock.advance(DEADLINE_MS);
  for (const [, call] of CALLS) assertEquals((await rejection(call(store))).code, "storage_unavailable");
  assertEquals(counts, noCounts());
});

Deno.test("Store takes back a commit that still waits at its deadline", async () => {
  const hang = Promise.withResolvers<void>();
  const keys: string[] = [];
  const around = (kv: Deno.Kv) =>
    wrapKv(kv, {
      async commit({ mutations }, perform) {
        keys.push(...mutations.map(({ key }) => String(key[1])));
        await hang.promise;
        return await perform();
      },
    });
  await using opened = await openNotes({ around });
  const { db, clock } = opened;
  using long = db.within(DEADLINE_MS);
  using short = db.within(2);
  const sent = ["a", "b"].map((id) => write(long, [PLAIN, [id], note(id)]));
  const waiting = rejection(write(short, [PLAIN, ["c"], note("c")]));
  await clock.advance(2);
  assertEquals((await waiting).code, "storage_unavailable");
  hang.resolve();
  await Promise.all(sent);
  await clock.advance(10);
  assertEquals([keys.toSorted(), (await long.get(PLAIN, ["c"])).value], [["a", "b"], null]);
});

const CALLS: [string, (store: Store) => Promise<unknown>][] = [
  ["get", (store) => store.get(PLAIN, ["a"])],
  ["getMany", (store) => store.getMany<[Note]>([[PLAIN, ["a"]]])],
  ["list", (store) => store.list(PLAIN, { under: ["a"], limit: 1 })],
  ["commit", (store) => write(store, [PLAIN, ["a"], note("x")])],
];

for (const [name, call] of CALLS) {
  const operation = name === "getMany" ? "get" : name;

  Deno.test(`Store ${name} tries again while the database is locked`, async () => {
    let failures = 6;
    const fail = () => failures-- > 0 ? Promise.reject(LOCKED) : null;
    await using opened = await openNotes({ around: troubled(fail) });
    await opened.advanceUntil(call(opened.store));
    assertEquals(failures, -1);
  });

  Deno.test(`Store ${name} fails at its deadline when the database stays locked, and keeps the cause`, async () => {
    await using opened = await openNotes({ around: troubled(() => Promise.reject(LOCKED)) });
    const start = opened.clock.now();
    const problem = await rejection(opened.advanceUntil(call(opened.store)));
    assertEquals([problem.code, problem.details.retryAfter], ["storage_unavailable", 1]);
    assertEquals(causeOf(problem), ["TypeError", "locked", operation]);
    assertEquals(problem.message.includes("locked"), false);
    const waited = opened.clock.now() - start;
    assert(waited > DEADLINE_MS - 150 && waited <= DEADLINE_MS, `gave up after ${waited} ms`);
  });

  Deno.test(`Store ${name} fails at its deadline when the database does not answer`, async () => {
    const { promise, resolve } = Promise.withResolvers<null>();
    await using opened = await openNotes({ around: troubled(() => promise) });
    const start = opened.clock.now();
    const problem = await rejection(opened.advanceUntil(call(opened.store)));
    assertEquals(causeOf(problem), ["DeadlineError", "timeout", operation]);
    assertEquals(opened.clock.now() - start, DEADLINE_MS);
    resolve(null);
  });
}

/** Real faults of a program or of a disk, by what the log is told. */
const FAULTS: [string, [string, string, string], (store: Store) => Promise<unknown>][] = [
  [
    "a value that is too large",
    ["TypeError", "limit", "commit"],
    (store) => write(store, [PLAIN, ["a"], note("x".repeat(70_000))]),
  ],
  ["a key that is too large", ["TypeError", "limit", "get"], (store) => store.get(PLAIN, ["x".repeat(3000)])],
  [
    "too many keys",
    ["TypeError", "limit", "get"],
    (store) => store.getMany<Note[]>(Array.from({ length: 11 }, (_, i) => [PLAIN, [String(i)]] as const)),
  ],
  ["too many checks", ["TypeError", "limit", "commit"], (store) => {
    const batch = store.batch();
    for (let i = 0; i < 101; i++) batch.check({ key: ["plain", String(i)], versionstamp: null });
    batch.set(PLAIN, ["a"], note("x"));
    return store.commit(batch);
  }],
];

for (const [what, cause, call] of FAULTS) {
  Deno.test(`Store fails at once on ${what}`, async () => {
    await using opened = await openNotes();
    const problem = await rejection(call(opened.store));
    assertEquals([problem.code, causeOf(problem)], ["storage_unavailable", cause]);
    assertEquals(opened.clock.pending, 1); // The deadline of the handle: nothing waits for another attempt.
  });
}
