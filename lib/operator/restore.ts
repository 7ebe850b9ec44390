/**
 * Runs `deno task restore`: writes a backup into an empty database.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { Problem } from "../base/problem.ts";
import { KeyCheck } from "../kv/key_check.ts";
import { Keyring } from "../kv/keyring.ts";
import { checkBackup, restoreBackup } from "./backup/read_backup.ts";
import { openDatabase, readConfig } from "./environment.ts";
import { main } from "./program.ts";
import { type Program, UsageError } from "./command.ts";
import { every } from "./progress.ts";

/** The program. */
export const RESTORE: Program = {
  name: "deno task restore",
  does: "Write a backup into an empty database.",
  commands: [{
    name: "",
    args: "FILE",
    does: "Write a backup into an empty database, which may be a new file or another KV service",
    options: { yes: { does: "Really write it" } },
    more:
      "A restore that was cut short goes on when it is started again. Until its end the service refuses to work.",
    async run({ args: [file = ""], options, env, clock, progress }) {
      if (options.yes !== true) throw new UsageError("Nothing was written. Confirm the restore with --yes");
      const { dataKeys } = readConfig(env);
      const { records, hash } = await checkBackup(file);
      // Nobody else may read the file of the database.
      Deno.umask(0o077);
      const kv = await openDatabase(env, { create: true });
      try {
        const tell = every((done: number) => progress(`${done} of ${records} records restored`));
        const restored = await restoreBackup(kv, file, { hash, clock, progress: tell });
        await compareRing({ kv, keyring: new Keyring(dataKeys), clock }, progress);
        return { json: { records: restored }, text: `${restored} records restored` };
      } finally {
        kv.close();
      }
    },
  }],
};

/** Tells when the keys of the environment are not those of the backup. */
async function compareRing(
  checked: { readonly kv: Deno.Kv; readonly keyring: Keyring; readonly clock: Clock },
  progress: (line: string) => void,
): Promise<void> {
  try {
    await new KeyCheck({ ...checked, log: () => {} }).pass();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    progress(`The records are restored, but the service will not work with them: ${error.details.internal}`);
  }
}

if (import.meta.main) await main(RESTORE);
