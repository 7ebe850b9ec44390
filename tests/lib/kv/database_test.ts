import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { z } from "zod";
import { Deadline } from "../../../lib/base/clock.ts";
import { Database, type ReadOptions } from "../../../lib/kv/database.ts";
import { Keyring } from "../../../lib/kv/keyring.ts";
import type { RecordType } from "../../../lib/kv/schema.ts";
import { Problem } from "../../../lib/base/problem.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { aroundKv } from "../../support/kv_hooks.ts";

interface Note {
  v: 1;
  text: string;
  expires_at?: number;
}

const noteSchema = z.object({ v: z.literal(1), text: z.string(), expires_at: z.number().exactOptional() });
const PLAIN: RecordType<Note> = { kind: "plain", sealed: false, schema: noteSchema };
const SEALED: RecordType<Note> = { kind: "sealed", sealed: true, schema: noteSchema };

/** What `TypeError` local KV rejects with while another process writes, and how often. */
type Failing = { reads?: number; commits?: number; error?: Error };

Deno.test("Database get gives what was committed, plain or sealed, and how to check it", async () => {
  await using service = await open();
  const { db, deadline } = service;
  for (const type of [PLAIN, SEALED]) {
    const versionstamp = await db.commit(db.transaction().set(type, ["a", "b"], note("one")), deadline);
    const expected = { key: [type.kind, "a", "b"], value: note("one"), versionstamp };
    assertEquals(await db.get(type, ["a", "b"], service.strong), expected);
    assertEquals(await db.get(type, ["a", "b"], service.eventual), expected);
  }
});

Deno.test("Database get gives null for what is not there, to be checked as such", async () => {
  await using service = await open();
  const absent = await service.db.get(PLAIN, ["a"], service.strong);
  assertEquals(absent, { key: ["plain", "a"], value: null, versionstamp: null });
});

Deno.test("Database getMany gives records of several types in the order they were asked for", async () => {
  await using service = await open();
  const { db, deadline } = service;
  await db.commit(db.transaction().set(PLAIN, ["p"], note("one")).set(SEALED, ["s"], note("two")), deadline);
  const entries = await db.getMany<[Note, Note, Note]>(
    [[SEALED, ["s"]], [PLAIN, ["none"]], [PLAIN, ["p"]]],
    service.eventual,
  );
  assertEquals(entries.map(({ value }) => value), [note("two"), null, note("one")]);
});

Deno.test("Transaction set stores a sealed record as bytes that show nothing of it", async () => {
  await using service = await open();
  const { db, kv, deadline } = service;
  await db.commit(db.transaction().set(SEALED, ["a"], note("canary")), deadline);
  const { value } = await kv.get(["sealed", "a"]);
  assert(value instanceof Uint8Array);
  assertEquals(new TextDecoder("latin1").decode(value).includes("canary"), false);
});

Deno.test("Transaction set lets the database remove a record only after its end by the clock", async () => {
  const clock = new FakeClock();
  const ring = new Keyring([{ id: "k", secret: new Uint8Array(32) }]);
  await using service = await open({ clock, ring });
  const tx = service.db.transaction()
    .set(PLAIN, ["later"], note("x", clock.now() + 5000))
    .set(PLAIN, ["past"], note("x", clock.now() - 5000))
    .set(PLAIN, ["never"], note("x"));
  const lives = tx.mutations.map((mutation) => mutation.type === "set" ? mutation.expireIn : null);
  assertEquals(lives, [5000, 1, undefined]);
});

Deno.test("Database get takes a record for absent from its expires_at on, whatever the database still has", async () => {
  await using service = await open();
  const { db, clock, deadline } = service;
  for (const type of [PLAIN, SEALED]) {
    const end = clock.now() + 1000;
    const versionstamp = await db.commit(db.transaction().set(type, ["a"], note("x", end)), deadline);
    await clock.advance(999);
    assertEquals((await db.get(type, ["a"], service.strong)).value, note("x", end));
    await clock.advance(1);
    // It keeps its versionstamp, so that who replaces it checks against what is really there.
    assertEquals(await db.get(type, ["a"], service.strong), {
      key: [type.kind, "a"],
      value: null,
      versionstamp,
    });
    assertNotEquals((await service.kv.get([type.kind, "a"])).value, null);
  }
});

