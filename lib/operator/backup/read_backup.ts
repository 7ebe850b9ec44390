/**
 * Restoring a backup into an empty database.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { TextLineStream } from "./text_lines.ts";
import type { Clock } from "../../base/clock.ts";
import { RESTORING } from "../../kv/key_check.ts";
import { DATA_KEY } from "../../kv/schema.ts";
import { CommandError } from "../command.ts";
import { patiently, walk } from "../walk.ts";
import { type BackupRecord, contentOf, FORMAT, parseLine } from "./lines.ts";

/** Bounds of one commit: it takes at most 1000 writes, and 800 KiB. */
const MOST_RECORDS = 400;
const MOST_CHARACTERS = 300 * 1024;

const MARKER = [DATA_KEY.kind, RESTORING];

/**
 * Reads a backup to its end, without writing anything.
 *
 * @returns The number of its records, and what tells it from every other backup.
 * @throws {CommandError} `not_found`, or `damaged` when it is no whole backup
 */
export async function checkBackup(
  file: string,
): Promise<{ readonly records: number; readonly hash: string }> {
  const hash = createHash("sha256");
  let [number, records] = [0, 0];
  let end: { readonly records: number; readonly sha256?: string } | null = null;
  const content = createHash("sha256");
  for await (const line of linesOf(file)) {
    number++;
    hash.update(`${line}\n`);
    const parsed = parseLine(line, number);
    const isHeader = "oneclick_backup" in parsed;
    if (isHeader !== (number === 1) || end !== null) {
      throw new CommandError("damaged", `Line ${number} is out of place`);
    }
    if ("oneclick_backup" in parsed && parsed.oneclick_backup !== FORMAT) {
      throw new CommandError("damaged", "The backup is of a later version of these commands");
    }
    if ("key" in parsed) {
      records++;
      content.update(contentOf(line));
    }
    if ("records" in parsed) end = parsed;
  }
  if (end?.records !== records) {
    throw new CommandError("damaged", "The backup is not complete: its end is missing");
  }
  // A backup of a version before has none.
  if (end.sha256 !== undefined && end.sha256 !== content.digest("hex")) {
    throw new CommandError(
      "damaged",
      "The backup was changed after it was written: its SHA-256 is another one",
    );
  }
  return { records, hash: hash.digest("hex") };
}

/**
 * Writes the records of a backup into an empty database. A restore that was cut short goes on. Until the end the service
 * refuses to work with the database.
 *
 * @returns The number of records that were restored: those that have not expired meanwhile.
 * @throws {CommandError} `not_empty`
 */
export async function restoreBackup(
  kv: Deno.Kv,
  file: string,
  { hash, clock, progress }: {
    readonly hash: string;
    readonly clock: Clock;
    readonly progress: (restored: number) => void;
  },
): Promise<number> {
  await begin(kv, { hash, at: clock.now() });
  let restored = 0;
  let [operation, records, characters] = [kv.atomic(), 0, 0];
  const flush = async () => {
    const [full, count] = [operation, records];
    [operation, records, characters] = [kv.atomic(), 0, 0];
    if (count > 0) await patiently(clock, () => full.commit());
    progress(restored);
  };
  let number = 0;
  for await (const line of linesOf(file)) {
    const parsed = parseLine(line, ++number);
    if (!("key" in parsed)) continue;
    const left = lifeOf(parsed, clock.now());
    if (left !== undefined && left <= 0) continue;
    if (records === MOST_RECORDS || characters + line.length > MOST_CHARACTERS) await flush();
    operation.set([...parsed.key], parsed.value, left === undefined ? {} : { expireIn: left });
    records++;
    restored++;
    characters += line.length;
  }
  await flush();
  await kv.delete(MARKER);
  return restored;
}

function lifeOf({ expires_at }: BackupRecord, now: number): number | undefined {
  return expires_at === undefined ? undefined : expires_at - now;
}

/** Marks the database, so that nothing else works with it until the end. */
async function begin(
  kv: Deno.Kv,
  { hash, at }: { readonly hash: string; readonly at: number },
): Promise<void> {
  const marker = await kv.get<{ readonly backup?: string }>(MARKER);
  if (marker.value !== null) {
    if (marker.value.backup === hash) return;
    throw new CommandError("not_empty", "The database holds a restore of another backup that was cut short");
  }
  const operation = kv.atomic().check(marker);
  for await (const { key } of walk(kv)) {
    // A service that was started on the empty database has left the sign of its key.
    if (key[0] !== DATA_KEY.kind) throw new CommandError("not_empty", "The database is not empty");
    operation.delete(key);
  }
  const value = { v: 1, check: null, created_at: at, backup: hash };
  if (!(await operation.set(MARKER, value).commit()).ok) {
    throw new CommandError("not_empty", "Another restore has begun");
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  let opened: Deno.FsFile;
  try {
    if ((await Deno.stat(file)).isDirectory) throw new CommandError("not_found", `${file} is a folder`);
    opened = await Deno.open(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new CommandError("not_found", `There is no file ${file}`);
    }
    throw error;
  }
  yield* opened.readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
}
