/**
 * Runs `deno task backup`: writes all that is stored to a file.
 *
 * @module
 */
import { writeBackup } from "./backup/write_backup.ts";
import { main } from "./program.ts";
import { type Program } from "./command.ts";

/** The program. */
export const BACKUP: Program = {
  name: "deno task backup",
  does: "Write all that is stored to a file.",
  commands: [{
    name: "",
    args: "FILE",
    does: "Write all that is stored to a file, as JSON lines; sealed values stay sealed",
    more:
      "The service may run meanwhile: each commit is in the file wholly or not at all. Keep DATA_KEYS somewhere else.",
    async run(call) {
      const [file = ""] = call.args;
      const records = await writeBackup(call, file);
      return { json: { records }, text: `${records} records written to ${file}` };
    },
  }],
};

if (import.meta.main) await main(BACKUP);
