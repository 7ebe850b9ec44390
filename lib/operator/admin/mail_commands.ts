/**
 * The commands about what waits to be sent: `mails`, `mails retry`, `mails drop`.
 *
 * @module
 */
import { columns } from "../help.ts";
import { type Command, type Result } from "../command.ts";
import { withServices } from "./account_commands.ts";
import { dropWaiting, listWaiting, retryWaiting, type Waiting } from "./waiting.ts";

/** The commands. */
export const MAIL_COMMANDS: readonly Command[] = [
  {
    name: "mails",
    args: "",
    does: "List the mails and webhooks that wait",
    run: (call) => withServices(call, async (services) => resultOf(await listWaiting(services))),
  },
  {
    name: "mails retry",
    args: "ID",
    does: "Make a mail or webhook due now: the service sends it within a minute",
    run: (call) =>
      withServices(call, async (services) => resultOf([await retryWaiting(services, call.args[0] ?? "")])),
  },
  {
    name: "mails drop",
    args: "ID",
    does: "Remove a mail or webhook: it is not sent",
    run: (call) =>
      withServices(call, async (services) => {
        const { id } = await dropWaiting(services, call.args[0] ?? "");
        return { json: { dropped: id }, text: `Dropped ${id}` };
      }),
  },
];

function resultOf(waiting: readonly Waiting[]): Result {
  const rows = waiting.map(({ id, kind, due_at, tries, detail }) =>
    [id, `${kind}, due ${due_at}, ${tries} tries${detail === null ? "" : `: ${detail}`}`] as const
  );
  return { json: { waiting }, text: rows.length === 0 ? "Nothing waits" : columns(rows) };
}