Deno.test("Database commit replaces an expired record by the check of its read, and only once", async () => {
  await using service = await open();
  const { db, clock, deadline } = service;
  await db.commit(db.transaction().set(PLAIN, ["a"], note("old", clock.now() + 1)), deadline);
  await clock.advance(1);
  const expired = await db.get(PLAIN, ["a"], service.strong);
  const replace = (text: string) =>
    db.commit(db.transaction().check(expired).set(PLAIN, ["a"], note(text)), deadline);
  assertNotEquals(await replace("first"), null);
  assertEquals(await replace("second"), null);
  assertEquals((await db.get(PLAIN, ["a"], service.strong)).value, note("first"));
});

Deno.test("Database commit gives null for a failed check, and writes nothing of the transaction", async () => {
  await using service = await open();
  const { db, deadline } = service;
  const absent = await db.get(PLAIN, ["a"], service.strong);
  await db.commit(db.transaction().set(PLAIN, ["a"], note("first")), deadline);
  const tx = db.transaction().check(absent).set(PLAIN, ["a"], note("second")).set(
    PLAIN,
    ["b"],
    note("second"),
  );
  assertEquals(await db.commit(tx, deadline), null);
  assertEquals((await db.get(PLAIN, ["a"], service.strong)).value, note("first"));
  assertEquals((await db.get(PLAIN, ["b"], service.strong)).value, null);
});

Deno.test("Database commit lets one of many racers through", async () => {
  await using service = await open();
  const { db, deadline } = service;
  const absent = await db.get(PLAIN, ["a"], service.strong);
  const racers = Array.from({ length: 64 }, (_, i) => i.toString());
  const stamps = await Promise.all(
    racers.map((racer) => db.commit(db.transaction().check(absent).set(PLAIN, ["a"], note(racer)), deadline)),
  );
  assertEquals(stamps.filter((stamp) => stamp !== null).length, 1);
  const winner = racers[stamps.findIndex((stamp) => stamp !== null)];
  assertEquals((await db.get(PLAIN, ["a"], service.strong)).value?.text, winner);
});

Deno.test("Transaction delete removes a record", async () => {
  await using service = await open();
  const { db, deadline } = service;
  await db.commit(db.transaction().set(PLAIN, ["a"], note("x")), deadline);
  await db.commit(db.transaction().delete(["plain", "a"]), deadline);
  assertEquals(await db.get(PLAIN, ["a"], service.strong), {
    key: ["plain", "a"],
    value: null,
    versionstamp: null,
  });
});

Deno.test("Database listNewest gives the records under a key, newest first, in pages", async () => {
  await using service = await open();
  const { db, clock, deadline } = service;
  const tx = db.transaction();
  for (const id of ["c", "a", "e", "b", "d"]) {
    tx.set(SEALED, ["owner", id], note(id, id === "d" ? clock.now() + 1000 : undefined));
  }
  // Neighbours that are not under the key.
  tx.set(SEALED, ["owner2", "z"], note("z")).set(SEALED, ["owne", "z"], note("z")).set(
    PLAIN,
    ["owner", "z"],
    note("z"),
  );
  await db.commit(tx, deadline);
  const list = async (limit: number, before?: string) =>
    (await db.listNewest(SEALED, "owner", { deadline, limit, before })).map((
      { key, value },
    ) => [key.at(-1), value?.text]);
  assertEquals(await list(2), [["e", "e"], ["d", "d"]]);
  assertEquals(await list(2, "d"), [["c", "c"], ["b", "b"]]);
  assertEquals(await list(2, "b"), [["a", "a"]]);
  assertEquals(await list(2, "a"), []);
  assertEquals((await list(1000)).length, 5);
  // A cursor need not exist any more.
  assertEquals(await list(1, "cc"), [["c", "c"]]);
  // An expired one keeps its place, without a value.
  await clock.advance(1000);
  assertEquals(await list(2), [["e", "e"], ["d", undefined]]);
});

const LOCKED = new TypeError("database is locked");

Deno.test("Database tries again while the database is locked", async () => {
  const failing: Failing = { error: LOCKED };
  await using service = await open({ failing });
  const { db } = service;
  failing.commits = 6;
  const committing = db.commit(db.transaction().set(PLAIN, ["a"], note("x")), service.deadline);
  assertNotEquals(await service.advanceUntil(committing), null);
  failing.reads = 6;
  assertEquals((await service.advanceUntil(db.get(PLAIN, ["a"], service.strong))).value, note("x"));
  failing.reads = 6;
  const listing = db.listNewest(PLAIN, "a", { deadline: service.deadline, limit: 1 });
  assertEquals(await service.advanceUntil(listing), []);
  assertEquals([failing.commits, failing.reads], [0, 0]);
});

