/**
 * Writing a backup.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { RESTORING } from "../../kv/key_check.ts";
import { Keyring } from "../../kv/keyring.ts";
import { DATA_KEY } from "../../kv/schema.ts";
import { isFile, openDatabase, readConfig } from "../environment.ts";
import { type Call, CommandError } from "../command.ts";
import { openRecord } from "../resealing/needs.ts";
import { contentOf, FORMAT, formatRecord } from "./lines.ts";
import { type BeginReading, readFile, readService } from "./snapshot.ts";

/**
 * Writes all records to a file, which takes the place of an older one when it is complete. Only its owner may read it.
 *
 * @returns The number of records.
 * @throws {CommandError} `not_found`, `storage_unavailable`, `too_busy`, `restoring` or `not_ours`
 */
export async function writeBackup(
  { env, clock, progress }: Pick<Call, "env" | "clock" | "progress">,
  file: string,
): Promise<number> {
  const keyring = new Keyring(readConfig(env).dataKeys);
  const part = `${file}.part`;
  await assertPlace(file);
  const output = new BackupFile(part, keyring, clock);
  const { KV_PATH: path = "" } = env;
  try {
    if (isFile(path)) {
      // Opening it tells whether it is there.
      (await openDatabase(env)).close();
      await readFile(path, { folder: dirname(part), begin: output.begin });
    } else {
      const kv = await openDatabase(env);
      try {
        await readService(kv, { begin: output.begin, progress });
      } finally {
        kv.close();
      }
    }
    await output.end();
    await Deno.rename(part, file);
  } catch (error) {
    await output.abandon();
    throw error;
  }
  if (output.unopened > 0) {
    progress(`The end of ${output.unopened} records is not known: DATA_KEYS does not open them`);
  }
  return output.records;
}

/** @throws {CommandError} `not_found` when no file can be made at that place */
async function assertPlace(file: string): Promise<void> {
  const kindOf = (path: string) => Deno.stat(path).then(({ isDirectory }) => isDirectory, () => null);
  if (await kindOf(file)) throw new CommandError("not_found", `${file} is a folder: name a file in it`);
  const folder = dirname(file);
  if (!await kindOf(folder)) throw new CommandError("not_found", `There is no folder ${folder}`);
}

/** The file of a backup while it is written. */
class BackupFile {
  /** Records that were written. */
  records = 0;
  /** Sealed records that the ring does not open: when they expire is not known. */
  unopened = 0;
  #content = createHash("sha256");
  readonly #path: string;
  readonly #keyring: Keyring;
  readonly #clock: Pick<Clock, "now">;
  #file: Deno.FsFile | null = null;

  constructor(path: string, keyring: Keyring, clock: Pick<Clock, "now">) {
    this.#clock = clock;
    this.#path = path;
    this.#keyring = keyring;
  }

  /** Begins the file anew. */
  readonly begin: BeginReading = async () => {
    this.#file?.close();
    this.#file = await Deno.open(this.#path, { write: true, create: true, truncate: true, mode: 0o600 });
    this.records = 0;
    this.unopened = 0;
    this.#content = createHash("sha256");
    await this.#write(
      `${JSON.stringify({ oneclick_backup: FORMAT, at: new Date(this.#clock.now()).toISOString() })}\n`,
    );
    return (page) => this.#write(page.map((entry) => this.#format(entry)).join(""));
  };

  /** Writes the end, so that a file that was cut short is noticed. */
  async end(): Promise<void> {
    const sha256 = this.#content.digest("hex");
    await this.#write(`${JSON.stringify({ records: this.records, sha256 })}\n`);
    await this.#file?.sync();
    this.#file?.close();
    this.#file = null;
  }

  /** Removes the file. */
  async abandon(): Promise<void> {
    this.#file?.close();
    this.#file = null;
    await Deno.remove(this.#path).catch(() => {});
  }

  #format(entry: Deno.KvEntry<unknown>): string {
    const key = entry.key as readonly string[];
    if (key[0] === DATA_KEY.kind && key[1] === RESTORING) {
      throw new CommandError("restoring", "The database holds a restore that was cut short");
    }
    const { expiresAt, unopened } = openRecord(this.#keyring, entry);
    this.records++;
    if (unopened) this.unopened++;
    const line = formatRecord({
      key,
      value: entry.value,
      ...(expiresAt === null ? {} : { expires_at: expiresAt }),
    });
    this.#content.update(contentOf(line));
    return line;
  }

  async #write(text: string): Promise<void> {
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(await this.#file!.write(bytes));
  }
}
