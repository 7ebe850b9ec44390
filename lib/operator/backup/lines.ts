/**
 * The lines of a backup: a header, one line for each record, and at the end the number of records with the SHA-256 of
 * their keys and values. Each line is JSON. Sealed values stay sealed, as base64.
 *
 * ```json
 * { "oneclick_backup": 1, "at": "2026-11-22T10:00:00.000Z" }
 * { "key": ["account", "acc_…"], "value": { "$bytes": "AQJrMQ…" } }
 * { "key": ["session", "acc_…", "ses_…"], "value": { "$bytes": "AQJrMQ…" }, "expires_at": 1826877600000 }
 * { "records": 2, "sha256": "9f86d0…" }
 * ```
 *
 * @module
 */
import { CommandError } from "../command.ts";

/** A record of a backup. */
export interface BackupRecord {
  /** The key of the record. */
  readonly key: readonly string[];
  /** The value as the database holds it. */
  readonly value: unknown;
  /** The end of the record, in milliseconds since the epoch; absent when it has none. */
  readonly expires_at?: number;
}

/** A line of a backup. */
export type BackupLine =
  | { readonly oneclick_backup: number; readonly at: string }
  | BackupRecord
  | { readonly records: number; readonly sha256?: string };

/** The version of the form of these lines. */
export const FORMAT = 1;

const BYTES = "$bytes";

/**
 * Writes a record as a line, with its line feed.
 *
 * @throws {CommandError} `not_ours` for a key or a value that this service never stores
 */
export function formatRecord({ key, value, expires_at }: BackupRecord): string {
  if (!key.every((part) => typeof part === "string")) throw notOurs(key);
  const end = expires_at === undefined ? {} : { expires_at };
  return `${JSON.stringify({ key, value: encode(value, key), ...end })}\n`;
}

/** The line of a record without its end, of which the SHA-256 of a backup is made. */
export function contentOf(line: string): string {
  const { key, value } = JSON.parse(line);
  return JSON.stringify([key, value]);
}

/**
 * Reads a line.
 *
 * @throws {CommandError} `damaged` when it is none of a backup
 */
export function parseLine(line: string, number: number): BackupLine {
  try {
    const parsed = JSON.parse(line);
    if (typeof parsed.records === "number" || typeof parsed.oneclick_backup === "number") return parsed;
    const { key, value, expires_at } = parsed;
    const isKey = Array.isArray(key) && key.every((part) => typeof part === "string");
    const isEnd = expires_at === undefined || typeof expires_at === "number";
    if (isKey && isEnd && value !== undefined) return { ...parsed, value: decode(value) };
  } catch {
    // The line below tells it.
  }
  throw new CommandError("damaged", `Line ${number} is no line of a backup`);
}

function encode(value: unknown, key: readonly string[]): unknown {
  if (value instanceof Uint8Array) return { [BYTES]: value.toBase64() };
  if (Array.isArray(value)) return value.map((part) => encode(part, key));
  if (typeof value === "object" && value !== null) {
    if (Object.getPrototypeOf(value) !== Object.prototype || BYTES in value) throw notOurs(key);
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, encode(part, key)]));
  }
  if (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))) throw notOurs(key);
  return value;
}

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== "object" || value === null) return value;
  const { [BYTES]: bytes } = value as { readonly [BYTES]?: unknown };
  if (typeof bytes === "string") return Uint8Array.fromBase64(bytes);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, decode(part)]));
}

function notOurs([kind]: readonly unknown[]): CommandError {
  return new CommandError(
    "not_ours",
    `A record of kind ${JSON.stringify(String(kind))} is none of this service`,
  );
}
