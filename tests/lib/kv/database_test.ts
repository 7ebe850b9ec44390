import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { z } from "zod";
import { Problem } from "../../../lib/base/problem.ts";
import { Database } from "../../../lib/kv/database.ts";
import { Keyring } from "../../../lib/kv/keyring.ts";
import type { RecordType } from "../../../lib/kv/schema.ts";
import { ContradictionError, IntegrityProblem, StorageError } from "../../../lib/kv/storage_failure.ts";
import type { Store } from "../../../lib/kv/store.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { type CommitResult, countingKv, type KvCounts, wrapKv } from "../../support/kv_hooks.ts";

interface Note {
  v: 1;
  text: string;
  expires_at?: number;
}

const noteSchema = z.object({ v: z.literal(1), text: z.string(), expires_at: z.number().exactOptional() });
const PLAIN: RecordType<Note> = { kind: "plain", sealed: false, schema: noteSchema };
const SEALED: RecordType<Note> = { kind: "sealed", sealed: true, schema: noteSchema };
const DISTINCT: RecordType<Note> = { ...PLAIN, kind: "distinct", distinct: true };

const DEADLINE_MS = 3000;
const LOCKED = new TypeError("database is locked");

Deno.test("Store get returns what was committed, plain or sealed, with the version to check", async () => {
  await using opened = await open();
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
  await using opened = await open();
  assertEquals(await opened.store.get(PLAIN, ["a"]), {
    key: ["plain", "a"],
    value: null,
    versionstamp: null,
  });
});

Deno.test("Store getMany returns records of several types in the order they were asked for, in one trip", async () => {
  const counts = noCounts();
  await using opened = await open({ around: (kv) => countingKv(kv, counts) });
  const { store } = opened;
  await write(store, [PLAIN, ["p"], note("one")], [SEALED, ["s"], note("two")]);
  const entries = await store.near.getMany<[Note, Note, Note]>([[SEALED, ["s"]], [PLAIN, ["none"]], [PLAIN, [
    "p",
  ]]]);
  assertEquals(entries.map(({ value }) => value), [note("two"), null, note("one")]);
  assertEquals(counts, { commits: 1, eventualReads: 1, strongReads: 0 });
});

Deno.test("WriteBatch set stores a sealed record as bytes that show nothing of it", async () => {
  await using opened = await open();
  await write(opened.store, [SEALED, ["a"], note("canary")]);
  const { value } = await opened.kv.get(["sealed", "a"]);
  assert(value instanceof Uint8Array);
  assertEquals(new TextDecoder("latin1").decode(value).includes("canary"), false);
});

Deno.test("WriteBatch set lets the database remove a record only after its end by the clock", async () => {
  await using opened = await open();
  const now = opened.clock.now();
  const batch = opened.store.batch();
  batch.set(PLAIN, ["later"], note("x", now + 5000));
  batch.set(PLAIN, ["past"], note("x", now - 5000));
  batch.set(PLAIN, ["never"], note("x"));
  const lives = batch.mutations.map((mutation) => mutation.type === "set" ? mutation.expireIn : null);
  assertEquals(lives, [5000, 1, undefined]);
});