const calls: [string, (service: Opened) => Promise<unknown>][] = [
  ["get", ({ db, strong }) => db.get(PLAIN, ["a"], strong)],
  ["getMany", ({ db, strong }) => db.getMany<[Note]>([[PLAIN, ["a"]]], strong)],
  ["listNewest", ({ db, deadline }) => db.listNewest(PLAIN, "a", { deadline, limit: 1 })],
  ["commit", ({ db, deadline }) => db.commit(db.transaction().set(PLAIN, ["a"], note("x")), deadline)],
];

for (const [name, call] of calls) {
  Deno.test(`Database ${name} is storage_unavailable when the database stays locked until the deadline`, async () => {
    const failing = { reads: Infinity, commits: Infinity, error: LOCKED };
    await using service = await open({ failing });
    const start = service.clock.now();
    const problem = await rejection(service.advanceUntil(call(service)));
    assertEquals([problem.code, problem.details.retryAfter], ["storage_unavailable", 1]);
    assertEquals(problem.message.includes("locked"), false);
    const waited = service.clock.now() - start;
    assert(waited > DEADLINE_MS - 150 && waited <= DEADLINE_MS, `gave up after ${waited} ms`);
  });

  Deno.test(`Database ${name} is storage_unavailable when the database does not answer until the deadline`, async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    await using service = await open({ hang: promise });
    const start = service.clock.now();
    const problem = await rejection(service.advanceUntil(call(service)));
    assertEquals(problem.code, "storage_unavailable");
    assertEquals(service.clock.now() - start, DEADLINE_MS);
    resolve();
  });
}

Deno.test("Database ping asks the database and gives it a second", async () => {
  await using service = await open();
  await service.db.ping();
  assertEquals(service.clock.pending, 1); // The deadline of the service.
  const { promise, resolve } = Promise.withResolvers<void>();
  await using hanging = await open({ hang: promise });
  const start = hanging.clock.now();
  assertEquals((await rejection(hanging.advanceUntil(hanging.db.ping()))).code, "storage_unavailable");
  assertEquals(hanging.clock.now() - start, 1000);
  resolve();
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
  Deno.test(`Database get is storage_unavailable for a record ${what}`, async () => {
    await using service = await open({ ring });
    await service.kv.set([type.kind, "a"], stored);
    const problem = await rejection(service.db.get(type, ["a"], service.strong));
    assertEquals(problem.code, "storage_unavailable");
    assertEquals(problem.details, {
      detail: `A stored record of kind ${type.kind} cannot be read: another version, or no key for it`,
      retryAfter: 60,
    });
    assertEquals(`${problem.stack}${Deno.inspect(problem)}`.includes("canary"), false);
    assertEquals(problem.cause, undefined);
  });
}

const DEADLINE_MS = 3000;
type Opened = Awaited<ReturnType<typeof open>>;

/** A database over real KV in memory that fails or hangs as it is told. */
async function open(
  { clock = new FakeClock(), ring: keyring = ring, failing = {}, hang }: {
    clock?: FakeClock;
    ring?: Keyring;
    failing?: Failing;
    hang?: Promise<void>;
  } = {},
) {
  const kv = await Deno.openKv(":memory:");
  const deadline = new Deadline(clock, DEADLINE_MS);
  const consistent = (consistency: Deno.KvConsistencyLevel): ReadOptions => ({ consistency, deadline });
  return {
    kv,
    clock,
    deadline,
    db: new Database({ kv: troubled(kv, failing, hang), keyring, clock }),
    strong: consistent("strong"),
    eventual: consistent("eventual"),
    /** Moves the clock until `promise` settles. */
    advanceUntil: async <T>(promise: Promise<T>): Promise<T> => (await clock.advanceUntil(promise)).value,
    [Symbol.asyncDispose]() {
      deadline[Symbol.dispose]();
      kv.close();
      return Promise.resolve();
    },
  };
}

/** Rejects the next reads and commits as often as `failing` says, and holds every call until `hang` resolves. */
function troubled(kv: Deno.Kv, failing: Failing, hang: Promise<void> | undefined): Deno.Kv {
  const trouble = async (of: "reads" | "commits") => {
    await hang;
    const left = failing[of] ?? 0;
    if (left <= 0) return;
    failing[of] = left - 1;
    throw failing.error;
  };
  return aroundKv(kv, async (name, call) => {
    await trouble(name === "commit" ? "commits" : "reads");
    return await call();
  });
}

function note(text: string, expires_at?: number): Note {
  return expires_at === undefined ? { v: 1, text } : { v: 1, text, expires_at };
}

async function rejection(promise: Promise<unknown>): Promise<Problem> {
  return await assertRejects(() => promise, Problem);
}
