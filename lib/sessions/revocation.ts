/**
 * Revocation: the end of one session, or of all sessions of an account.
 *
 * @module
 */
import { describeError, type Log } from "../base/log.ts";
import { Problem } from "../base/problem.ts";
import { type Database, STORAGE_DEADLINE_MS, type Store } from "../kv/database.ts";
import { ACCOUNT, type AccountRecord, SESSION, type SessionRecord } from "../kv/schema.ts";
import type { Entry, WriteBatch } from "../kv/write_batch.ts";
import { type Authenticated, transactAs } from "./authentication.ts";
import { deleteSession } from "./sessions.ts";

/** Sessions that one commit removes. */
const PURGE_BATCH = 250;

/** The services that the functions here use. */
export interface RevocationServices {
  /** Holds accounts and sessions. */
  readonly db: Database;
  /** Is told when revoked sessions could not be removed. */
  readonly log: Log;
}

/**
 * Signs another device of the account out.
 *
 * @throws {Problem} `not_found` when the account has no such session, `invalid_session` when the session that asks is not
 *   alive any more, or `storage_unavailable`
 */
export async function revokeSession(
  { db }: Pick<RevocationServices, "db">,
  authenticated: Authenticated,
  sessionId: string,
): Promise<void> {
  using store = db.within(STORAGE_DEADLINE_MS);
  await transactAs(store, authenticated, async (batch, { accountId, account }) => {
    const session = await batch.get(SESSION, [accountId, sessionId]);
    if (session.value?.epoch !== account.value.session_epoch) throw new Problem("not_found");
    deleteSession(batch, session);
  });
}

/**
 * Signs the device out that asks.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function revokeCurrentSession(
  { db }: Pick<RevocationServices, "db">,
  { session }: Authenticated,
): Promise<void> {
  using store = db.within(STORAGE_DEADLINE_MS);
  const batch = store.batch();
  deleteSession(batch, session);
  await store.commit(batch);
}

/**
 * Signs every device out by one write, and then removes the records of the sessions.
 *
 * @param options `keepCurrent`: whether the device that asks stays signed in.
 * @throws {Problem} `invalid_session` when the session that asks is not alive any more, or `storage_unavailable`
 */
export async function revokeAllSessions(
  { db, log }: RevocationServices,
  authenticated: Authenticated,
  { keepCurrent }: { readonly keepCurrent: boolean },
): Promise<void> {
  using store = db.within(STORAGE_DEADLINE_MS);
  const epoch = await transactAs(
    store,
    authenticated,
    (batch, current) => putRevocation(batch, current, { account: current.account.value, keepCurrent }),
  );
  await purgeSessions(store, log, { accountId: authenticated.accountId, epoch });
}

/**
 * Writes an account so that all its sessions are revoked.
 *
 * @param options `account`: the record to write, but for its epoch. `keepCurrent`: whether the session that asks stays.
 * @returns The new epoch, for {@linkcode purgeSessions}.
 */
export function putRevocation(
  batch: WriteBatch,
  { accountId, sessionId, session }: Authenticated,
  { account, keepCurrent }: { readonly account: AccountRecord; readonly keepCurrent: boolean },
): number {
  const epoch = account.session_epoch + 1;
  batch.set(ACCOUNT, [accountId], { ...account, session_epoch: epoch });
  if (keepCurrent) batch.set(SESSION, [accountId, sessionId], { ...session.value, epoch });
  return epoch;
}

/**
 * Removes the records of revoked sessions. A failure is logged and does not reject: revoked sessions open nothing, and
 * their records expire.
 *
 * @param revoked `epoch`: sessions of earlier epochs are removed.
 */
export async function purgeSessions(
  store: Store,
  log: Log,
  { accountId, epoch }: { readonly accountId: string; readonly epoch: number },
): Promise<void> {
  try {
    let entries: Entry<SessionRecord>[] = [];
    do {
      const before = entries.at(-1)?.key[2];
      entries = await store.list(SESSION, { under: [accountId], before, reverse: true, limit: PURGE_BATCH });
      const batch = store.batch();
      for (const entry of entries) {
        if (entry.value === null || entry.value.epoch < epoch) deleteSession(batch, entry);
      }
      if (batch.mutations.length > 0) await store.commit(batch);
    } while (entries.length === PURGE_BATCH);
  } catch (error) {
    log("warning", "sessions_not_removed", describeError(error));
  }
}
