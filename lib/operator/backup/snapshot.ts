/**
 * A view of the whole database at one moment, while traffic runs.
 *
 * A file is copied in one read transaction of SQLite: a commit is in the copy wholly or not at all. A KV service has no
 * such view of more than one read. There everything is read twice: when both times brought the same versions of the
 * same records, nothing has changed between them, and this is what the database held at the moment in between.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { backup, DatabaseSync } from "node:sqlite";
import { openDatabase } from "../environment.ts";
import { CommandError } from "../command.ts";
import { walkPages } from "../walk.ts";

/** More pages than a database has: all of them are copied in one step, which is one transaction. */
const ALL_PAGES = 1_000_000_000;
/** Readings of a KV service until two that follow each other bring the same. */
const MOST_READINGS = 50;

/** Takes the entries of one reading, in the order of their keys. Called again, it begins anew. */
export type BeginReading = () => Promise<(page: Deno.KvEntry<unknown>[]) => Promise<void>>;

/**
 * Reads a copy of a database file.
 *
 * @param folder Where the copy is made. It is removed at the end.
 */
export async function readFile(
  path: string,
  { folder, begin }: { readonly folder: string; readonly begin: BeginReading },
): Promise<void> {
  const copies = await Deno.makeTempDir({ dir: folder, prefix: ".oneclick-backup-" });
  try {
    const copy = `${copies}/kv.sqlite3`;
    const source = new DatabaseSync(path, { readOnly: true });
    try {
      await backup(source, copy, { rate: ALL_PAGES });
    } finally {
      source.close();
    }
    const kv = await openDatabase({ KV_PATH: copy });
    try {
      const take = await begin();
      for await (const page of walkPages(kv)) await take(page);
    } finally {
      kv.close();
    }
  } finally {
    await Deno.remove(copies, { recursive: true });
  }
}

/**
 * Reads a KV service until two readings in a row have brought the same.
 *
 * @throws {CommandError} `too_busy` when it changed in every reading
 */
export async function readService(
  kv: Deno.Kv,
  { begin, progress }: { readonly begin: BeginReading; readonly progress: (line: string) => void },
): Promise<void> {
  let before = "";
  for (let reading = 1; reading <= MOST_READINGS; reading++) {
    const hash = createHash("sha256");
    const take = await begin();
    let records = 0;
    for await (const page of walkPages(kv)) {
      for (const { key, versionstamp } of page) hash.update(`${JSON.stringify(key)} ${versionstamp}\n`);
      records += page.length;
      await take(page);
    }
    const now = hash.digest("hex");
    if (now === before) return;
    before = now;
    progress(`${records} records read, ${reading} times: reading again until nothing changes`);
  }
  const detail = `The database changed in each of ${MOST_READINGS} readings`;
  const instead = "Back its file up, use the backup of the platform, or wait for a quieter time";
  throw new CommandError("too_busy", `${detail}. ${instead}`);
}
