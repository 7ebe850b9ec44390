/**
 * Records as they come from the database: opened, checked against their type, and taken for absent once they have expired.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { type Keyring, SealError } from "./keyring.ts";
import type { OpenedRecords } from "./opened_records.ts";
import type { RecordType } from "./schema.ts";
import { UnreadableRecordProblem } from "./storage_failure.ts";
import type { Entry, ListedEntry } from "./write_batch.ts";

/** What the functions here use. */
export interface RecordServices {
  /** Opens the records whose type is sealed. */
  readonly keyring: Keyring;
  /** Decides when records expire. */
  readonly clock: Clock;
  /** Remembers the records that are read often. Without it, each is opened each time. */
  readonly opened?: OpenedRecords;
}

/**
 * Turns an entry of the database into one of a type.
 *
 * @throws {UnreadableRecordProblem} when the record has another shape, or no key of the ring opens it
 */
export function decodeEntry<T>(
  type: RecordType<T>,
  entry: Deno.KvEntryMaybe<unknown>,
  { keyring, clock, opened }: RecordServices,
): Entry<T> {
  const key = entry.key as readonly string[];
  if (entry.versionstamp === null) return { key, value: null, versionstamp: null };
  const openNow = () => open(type, { key, value: entry.value }, keyring);
  const stored = opened !== undefined && type.often
    ? opened.get(key.join("/"), entry.versionstamp, openNow)
    : openNow();
  const decoded = { key, value: unlessExpired(stored, clock), versionstamp: entry.versionstamp };
  return type.sealed && !keyring.isCurrent(entry.value as Uint8Array)
    ? { ...decoded, outdated: true }
    : decoded;
}

/** Turns an entry of a list into one of a type. It never throws: an unreadable record has a null value. */
export function decodeListedEntry<T>(
  type: RecordType<T>,
  { value, versionstamp, ...entry }: Deno.KvEntry<unknown>,
  { keyring, clock }: RecordServices,
): ListedEntry<T> {
  const key = entry.key as readonly string[];
  try {
    const stored = open(type, { key, value }, keyring);
    return { key, versionstamp, stored, value: unlessExpired(stored, clock) };
  } catch {
    return { key, versionstamp, stored: null, value: null };
  }
}

/**
 * Reads a record of the present or an earlier version, after it was opened.
 *
 * @throws {Error} when the record has a version that is not known, or another shape
 */
export function parseRecord<T>({ schema, migrations = {} }: RecordType<T>, opened: unknown): T {
  let record = opened;
  for (let last = 0;;) {
    const { v } = record as { readonly v: unknown };
    const migrate = typeof v === "number" && v > last ? migrations[v] : undefined;
    // A migration that did not raise the version would run for ever.
    if (typeof v !== "number" || migrate === undefined) return schema.parse(record);
    last = v;
    record = migrate(record as Readonly<Record<string, unknown>>);
  }
}

function unlessExpired<T>(record: T, clock: Clock): T | null {
  const { expires_at } = record as { readonly expires_at?: number };
  return expires_at !== undefined && expires_at <= clock.now() ? null : record;
}

function open<T>(
  type: RecordType<T>,
  { key, value }: { readonly key: readonly string[]; readonly value: unknown },
  keyring: Keyring,
): T {
  try {
    if (!type.sealed) return parseRecord(type, value);
    if (!(value instanceof Uint8Array)) throw new SealError("Not sealed");
    return parseRecord(type, JSON.parse(keyring.open(value, key.join("/"))));
  } catch {
    throw new UnreadableRecordProblem(type);
  }
}
