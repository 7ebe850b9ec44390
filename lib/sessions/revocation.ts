/**
 * The end of sessions, one or all, and what else is changed by who is signed in.
 *
 * @module
 */
import { Deadline } from "../base/clock.ts";
import { type Database, type Entry, STORAGE_DEADLINE_MS, type Transaction } from "../kv/database.ts";
import { ACCOUNT, type AccountRecord, SESSION, type SessionRecord } from "../kv/schema.ts";
import { Problem } from "../base/problem.ts";
import { type Authenticated, readSession, type SessionServices, stageSessionEnd } from "./sessions.ts";

const PURGE_BATCH = 250;
const MOST_COMMITS = 20;

/**
 * Signs one device out.
 *
 * @throws {Problem} `not_found` when the account has no such session, or `storage_unavailable`
 */
export async function revokeSession(
  { db, clock }: SessionServices,
  { accountId, account }: Authenticated,
  sessionId: string,
): Promise<void> {
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  const session = await db.get(SESSION, [accountId, sessionId], { consistency: "strong", deadline });
  if (session.value?.epoch !== account.value.session_epoch) throw new Problem("not_found");
  const tx = db.transaction();
  stageSessionEnd(tx, session);
  await db.commit(tx, deadline);
}

/**
 * Signs the device out that asks.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function revokeCurrentSession(
  { db, clock }: SessionServices,
  { session }: Authenticated,
): Promise<void> {
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  const tx = db.transaction();
  stageSessionEnd(tx, session);
  await db.commit(tx, deadline);
}

/**
 * Signs every device out, in one write; what is left of their records is then removed.
 *
 * @param keepCurrent Whether the device that asks stays signed in.
 * @throws {Problem} `invalid_session` when the account is gone, or `storage_unavailable`
 */
export async function revokeAllSessions(
  { db, clock }: SessionServices,
  who: Authenticated,
  { keepCurrent }: { readonly keepCurrent: boolean },
): Promise<void> {
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  const { accountId } = who;
  const revoking = commitAs(
    db,
    who,
    deadline,
    (tx, found) => stageRevocation(tx, found, { account: found.account.value, keepCurrent }),
  );
  const epoch = await revoking.catch(async (error) => {
    // The commit can have taken effect although it was told to have failed: then this session is gone with the rest.
    const account = await db.get(ACCOUNT, [accountId], { consistency: "strong", deadline });
    const latest = account.value?.session_epoch ?? 0;
    if (latest > who.account.value.session_epoch && !keepCurrent) return latest;
    throw error;
  });
  // They are out already: a leftover is no reason to call it failed.
  await purgeSessions(db, { accountId, epoch, deadline }).catch(() => {});
}

/**
 * Stages the end of every session of an account, with whatever else changes in the account.
 *
 * @param account What to store, but for its epoch.
 * @returns The new epoch, for {@linkcode purgeSessions}.
 */
export function stageRevocation(
  tx: Transaction,
  { accountId, sessionId, session }: Authenticated,
  { account, keepCurrent }: { readonly account: AccountRecord; readonly keepCurrent: boolean },
): number {
  const epoch = account.session_epoch + 1;
  tx.set(ACCOUNT, [accountId], { ...account, session_epoch: epoch });
  if (keepCurrent) tx.set(SESSION, [accountId, sessionId], { ...session.value, epoch });
  return epoch;
}

/**
 * Commits a change by who is signed in. When account or session changed meanwhile, both are read again, strongly,
 * and the change is staged anew.
 *
 * @param stage Stages the change on what was read, and gives what the caller needs of it.
 * @throws {Problem} `invalid_session` when one of them is gone, `storage_unavailable`, or what `stage` throws
 */
export async function commitAs<T>(
  db: Database,
  who: Authenticated,
  deadline: Deadline,
  stage: (tx: Transaction, found: Authenticated) => T | Promise<T>,
): Promise<T> {
  let found: Authenticated | null = who;
  for (let tries = 1; tries <= MOST_COMMITS; tries++) {
    if (found === null) throw new Problem("invalid_session");
    const tx = db.transaction().check(found.account).check(found.session);
    const staged = await stage(tx, found);
    if (await db.commit(tx, deadline) !== null) return staged;
    found = await readSession(db, who, { consistency: "strong", deadline });
  }
  throw new Problem("storage_unavailable", { retryAfter: 1 });
}

/** Removes what is left of sessions from before an epoch. Without it they would stay, worth nothing, until they expire. */
export async function purgeSessions(
  db: Database,
  { accountId, epoch, deadline }: { accountId: string; epoch: number; deadline: Deadline },
): Promise<void> {
  let entries: Entry<SessionRecord>[] = [];
  do {
    const before = entries.at(-1)?.key[2];
    entries = await db.listNewest(SESSION, accountId, { deadline, before, limit: PURGE_BATCH });
    const tx = db.transaction();
    for (const entry of entries) {
      if (entry.value === null || entry.value.epoch < epoch) stageSessionEnd(tx, entry);
    }
    if (tx.mutations.length > 0) await db.commit(tx, deadline);
  } while (entries.length === PURGE_BATCH);
}
