/**
 * Runs `deno task admin`: what an operator does with accounts, mails and keys.
 *
 * @module
 */
import { ACCOUNT_COMMANDS } from "./admin/account_commands.ts";
import { MAIL_COMMANDS } from "./admin/mail_commands.ts";
import { RECEIPT_COMMAND } from "./admin/receipt_commands.ts";
import { STATS_COMMAND } from "./admin/stats.ts";
import { KEY_COMMANDS } from "./resealing/key_commands.ts";
import { main } from "./program.ts";
import { type Program } from "./command.ts";

/** The program. */
export const ADMIN: Program = {
  name: "deno task admin",
  does: "What an operator does with accounts, mails and keys.",
  commands: [...ACCOUNT_COMMANDS, RECEIPT_COMMAND, ...MAIL_COMMANDS, STATS_COMMAND, ...KEY_COMMANDS],
};

if (import.meta.main) await main(ADMIN);
