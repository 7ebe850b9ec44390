/**
 * A handle on a real database in memory, with records that are notes.
 *
 * @module
 */
import { assert, assertRejects } from "@std/assert";
import { z } from "zod";
import { Problem } from "../../lib/base/problem.ts";
import { Database } from "../../lib/kv/database.ts";
import { Keyring } from "../../lib/kv/keyring.ts";
import type { RecordType } from "../../lib/kv/schema.ts";
import type { Store } from "../../lib/kv/store.ts";
import { FakeClock } from "./fake_clock.ts";
import { type KvCounts, wrapKv } from "./kv_hooks.ts";

/** The record of these tests. */
export interface Note {
  v: 1;
  text: string;
  expires_at?: number;
}

const schema = z.object({ v: z.literal(1), text: z.string(), expires_at: z.number().exactOptional() });
/** Notes that are stored as they are. */
export const PLAIN: RecordType<Note> = { kind: "plain", sealed: false, schema };
/** Notes that are sealed. */
export const SEALED: RecordType<Note> = { kind: "sealed", sealed: true, schema };
/** Plain notes of which no two batches write the same. */
export const DISTINCT: RecordType<Note> = { ...PLAIN, kind: "distinct", distinct: true };

/** The key ring of the handle. */
export const ring = new Keyring([{ id: "k", secret: new Uint8Array(32) }]);
/** Milliseconds until the handle ends. */
export const DEADLINE_MS = 3000;
/** What a local database says while another process writes. */
export const LOCKED = new TypeError("database is locked");

/** Opens a handle on a real database in memory. `around` wraps the database. */
export async function openNotes({ around = (kv) => kv }: { around?: (kv: Deno.Kv) => Deno.Kv } = {}) {
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
export function troubled(trouble: () => Promise<never> | Promise<null> | null): (kv: Deno.Kv) => Deno.Kv {
  return (kv) =>
    wrapKv(kv, {
      read: async (_, perform) => (await trouble(), await perform()),
      commit: async (_, perform) => (await trouble(), await perform()),
    });
}

/** The type, the ids and the note of one record. */
type Write = readonly [RecordType<Note>, readonly string[], Note];

/** Commits notes. */
export async function write(store: Store, ...writes: readonly Write[]): Promise<void> {
  const batch = store.batch();
  for (const [type, ids, value] of writes) batch.set(type, ids, value);
  assert(await store.commit(batch));
}

/** Returns counts that stand at 0. */
export function noCounts(): KvCounts {
  return { commits: 0, eventualReads: 0, strongReads: 0 };
}

/** Makes a note. */
export function note(text: string, expires_at?: number): Note {
  return expires_at === undefined ? { v: 1, text } : { v: 1, text, expires_at };
}

/** Returns name, code and operation of the cause of a problem. */
export function causeOf({ cause }: Problem): string[] {
  const { name, code, operation } = Object(cause);
  return [name, code, operation];
}

/** Returns the problem with which a promise rejects. */
export async function rejection(promise: Promise<unknown>): Promise<Problem> {
  return await assertRejects(() => promise, Problem);
}
