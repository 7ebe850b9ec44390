/**
 * Revocation: the end of one session, or of all sessions of an account.
 *
 * @module
 */
import { describeError, type Log } from "../base/log.ts";
import { Problem } from "../base/problem.ts";
import { type EventServices, type Happening, MOST_EVENTS, putEvents } from "../events/events.ts";
import { type Database, STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { ACCOUNT, type AccountRecord, type EndedBy, SESSION, type SessionRecord } from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import type { Entry, WriteBatch } from "../kv/write_batch.ts";
import { type Authenticated, transactAs } from "./authentication.ts";
import { endSession, findEnded, putEnded } from "./ended.ts";
import { deleteSession } from "./session_records.ts";

/** Sessions that one commit removes. */
const PURGE_BATCH = 250;

/** The services that the functions here use. */
export interface RevocationServices extends EventServices {
  /** Holds accounts and sessions. */
  readonly db: Database;
  /** Is told when revoked sessions could not be removed. */
  readonly log: Log;
}

/**
 * Signs another device of the account out. A device that was signed out in this way within the last 10 minutes stays so.
 *
 * @throws {Problem} `not_found` when the account has no such session, `invalid_session` when the session that asks is not
 *   alive any more, or `storage_unavailable`
 */
export async function revokeSession(
  services: Omit<RevocationServices, "log">,
  authenticated: Authenticated,
  sessionId: string,
): Promise<void> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  const isOwn = (by: EndedBy) => by === "sign_out" && sessionId === authenticated.sessionId;
  await endSession(store, authenticated, isOwn, async () => {
    await transactAs(store, authenticated, async (batch, { accountId, account }) => {
      const session = await batch.get(SESSION, [accountId, sessionId]);
      if (session.value?.epoch !== account.value.session_epoch) {
        if (await findEnded(batch, { accountId, sessionId }) !== null) return;
        throw new Problem("not_found");
      }
      batch.check(session);
      deleteSession(batch, session);
      const { secret_hash: secretHash } = session.value;
      putEnded(services, batch, { accountId, sessionId }, "sign_out");
      // A device can name its own session.
      putEnded(services, batch, { accountId, sessionId, secretHash }, "sign_out");
      const events = [{ type: "session.revoked", session_id: sessionId }] as const;
      putEvents(services, batch, { accountId, events });
    });
  });
}

/**
 * Signs the device out that asks.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function revokeCurrentSession(
  services: Omit<RevocationServices, "log">,
  { accountId, sessionId, session: { key, value, versionstamp } }: Authenticated,
): Promise<void> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  let session: Entry<SessionRecord> | null = { key, value, versionstamp };
  await store.transact(async (batch) => {
    const current = session ?? await batch.get(SESSION, [accountId, sessionId]);
    session = null;
    // Another request has signed the device out meanwhile: what this one asked for is done.
    if (current.versionstamp === null) return;
    batch.check(current);
    deleteSession(batch, current);
    if (current.value !== null) {
      const { secret_hash: secretHash } = current.value;
      putEnded(services, batch, { accountId, sessionId, secretHash }, "sign_out");
    }
    putEvents(services, batch, { accountId, events: [{ type: "session.revoked", session_id: sessionId }] });
  });
}

/**
 * Signs every device out by one write, and then removes the records of the sessions.
 *
 * @param options `keepCurrent`: whether the device that asks stays signed in.
 * @throws {Problem} `invalid_session` when the session that asks is not alive any more, or `storage_unavailable`
 */
export async function revokeAllSessions(
  services: RevocationServices,
  authenticated: Authenticated,
  { keepCurrent }: { readonly keepCurrent: boolean },
): Promise<void> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  const everywhere = (by: EndedBy) => by === "sign_out_everywhere" && !keepCurrent;
  await endSession(store, authenticated, everywhere, async () => {
    const revoked = await transactAs(store, authenticated, (batch, current) => {
      const { accountId, sessionId, account: { value: account } } = current;
      if (!keepCurrent) {
        const { secret_hash: secretHash } = current.session.value;
        putEnded(services, batch, { accountId, sessionId, secretHash }, "sign_out_everywhere");
      }
      return putRevocation(services, { store, batch }, {
        accountId,
        account,
        kept: keepCurrent ? current : null,
      });
    });
    await purgeSessions(services, store, revoked);
  });
}

/** The revocation of all sessions of an account, as its commit wrote it. */
export interface Revocation {
  /** `acc_` and 32 hexadecimal digits. */
  readonly accountId: string;
  /** The new epoch. Sessions of earlier epochs are revoked. */
  readonly epoch: number;
  /** The sessions of whose end an event tells. */
  readonly told: ReadonlySet<string>;
}

/**
 * Writes an account so that all its sessions are revoked, with an event for each. The caller checks the account.
 *
 * @param options `account`: the record to write, but for its epoch. `kept`: the session that stays signed in, if one does.
 * @returns What {@linkcode purgeSessions} goes on from.
 * @throws {Problem} `storage_unavailable`
 */
export async function putRevocation(
  services: EventServices,
  { store, batch }: { readonly store: Store; readonly batch: WriteBatch },
  { accountId, account, kept }: {
    readonly accountId: string;
    readonly account: AccountRecord;
    readonly kept: Pick<Authenticated, "session" | "sessionId"> | null;
  },
): Promise<Revocation> {
  const epoch = account.session_epoch + 1;
  batch.set(ACCOUNT, [accountId], { ...account, session_epoch: epoch });
  if (kept !== null) batch.set(SESSION, [accountId, kept.sessionId], { ...kept.session.value, epoch });
  const sessions = await store.list(SESSION, { under: [accountId], reverse: true, limit: MOST_EVENTS });
  const revoked = sessions.filter(({ value }) => value?.epoch === account.session_epoch)
    .map(({ key: [, , id = ""] }) => id)
    .filter((id) => id !== kept?.sessionId);
  putRevoked(services, batch, { accountId, ids: revoked });
  return { accountId, epoch, told: new Set(revoked) };
}

/**
 * Removes the records of revoked sessions. A session that was signed in while all others were revoked, or that one commit
 * could not tell of, gets its event here. A failure is logged and does not reject: revoked sessions open nothing, and
 * their records expire.
 */
export async function purgeSessions(
  services: RevocationServices,
  store: Store,
  { accountId, epoch, told }: Revocation,
): Promise<void> {
  try {
    let entries: Entry<SessionRecord>[] = [];
    do {
      const before = entries.at(-1)?.key[2];
      entries = await store.list(SESSION, { under: [accountId], before, reverse: true, limit: PURGE_BATCH });
      const batch = store.batch();
      const untold: string[] = [];
      for (const entry of entries) {
        if (entry.value !== null && entry.value.epoch >= epoch) continue;
        deleteSession(batch, entry);
        const [, , id = ""] = entry.key;
        if (entry.value?.epoch === epoch - 1 && !told.has(id)) untold.push(id);
      }
      putRevoked(services, batch, { accountId, ids: untold });
      if (batch.mutations.length > 0) await store.commit(batch);
    } while (entries.length === PURGE_BATCH);
  } catch (error) {
    services.log("warning", "sessions_not_removed", describeError(error));
  }
}

/** Writes the events of sessions that are revoked. */
function putRevoked(
  services: EventServices,
  batch: WriteBatch,
  { accountId, ids }: { readonly accountId: string; readonly ids: readonly string[] },
): void {
  const events = ids.map((id): Happening => ({ type: "session.revoked", session_id: id }));
  putEvents(services, batch, { accountId, events });
}
