/**
 * What one stored entry needs data keys for.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import { keyIdOf, type Keyring } from "../../kv/keyring.ts";
import { parseRecord } from "../../kv/records.ts";
import { DATA_KEY, type RecordType } from "../../kv/schema.ts";
import { INDEXED } from "./indexed.ts";

/** The services that the functions here use. */
export interface NeedServices {
  /** Opens and indexes. */
  readonly keyring: Keyring;
  /** Tells what has expired. */
  readonly clock: Clock;
}

/** What an entry holds, as far as it concerns data keys. */
export interface Looked {
  /** The entry, as it was read. */
  readonly entry: Deno.KvEntry<unknown>;
  /** The key of the entry, its parts joined with slashes. */
  readonly place: string;
  /** The text of a sealed entry; null when it is not sealed or no key of the ring opens it. */
  readonly text: string | null;
  /** The id of the key that sealed the entry; null when it is not sealed. */
  readonly sealedBy: string | null;
  /** Whether the entry has expired. It needs no key then. */
  readonly expired: boolean;
  /** The end of the entry, in milliseconds since the epoch; null when it has none. */
  readonly expiresAt: number | null;
  /** The keys without which an answer that is kept for a replay cannot be given again. */
  readonly replayedBy: ReadonlySet<string>;
  /** The keys of the database that have a blind index of the entry in them, for each key of the ring; by kind of index. */
  readonly indexes: readonly {
    readonly required: boolean;
    readonly keys: ReadonlyMap<string, readonly (readonly string[])[]>;
  }[];
  /** Whether the entry should have indexes, and cannot be read. */
  readonly unreadable: boolean;
}

/** Looks into an entry. */
export function look({ keyring, clock }: NeedServices, entry: Deno.KvEntry<unknown>): Looked {
  const { key } = entry;
  const place = key.join("/");
  const { sealedBy, text, record, expiresAt: end } = openRecord(keyring, entry);
  const types = INDEXED.filter(({ type }) => type.kind === key[0]);
  const parsed = types.map(({ type }) => parse(type, record));
  const indexes = types.flatMap(({ index, valueOf, keysOf, required }, i) => {
    const known = parsed[i] ?? null;
    const found = known === null ? null : valueOf(known);
    if (found === null) return [];
    const names = keyring.blindIndexes(index, found);
    const keysFor = (name = "") => keysOf(known, key as readonly string[], name);
    return [{ required, keys: new Map(keyring.ids.map((id, n) => [id, keysFor(names[n])])) }];
  });
  return {
    entry,
    place,
    text,
    sealedBy,
    expired: end !== null && end <= clock.now(),
    expiresAt: end,
    // The record that a key has left is not for a replay.
    replayedBy: new Set(key[0] === DATA_KEY.kind ? [] : replayKeys(record, clock.now())),
    indexes,
    unreadable: types.some(({ required }, i) => required && parsed[i] === null),
  };
}

function parse<T>(type: RecordType<T>, record: unknown): T | null {
  try {
    return parseRecord(type, record);
  } catch {
    return null;
  }
}

/** An entry of any type, opened. */
export interface OpenedRecord {
  /** The id of the key that sealed the entry; null when it is not sealed. */
  readonly sealedBy: string | null;
  /** The text of a sealed entry; null when it is not sealed or no key of the ring opens it. */
  readonly text: string | null;
  /** Whether the entry is sealed and no key of the ring opens it. */
  readonly unopened: boolean;
  /** The record; null when it could not be opened. */
  readonly record: unknown;
  /** The end of the record, in milliseconds since the epoch; null when it has none or is not known. */
  readonly expiresAt: number | null;
}

/** Opens an entry of any type. */
export function openRecord(keyring: Keyring, { key, value }: Deno.KvEntry<unknown>): OpenedRecord {
  const sealedBy = value instanceof Uint8Array ? keyIdOf(value) : null;
  const text = sealedBy === null ? null : openText(keyring, value as Uint8Array, key.join("/"));
  const record = value instanceof Uint8Array ? (text === null ? null : JSON.parse(text)) : value;
  const end = isObject(record) && typeof record.expires_at === "number" ? record.expires_at : null;
  return { sealedBy, text, unopened: sealedBy !== null && text === null, record, expiresAt: end };
}

function openText(keyring: Keyring, sealed: Uint8Array, place: string): string | null {
  try {
    return keyring.open(sealed, place);
  } catch {
    return null;
  }
}

/** Finds the keys that answers which are kept for a replay name, unless the time of the replay is over. */
function replayKeys(value: unknown, now: number): string[] {
  if (value instanceof Uint8Array) {
    const id = keyIdOf(value);
    return id === null ? [] : [id];
  }
  if (!isObject(value)) return [];
  const until = value.answer_until ?? value.until;
  if (typeof until === "number" && until <= now) return [];
  const own = typeof value.key_id === "string" ? [value.key_id] : [];
  return [...own, ...Object.values(value).flatMap((part) => replayKeys(part, now))];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}
