/**
 * Checks a whole database. Every record must open, indexes and accounts must agree, and every session and mailed link
 * must belong to an account. Each mail, and each account that gets a mail about its password, must have exactly one task.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { parseEmail } from "../../lib/base/email.ts";
import type { Keyring } from "../../lib/kv/keyring.ts";
import {
  ACCOUNT,
  type AccountRecord,
  ACTIVATION,
  AMAZON_USER,
  CODE_PROGRESS,
  type CodeResult,
  DATA_KEY,
  EMAIL,
  ENDED,
  ENTITLEMENT,
  EVENTS,
  type EventsRecord,
  EXCHANGE,
  type ExchangeRecord,
  LINK_TICKET,
  type LinkTicketRecord,
  MAIL,
  MAILED_LINK,
  type PointerRecord,
  RECEIPT,
  RECEIPT_CHECK,
  RECEIPT_RUNNER,
  type RecordType,
  REFRESH_TOKEN,
  SESSION,
  type SessionRecord,
  SIGN_UP,
  TASK,
  TRIES,
  USER_CODE,
  WEBHOOK,
} from "../../lib/kv/schema.ts";

/** The stored records by kind, with those that have expired and are not removed yet. */
export interface Stored {
  /** The accounts by id. */
  readonly accounts: ReadonlyMap<string, AccountRecord>;
  /** The sessions, each with the id of its account. */
  readonly sessions: readonly (SessionRecord & { readonly accountId: string })[];
  /** The exchanges by SHA-256 of the code. */
  readonly exchanges: ReadonlyMap<string, ExchangeRecord>;
  /** What codes led to, as far as it can be asked for again. */
  readonly results: readonly CodeResult[];
  /** The link tickets. */
  readonly linkTickets: readonly LinkTicketRecord[];
}

/**
 * Reads and checks every record.
 *
 * @param options `now`: the time of the service, in milliseconds since the epoch, where it matters what has expired.
 * @throws {AssertionError} for a record that cannot be read, belongs to no account, or contradicts another record.
 */
export async function checkInvariants(
  kv: Deno.Kv,
  keyring: Keyring,
  { now = -Infinity }: { readonly now?: number } = {},
): Promise<Stored> {
  const accounts = await readAll(kv, keyring, ACCOUNT);
  const users = await readAll(kv, keyring, AMAZON_USER);
  const emails = await readAll(kv, keyring, EMAIL);
  const sessions = await readAll(kv, keyring, SESSION);
  const events = await readAll(kv, keyring, EVENTS);
  const exchanges = await readAll(kv, keyring, EXCHANGE, 2);
  const progress = await readAll(kv, keyring, CODE_PROGRESS, 3);
  const linkTickets = await readAll(kv, keyring, LINK_TICKET);
  await assertNothingElse(kv);

  const userOf = ({ amazon_user_id: id }: AccountRecord) => id === null ? [] : [id];
  const emailOf = ({ email }: AccountRecord) => [parseEmail(email)?.canonical ?? email];
  assertIndexed(keyring, accounts, { kind: "amazon_user", index: users, valuesOf: userOf });
  assertIndexed(keyring, accounts, { kind: "email", index: emails, valuesOf: emailOf });
  for (const [key] of sessions) {
    const owner = key.split("/")[0] ?? "";
    assert(accounts.has(owner), `Session ${key} belongs to no account`);
  }
  assertTold({ accounts, sessions, events });
  const mails = await readAll(kv, keyring, MAIL);
  const webhooks = await readAll(kv, keyring, WEBHOOK);
  const tasks = [...(await readAll(kv, keyring, TASK)).keys()];
  assertEquals(
    tasks.filter((task) => !isPurge(task)).sort(),
    [...Array.from(accounts).flatMap(nudgeOf), ...tasksOf("mail", mails), ...tasksOf("webhook", webhooks)]
      .sort(),
    "Tasks do not agree with accounts and mails",
  );
  const results: CodeResult[] = [];
  for (const [key, record] of progress) {
    // What has expired counts as absent, and may be there after its code.
    if (record.expires_at <= now) continue;
    const claim = exchanges.get(key.split("/")[0] ?? "");
    assert(claim?.state === "claimed", "The progress of a code is stored, and its code is not claimed");
    assert(claim.expires_at >= record.expires_at, "The progress of a code outlives the claim");
    if ("result" in record && record.result !== null) results.push(record.result);
  }
  for (const [id, { amazon_user_id }] of await readAll(kv, keyring, REFRESH_TOKEN)) {
    assertEquals(
      accounts.get(id)?.amazon_user_id,
      amazon_user_id,
      "A refresh token is of no linked customer",
    );
  }
  for (const key of (await readAll(kv, keyring, MAILED_LINK)).keys()) {
    assert(accounts.has(key.split("/")[0] ?? ""), `Mailed link ${key} belongs to no account`);
  }
  return {
    accounts,
    sessions: Array.from(sessions, ([key, record]) => ({ ...record, accountId: key.split("/")[0] ?? "" })),
    exchanges,
    results,
    linkTickets: [...linkTickets.values()],
  };
}