Deno.test("Store get takes a record for absent from its expires_at on, also while the database still has it", async () => {
  await using opened = await open();
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
  await using opened = await open();
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

Deno.test("WriteBatch delete removes a record", async () => {
  await using opened = await open();
  const { store } = opened;
  await write(store, [PLAIN, ["a"], note("x")]);
  const batch = store.batch();
  batch.delete(["plain", "a"]);
  assert(await store.commit(batch));
  assertEquals((await store.get(PLAIN, ["a"])).versionstamp, null);
});

Deno.test("Store list returns the records below a key in pages, from either end", async () => {
  await using opened = await open();
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

Deno.test("Store transact commits what its function writes, and returns what it returns", async () => {
  await using opened = await open();
  const { store } = opened;
  const result = await store.transact(async (batch) => {
    batch.check(await batch.get(PLAIN, ["a"]));
    return batch.set(PLAIN, ["a"], note("x"));
  });
  assertEquals({ ...result }, await store.get(PLAIN, ["a"]));
});

Deno.test("Store transact of 16 racers that add to one record loses no addition", async () => {
  await using opened = await open();
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
  await using opened = await open({ around: (kv) => countingKv(kv, counts) });
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

Deno.test("Store transact on the near view asks the primary before it refuses or does nothing", async () => {
  await using opened = await open({ around: behindAt((key) => key[1] === "a") });
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
  await using opened = await open();
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
  await using opened = await open({ around });
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
      await using opened = await open({ around });
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
  await using opened = await open({ around });
  const batch = opened.store.batch();
  batch.set(SEALED, ["a"], note("same"));
  assertEquals(await opened.store.commit(batch), false);
});

Deno.test("Store begins nothing after its deadline", async () => {
  const counts = noCounts();
  await using opened = await open({ around: (kv) => countingKv(kv, counts) });
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
  await using opened = await open({ around });
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
    await using opened = await open({ around: troubled(fail) });
    await opened.advanceUntil(call(opened.store));
    assertEquals(failures, -1);
  });

  Deno.test(`Store ${name} fails at its deadline when the database stays locked, and keeps the cause`, async () => {
    await using opened = await open({ around: troubled(() => Promise.reject(LOCKED)) });
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
    await using opened = await open({ around: troubled(() => promise) });
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
    await using opened = await open();
    const problem = await rejection(call(opened.store));
    assertEquals([problem.code, causeOf(problem)], ["storage_unavailable", cause]);
    assertEquals(opened.clock.pending, 1); // The deadline of the handle: nothing waits for another attempt.
  });
}

Deno.test("StorageError tells the failures of a database apart, and leaves their messages out", () => {
  const codes = [
    "database is locked",
    "database or disk is full",
    "disk I/O error",
    "attempt to write a readonly database",
    "database disk image is malformed",
    "canary: something new at /var/lib/canary",
  ].map((message) => new StorageError("commit", new TypeError(message)));
  assertEquals(codes.map(({ code }) => code), ["locked", "full", "io", "read_only", "corrupt", "unknown"]);
  assertEquals(Deno.inspect(codes).includes("canary"), false);
});

Deno.test("Database ping asks the database and gives it a second", async () => {
  await using opened = await open();
  await opened.db.ping();
  const { promise, resolve } = Promise.withResolvers<null>();
  await using hanging = await open({ around: troubled(() => promise) });
  const start = hanging.clock.now();
  assertEquals((await rejection(hanging.advanceUntil(hanging.db.ping()))).code, "storage_unavailable");
  assertEquals(hanging.clock.now() - start, 1000);
  resolve(null);
});

const ring = new Keyring([{ id: "k", secret: new Uint8Array(32) }]);
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
    await using opened = await open();
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

type Opened = Awaited<ReturnType<typeof open>>;

/** Opens a handle on a real database in memory. `around` wraps the database. */
async function open({ around = (kv) => kv }: { around?: (kv: Deno.Kv) => Deno.Kv } = {}) {
  const kv = await Deno.openKv(":memory:");
  const clock = new FakeClock();
  const db = new Database({ kv: around(kv), keyring: ring, clock });
  const store = db.within(DEADLINE_MS);
  return {
    kv,
    clock,
    db,
    store,
    /** Moves the clock until `promise` settles. */
    advanceUntil: async <T>(promise: Promise<T>): Promise<T> => (await clock.advanceUntil(promise)).value,
    [Symbol.asyncDispose]() {
      store[Symbol.dispose]();
      kv.close();
      return Promise.resolve();
    },
  };
}

/** Wraps a database so that `trouble` stands before every call: null lets it through. */
function troubled(trouble: () => Promise<never> | Promise<null> | null): (kv: Deno.Kv) => Deno.Kv {
  return (kv) =>
    wrapKv(kv, {
      read: async (_, perform) => (await trouble(), await perform()),
      commit: async (_, perform) => (await trouble(), await perform()),
    });
}

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

type Write = readonly [RecordType<Note>, readonly string[], Note];

async function write(store: Store, ...writes: readonly Write[]): Promise<void> {
  const batch = store.batch();
  for (const [type, ids, value] of writes) batch.set(type, ids, value);
  assert(await store.commit(batch));
}

function noCounts(): KvCounts {
  return { commits: 0, eventualReads: 0, strongReads: 0 };
}

function note(text: string, expires_at?: number): Note {
  return expires_at === undefined ? { v: 1, text } : { v: 1, text, expires_at };
}

function causeOf({ cause }: Problem): string[] {
  const { name, code, operation } = Object(cause);
  return [name, code, operation];
}

async function rejection(promise: Promise<unknown>): Promise<Problem> {
  return await assertRejects(() => promise, Problem);
}
