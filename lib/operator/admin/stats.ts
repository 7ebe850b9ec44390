/**
 * The numbers of all that is stored: `stats`.
 *
 * @module
 */
import { stateOf } from "../../accounts/entitlements.ts";
import { decodeListedEntry, type RecordServices } from "../../kv/records.ts";
import { ACCOUNT, ENTITLEMENT, PARKED_RECEIPT, SESSION } from "../../kv/schema.ts";
import { columns } from "../help.ts";
import { type Command } from "../command.ts";
import { walk } from "../walk.ts";
import { withServices } from "./account_commands.ts";
import { listWaiting } from "./waiting.ts";

/** The numbers. */
export interface Stats {
  /** Accounts. */
  readonly accounts: number;
  /** Devices that are signed in. */
  readonly sessions: number;
  /** Entitlements that are active or in grace. */
  readonly entitlements_active: number;
  /** Mails and webhooks that wait. */
  readonly waiting: number;
  /** Receipts that no account has yet. */
  readonly parked: number;
}

/** The command. */
export const STATS_COMMAND: Command = {
  name: "stats",
  args: "",
  does: "Count accounts, sessions, active entitlements, waiting mails and parked receipts",
  run: (call) =>
    withServices(call, async (services, kv) => {
      const stats: Stats = {
        ...await countSignedIn(kv, services),
        entitlements_active: await countActive(kv, services),
        waiting: (await listWaiting(services)).length,
        parked: await countParked(kv, services),
      };
      return { json: stats, text: columns(Object.entries(stats).map(([name, n]) => [name, String(n)])) };
    }),
};

/**
 * Counts accounts and the sessions that are alive. Both are in the order of account ids, so one walk goes beside the
 * other.
 */
async function countSignedIn(
  kv: Deno.Kv,
  services: RecordServices,
): Promise<Pick<Stats, "accounts" | "sessions">> {
  const all = walk(kv, [SESSION.kind]);
  let accounts = 0;
  let sessions = 0;
  let next = await all.next();
  for await (const entry of walk(kv, [ACCOUNT.kind])) {
    accounts++;
    const id = String(entry.key[1]);
    const epoch = decodeListedEntry(ACCOUNT, entry, services).value?.session_epoch;
    while (!next.done && String(next.value.key[1]) <= id) {
      const { key } = next.value;
      if (key[1] === id && String(key[2]).startsWith(SESSION.idPrefix ?? "")) {
        const session = decodeListedEntry(SESSION, next.value, services).value;
        if (session !== null && session.epoch === epoch) sessions++;
      }
      next = await all.next();
    }
  }
  return { accounts, sessions };
}

async function countActive(kv: Deno.Kv, services: RecordServices): Promise<number> {
  const now = services.clock.now();
  let active = 0;
  for await (const entry of walk(kv, [ENTITLEMENT.kind])) {
    const { value } = decodeListedEntry(ENTITLEMENT, entry, services);
    const bound = value !== null && value.bound_at !== null;
    if (bound && ["active", "grace"].includes(stateOf(value, now))) active++;
  }
  return active;
}

async function countParked(kv: Deno.Kv, services: RecordServices): Promise<number> {
  let parked = 0;
  for await (const entry of walk(kv, [PARKED_RECEIPT.kind])) {
    if (decodeListedEntry(PARKED_RECEIPT, entry, services).value !== null) parked++;
  }
  return parked;
}
