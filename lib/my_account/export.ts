/**
 * The export of everything that is stored about a customer. Secrets and their hashes are left out: they tell nothing about
 * the customer.
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
import type { Services } from "../services.ts";
import { listSessions } from "../sessions/session_list.ts";
import type { Session } from "../sessions/sessions.ts";

/** Everything that is stored about a customer. Times are RFC 3339, UTC. */
export interface AccountExport {
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
  };
  /** The signed-in devices, newest first. */
  readonly sessions: readonly Session[];
  /** The purchases, each with the Appstore user who has it and the app that it belongs to. */
  readonly entitlements:
    readonly (Entitlement & { readonly appstore_user_id: string; readonly app: string })[];
  /** What happened to the account, newest first. */
  readonly events: readonly AccountEvent[];
  /** The mails that wait to be sent. */
  readonly mails: readonly { readonly kind: string; readonly email: string; readonly created_at: string }[];
}

/** Records of one page. */
const PAGE = 100;
/** The most entitlements and waiting mails of an account. */
const MOST = 1000;

/**
 * Exports an account, and writes the event that tells of it.
 *
 * @returns Null when there is no such account.
 * @throws {Problem} `storage_unavailable`
 */
export async function exportAccount(services: Services, accountId: string): Promise<AccountExport | null> {
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
  const now = clock.now();
  const entitlements = await store.list(ENTITLEMENT, { under: [accountId], limit: MOST });
  return {
    exported_at: new Date(now).toISOString(),
    account: {
      ...describeAccount(accountId, record),
      amazon_user_id: record.amazon_user_id,
      language: record.language ?? null,
      blocked_at: record.blocked_at === undefined ? null : new Date(record.blocked_at).toISOString(),
    },
    sessions: await all(async (cursor) => {
      const page = await listSessions(services, { accountId, account, limit: PAGE, cursor });
      return { items: page.sessions, next: page.next_cursor };
    }),
    entitlements: entitlements.flatMap(({ value }) =>
      value === null
        ? []
        : [{ ...describeEntitlement(value, now), appstore_user_id: value.user_id, app: value.app }]
    ),
    events: await all(async (cursor) => {
      const page = await listEvents(services, { accountId, limit: PAGE, cursor });
      return { items: page.events, next: page.next_cursor };
    }),
    mails: await listMails(services, record.email),
  };
}

async function listMails(
  { db, keyring }: Pick<Services, "db" | "keyring">,
  address: string,
): Promise<AccountExport["mails"]> {
  const email = parseEmail(address);
  if (email === null) return [];
  using store = db.within(STORAGE_DEADLINE_MS);
  const lists = await Promise.all(
    keyring.blindIndexes("email", email.canonical).map((index) =>
      store.list(MAIL, { under: [index], limit: MOST })
    ),
  );
  return lists.flat().flatMap(({ value }) =>
    value === null
      ? []
      : [{ kind: value.kind, email: value.email, created_at: new Date(value.created_at).toISOString() }]
  );
}

/** Reads all pages of a list. */
async function all<T>(
  read: (
    cursor: string | undefined,
  ) => Promise<{ readonly items: readonly T[]; readonly next: string | null }>,
): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  for (;;) {
    const { items, next } = await read(cursor);
    found.push(...items);
    if (next === null) return found;
    cursor = next;
  }
}