const KINDS = [
  ACCOUNT,
  AMAZON_USER,
  EMAIL,
  ENDED,
  ENTITLEMENT,
  RECEIPT,
  RECEIPT_CHECK,
  RECEIPT_RUNNER,
  REFRESH_TOKEN,
  SESSION,
  EXCHANGE,
  LINK_TICKET,
  MAIL,
  MAILED_LINK,
  SIGN_UP,
  TASK,
  TRIES,
  DATA_KEY,
  ACTIVATION,
  USER_CODE,
  WEBHOOK,
]
  .map((
    { kind },
  ) => kind);

async function assertNothingElse(kv: Deno.Kv): Promise<void> {
  for await (const { key } of kv.list({ prefix: [] })) {
    assert(KINDS.includes(String(key[0])), `A record of an unknown kind: ${key.join("/")}`);
  }
}

function nudgeOf([id, { password }]: readonly [string, AccountRecord]): string[] {
  if (password.kind === "set" || password.nudge_at === undefined) return [];
  return [`${timeOf(password.nudge_at)}/nudge/${id}`];
}

function tasksOf(name: string, waiting: ReadonlyMap<string, { readonly due_at: number }>): string[] {
  return Array.from(waiting, ([ids, { due_at }]) => `${timeOf(due_at)}/${name}/${ids}`);
}

/** Returns whether a task removes the rest of a deleted account: it belongs to no account and no mail. */
function isPurge(task: string): boolean {
  return task.split("/")[1] === "purge";
}

function timeOf(ms: number): string {
  return ms.toString(16).padStart(12, "0");
}

/**
 * Reads every record of a kind, by the rest of its key.
 *
 * @param parts The number of parts of the key. It tells the claim of a code from its progress.
 */
async function readAll<T>(
  kv: Deno.Kv,
  keyring: Keyring,
  type: RecordType<T>,
  parts?: number,
): Promise<Map<string, T>> {
  const found = new Map<string, T>();
  for await (const { key, value } of kv.list({ prefix: [type.kind] })) {
    if (parts !== undefined && key.length !== parts) continue;
    if (!String(key.at(-1)).startsWith(type.idPrefix ?? "")) continue;
    const opened = type.sealed ? JSON.parse(keyring.open(value as Uint8Array, key.join("/"))) : value;
    found.set(key.slice(1).join("/"), type.schema.parse(opened));
  }
  return found;
}

/** Asserts that events tell of every account and every session, once of each, and of no other. */
function assertTold(
  { accounts, sessions, events }: {
    accounts: ReadonlyMap<string, AccountRecord>;
    sessions: ReadonlyMap<string, SessionRecord>;
    events: ReadonlyMap<string, EventsRecord>;
  },
): void {
  const told = Array.from(events).flatMap(([key, record]) =>
    record.events.map(({ type, session_id: id }) => {
      const [owner = ""] = key.split("/");
      return `${type} ${id === undefined ? owner : `${owner}/${id}`}`;
    })
  );
  const created = told.filter((line) => line.startsWith("account.created "));
  assertEquals(created.sort(), Array.from(accounts.keys(), (id) => `account.created ${id}`).sort());
  const ended = new Set(
    told.filter((line) => line.startsWith("session.revoked ")).map((line) => line.slice(16)),
  );
  const alive = told.filter((line) => line.startsWith("session.created "))
    .map((line) => line.slice(16)).filter((key) => !ended.has(key));
  // `addSessions` writes sessions without events.
  const signedIn = [...sessions.keys()].filter((key) => !/ses_0{12}/.test(key));
  assertEquals(alive.sort(), signedIn.sort(), "Events do not agree with sessions");
}

/** Asserts that an index has one entry for each value of each account, and no other. */
function assertIndexed(
  keyring: Keyring,
  accounts: ReadonlyMap<string, AccountRecord>,
  { kind, index, valuesOf }: {
    kind: string;
    index: ReadonlyMap<string, PointerRecord>;
    valuesOf: (account: AccountRecord) => string[];
  },
): void {
  let values = 0;
  for (const [id, account] of accounts) {
    for (const value of valuesOf(account)) {
      const owners = keyring.blindIndexes(kind, value).flatMap((name) => index.get(name)?.account_id ?? []);
      assertEquals(owners, [id], `The ${kind} of account ${id} is not its own`);
      values++;
    }
  }
  assertEquals(index.size, values, `The ${kind} index has entries without an account`);
}
