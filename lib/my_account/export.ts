/**
 * The export of everything that is stored about a customer. Secrets and their hashes are left out: they tell nothing about
 * the customer. Lists are read page by page, so an export of any size needs little memory.
 *
 * @module
 */
import { type Account, describeAccount } from "../accounts/accounts.ts";
import { describeEntitlement, type Entitlement } from "../accounts/entitlements.ts";
import { parseEmail } from "../base/email.ts";
import { type AccountEvent, listEvents, putEvents } from "../events/events.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { ACCOUNT, type AccountRecord, ENTITLEMENT, MAIL } from "../kv/schema.ts";
import type { Present } from "../kv/write_batch.ts";
import { findNewEmail } from "../outbox/links.ts";
import type { Services } from "../services.ts";
import { listSessions } from "../sessions/session_list.ts";
import type { Session } from "../sessions/sessions.ts";

/** The part of an export that has a fixed size. Times are RFC 3339, UTC. */
export interface ExportHead {
  /** When the export was made. */
  readonly exported_at: string;
  /** The account, with what the API does not show. */
  readonly account: Account & {
    /** Amazon's id of the customer. */
    readonly amazon_user_id: string | null;
    /** The language of mails, as a BCP 47 tag. */
    readonly language: string | null;
    /** When the operator has blocked the account. */
    readonly blocked_at: string | null;
    /** The email that the account gets when the customer confirms it by a mailed link. */
    readonly new_email: string | null;
  };
}

/** The lists of an export, in their order, by the type of their items. */
export interface ExportLists {
  /** The signed-in devices, newest first. */
  readonly sessions: Session;
  /** The purchases, each with the Appstore user who has it and the app that it belongs to. */
  readonly entitlements: Entitlement & { readonly appstore_user_id: string; readonly app: string };
  /** What happened to the account, newest first. */
  readonly events: AccountEvent;
  /** The mails that wait to be sent. */
  readonly mails: { readonly kind: string; readonly email: string; readonly created_at: string };
}

/** Everything that is stored about a customer. */
export type AccountExport =
  & ExportHead
  & { readonly [List in keyof ExportLists]: readonly ExportLists[List][] };

/** An export that is under way: its lists are read while they are taken. */
export interface OpenExport {
  /** The part that is read already. */
  readonly head: ExportHead;
  /** The lists. Each can be read once, and throws `storage_unavailable`. */
  readonly lists: { readonly [List in keyof ExportLists]: AsyncIterable<ExportLists[List]> };
}

/** Records of one page. */
const PAGE = 100;

/**
 * Begins an export, and writes the event that tells of it.
 *
 * @returns Null when there is no such account.
 * @throws {Problem} `storage_unavailable`
 */
export async function openExport(services: Services, accountId: string): Promise<OpenExport | null> {
  const { db, clock } = services;
  using store = db.within(STORAGE_DEADLINE_MS);
  const account = await store.transact(async (batch): Promise<Present<AccountRecord> | null> => {
    const { value, ...entry } = await batch.get(ACCOUNT, [accountId]);
    if (value === null) return null;
    batch.check(entry);
    putEvents(services, batch, { accountId, events: [{ type: "account.exported" }] });
    return { ...entry, value };
  });
  if (account === null) return null;
  const { value: record } = account;
  const head = {
    exported_at: new Date(clock.now()).toISOString(),
    account: {
      ...describeAccount(accountId, record),
      amazon_user_id: record.amazon_user_id,
      language: record.language ?? null,
      blocked_at: record.blocked_at === undefined ? null : new Date(record.blocked_at).toISOString(),
      new_email: await findNewEmail(store, accountId),
    },
  };
  const sessions = paged(async (cursor) => {
    const page = await listSessions(services, { accountId, account, limit: PAGE, cursor });
    return { items: page.sessions, next: page.next_cursor };
  });
  const events = paged(async (cursor) => {
    const page = await listEvents(services, { accountId, limit: PAGE, cursor });
    return { items: page.events, next: page.next_cursor };
  });
  const entitlements = readEntitlements(services, accountId);
  return { head, lists: { sessions, entitlements, events, mails: readMails(services, record.email) } };
}

/**
 * Exports an account as one object, for a reader who needs it whole.
 *
 * @returns Null when there is no such account.
 * @throws {Problem} `storage_unavailable`
 */
export async function exportAccount(services: Services, accountId: string): Promise<AccountExport | null> {
  const opened = await openExport(services, accountId);
  if (opened === null) return null;
  const { head, lists: { sessions, entitlements, events, mails } } = opened;
  return {
    ...head,
    sessions: await Array.fromAsync(sessions),
    entitlements: await Array.fromAsync(entitlements),
    events: await Array.fromAsync(events),
    mails: await Array.fromAsync(mails),
  };
}

/** Writes an export as the JSON of {@linkcode AccountExport}, in pieces. */
export async function* writeExport({ head, lists }: OpenExport): AsyncGenerator<string> {
  yield JSON.stringify(head).slice(0, -1);
  for (const [name, list] of Object.entries(lists)) {
    let between = `,${JSON.stringify(name)}:[`;
    for await (const item of list) {
      yield between + JSON.stringify(item);
      between = ",";
    }
    yield between === "," ? "]" : `${between}]`;
  }
  yield "}";
}

async function* readEntitlements(
  { db, clock }: Pick<Services, "db" | "clock">,
  accountId: string,
): AsyncGenerator<ExportLists["entitlements"]> {
  let after: readonly string[] | undefined;
  for (;;) {
    using store = db.within(STORAGE_DEADLINE_MS);
    const page = await store.list(ENTITLEMENT, { under: [accountId], after, limit: PAGE });
    for (const { value } of page) {
      if (value === null) continue;
      yield { ...describeEntitlement(value, clock.now()), appstore_user_id: value.user_id, app: value.app };
    }
    if (page.length < PAGE) return;
    after = page.at(-1)?.key;
  }
}

/** Reads the mails that wait for an email. There is at most one for each purpose. */
async function* readMails(
  { db, keyring }: Pick<Services, "db" | "keyring">,
  address: string,
): AsyncGenerator<ExportLists["mails"]> {
  const email = parseEmail(address);
  if (email === null) return;
  for (const index of keyring.blindIndexes("email", email.canonical)) {
    using store = db.within(STORAGE_DEADLINE_MS);
    for (const { value } of await store.list(MAIL, { under: [index], limit: PAGE })) {
      if (value === null) continue;
      // The mail of a change goes to the new email.
      const to = value.change?.email ?? value.email;
      yield { kind: value.kind, email: to, created_at: new Date(value.created_at).toISOString() };
    }
  }
}

/** Reads all pages of a list, each when it is needed. */
async function* paged<T>(
  read: (
    cursor: string | undefined,
  ) => Promise<{ readonly items: readonly T[]; readonly next: string | null }>,
): AsyncGenerator<T> {
  let cursor: string | undefined;
  for (;;) {
    const { items, next } = await read(cursor);
    yield* items;
    if (next === null) return;
    cursor = next;
  }
}
