/**
 * The commands about one account: `find`, `show`, `revoke`, `block`, `unblock`, `export`, `delete`.
 *
 * @module
 */
import { listEntitlements } from "../../accounts/entitlements.ts";
import { listEvents } from "../../events/events.ts";
import { STORAGE_DEADLINE_MS } from "../../kv/database.ts";
import { deleteAccountOf } from "../../my_account/deletion.ts";
import { exportAccount } from "../../my_account/export.ts";
import type { Services } from "../../services.ts";
import { listSessions } from "../../sessions/session_list.ts";
import type { Session } from "../../sessions/sessions.ts";
import { openServices } from "../environment.ts";
import { columns } from "../help.ts";
import { type Call, type Command, type Result, UsageError } from "../command.ts";
import { blockAccount, unblockAccount } from "./blocking.ts";
import { describeLines, findAccount, getAccount, noAccount, showAccount } from "./find_account.ts";
import { revokeAll, revokeOne } from "./revoke.ts";
import { listMailsTo } from "./waiting.ts";

const EVENTS_SHOWN = 20;
const SESSIONS_SHOWN = 100;

/** The commands. */
export const ACCOUNT_COMMANDS: readonly Command[] = [
  {
    name: "find",
    args: "WHOM",
    does: "Find an account by email, account id, Amazon user_id or receipt id",
    run: (call) =>
      withServices(call, async (services) => showResult(await findAccount(services, whomOf(call)))),
  },
  {
    name: "show",
    args: "ACCOUNT",
    does: "Show an account with its sessions, entitlements, waiting mails and newest events",
    run: (call) => withServices(call, (services) => show(services, whomOf(call))),
  },
  {
    name: "revoke",
    args: "ACCOUNT [SESSION]",
    does: "Sign an account out everywhere, or on one device",
    run: (call) =>
      withServices(call, async (services) => {
        const [id = "", session] = call.args;
        if (session === undefined) await revokeAll(services, id);
        else await revokeOne(services, id, session);
        return showResult(await getAccount(services, id));
      }),
  },
  {
    name: "block",
    args: "ACCOUNT",
    does: "Sign an account out everywhere, and let nobody sign in to it",
    run: (call) => withServices(call, (services) => change(services, whomOf(call), blockAccount)),
  },
  {
    name: "unblock",
    args: "ACCOUNT",
    does: "Let the customer of a blocked account sign in again",
    run: (call) => withServices(call, (services) => change(services, whomOf(call), unblockAccount)),
  },
  {
    name: "export",
    args: "ACCOUNT",
    does: "Print everything that is stored about a customer, as JSON",
    run: (call) =>
      withServices(call, async (services) => {
        const exported = await exportAccount(services, whomOf(call));
        if (exported === null) throw noAccount();
        return { json: exported, text: JSON.stringify(exported, null, 2) };
      }),
  },
  {
    name: "delete",
    args: "ACCOUNT",
    does: "Delete an account and everything of it, as the customer's own call does",
    options: { yes: { does: "Really delete it" } },
    more: "The last of its records are removed by the service, within a minute.",
    run(call) {
      if (call.options.yes !== true) {
        throw new UsageError("Nothing was deleted: a deletion cannot be taken back. Confirm it with --yes");
      }
      return withServices(call, async (services) => {
        const id = whomOf(call);
        if (!await deleteAccountOf(services, id)) throw noAccount();
        return { json: { deleted: id }, text: `Deleted ${id}` };
      });
    },
  },
];

/** Runs a command with the services of the environment. */
export async function withServices(
  call: Call,
  run: (services: Services, kv: Deno.Kv) => Promise<Result>,
): Promise<Result> {
  await using opened = await openServices(call);
  return await run(opened.services, opened.kv);
}

function whomOf({ args: [whom = ""] }: Call): string {
  return whom;
}

function showResult(account: Parameters<typeof showAccount>[0]): Result {
  const shown = showAccount(account);
  return { json: { account: shown }, text: describeLines(shown) };
}

async function change(
  services: Services,
  id: string,
  how: (services: Services, id: string) => Promise<void>,
): Promise<Result> {
  await how(services, id);
  return showResult(await getAccount(services, id));
}

async function show(services: Services, id: string): Promise<Result> {
  const account = await getAccount(services, id);
  const shown = showAccount(account);
  const sessions = await sessionsOf(services, account);
  const mails = await listMailsTo(services, account.record.email);
  using store = services.db.within(STORAGE_DEADLINE_MS);
  const entitlements = await listEntitlements(store, { accountId: id, now: services.clock.now() });
  const { events } = await listEvents(services, { accountId: id, limit: EVENTS_SHOWN });
  return {
    json: { account: shown, sessions, entitlements, mails, events },
    text: [
      ...describeLines(shown),
      "",
      `${sessions.length} sessions`,
      ...columns(sessions.map((session) => [session.id, describeDevice(session)])),
      "",
      `${entitlements.length} entitlements`,
      ...columns(entitlements.map(({ receipt_id, sku, state }) => [receipt_id, `${sku ?? "–"}, ${state}`])),
      "",
      `${mails.length} waiting mails`,
      ...columns(mails.map(({ id, kind, due_at }) => [id, `${kind}, due ${due_at}`])),
      "",
      "Newest events",
      ...columns(events.map(({ at, type }) => [at, type])),
    ],
  };
}

async function sessionsOf(
  services: Services,
  { id, record }: Parameters<typeof showAccount>[0],
): Promise<Session[]> {
  const account = { key: [], value: record, versionstamp: null };
  const sessions: Session[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await listSessions(services, { accountId: id, account, limit: SESSIONS_SHOWN, cursor });
    sessions.push(...page.sessions);
    if (page.next_cursor === null) return sessions;
    cursor = page.next_cursor;
  }
}

function describeDevice({ last_used_at, device: { name, model, platform } }: Session): string {
  return [`used ${last_used_at}`, name, model, platform].filter((text) => text !== undefined).join(", ");
}
