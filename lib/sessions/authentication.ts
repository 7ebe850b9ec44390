/**
 * Authentication by session token, and changes in the name of a session. A token names its account and its session, so
 * one read of both records checks it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { putResealed } from "../accounts/accounts.ts";
import type { Clock } from "../base/clock.ts";
import { Problem } from "../base/problem.ts";
import { type Database, STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { hashSecret, type Keyring } from "../kv/keyring.ts";
import { ACCOUNT, type AccountRecord, SESSION, type SessionRecord } from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import type { Present, Reader, WriteBatch } from "../kv/write_batch.ts";
import { endOfSession, isTooOld, type SessionLife } from "./session_records.ts";
import { parseSessionToken } from "./sessions.ts";
import type { SessionUpkeep } from "./upkeep.ts";

/** The ids of a session. */
export interface SessionIds {
  /** `acc_` and 32 hexadecimal digits. */
  readonly accountId: string;
  /** `ses_` and 32 hexadecimal digits. */
  readonly sessionId: string;
}

/** A session that is alive, with its account. */
export interface Authenticated extends SessionIds {
  /** The account as it was read. A replica can be a moment behind. */
  readonly account: Present<AccountRecord>;
  /** The session as it was read, or with the longer life that this use gave it. */
  readonly session: Present<SessionRecord>;
}

/** The services that {@linkcode authenticate} uses. */
export interface AuthenticationServices {
  /** Holds accounts and sessions. */
  readonly db: Database;
  /** Decides what has expired. */
  readonly clock: Clock;
  /** Renews the life of sessions beside the requests. */
  readonly upkeep: SessionUpkeep;
  /** How long sessions live. */
  readonly config: SessionLife;
  /** Seals and indexes the account of a customer who comes by, when another key than the first has done so. */
  readonly keyring: Keyring;
}

/** A session's life is renewed when its last use is at least this many milliseconds ago: once a day. */
const RENEW_AFTER_MS = 86_400_000;

/**
 * Checks a session token by one eventually consistent read. A replica can be behind a sign-in, so the primary is asked
 * before a token is refused. Once a day the life of the session is renewed, for which the request does not wait.
 *
 * @param askPrimary Is called before the primary is asked. It throws to refuse that.
 * @throws {Problem} `invalid_session`, `storage_unavailable`, or what `askPrimary` throws
 */
export async function authenticate(
  services: AuthenticationServices,
  token: string,
  askPrimary: () => void = () => {},
): Promise<Authenticated> {
  const parsed = parseSessionToken(token);
  if (parsed === null) throw new Problem("invalid_session");
  const { db, clock, config, upkeep } = services;
  using store = db.within(STORAGE_DEADLINE_MS, "check");
  for (const reader of [store.near, store]) {
    if (reader === store) askPrimary();
    const found = await readSession(reader, parsed);
    if (found === null || !hasSecret(found, parsed.secret)) continue;
    const { account, session, ...ids } = found;
    const now = clock.now();
    if (isTooOld(session.value, config, now)) break;
    if (now - session.value.last_used_at < RENEW_AFTER_MS) return found;
    const value: SessionRecord = {
      ...session.value,
      last_used_at: now,
      expires_at: endOfSession(config, session.value.created_at, now),
    };
    const renewed = { ...ids, account, session: { ...session, value } };
    upkeep.add(found.sessionId, () => renew(services, renewed));
    return renewed;
  }
  throw new Problem("invalid_session");
}

/**
 * Reads a session and its account.
 *
 * @returns Null when the session is unknown, expired or revoked.
 * @throws {Problem} `storage_unavailable`
 */
export async function readSession(
  reader: Reader,
  { accountId, sessionId }: SessionIds,
): Promise<Authenticated | null> {
  const [session, account] = await reader.getMany<[SessionRecord, AccountRecord]>(
    [[SESSION, [accountId, sessionId]], [ACCOUNT, [accountId]]],
  );
  if (session.value === null || account.value === null) return null;
  if (session.value.epoch !== account.value.session_epoch) return null;
  return {
    accountId,
    sessionId,
    session: { ...session, value: session.value },
    account: { ...account, value: account.value },
  };
}

/**
 * Runs a transaction in the name of a session. Its commit takes effect only while account and session are as they were
 * read. The first run starts from what {@linkcode authenticate} has read; each later one reads the primary.
 *
 * @param change Writes the change to `batch`.
 * @returns What `change` returns.
 * @throws {Problem} `invalid_session` when the session is not alive any more, `storage_unavailable`, or what `change`
 *   throws
 */
export function transactAs<T>(
  store: Store,
  authenticated: Authenticated,
  change: (batch: WriteBatch, current: Authenticated) => T | Promise<T>,
): Promise<T> {
  let known: Authenticated | null = authenticated;
  return store.near.transact(async (batch) => {
    const current = known ?? await readSession(batch, authenticated);
    known = null;
    if (current === null) throw new Problem("invalid_session");
    batch.check(current.account);
    batch.check(current.session);
    return await change(batch, current);
  });
}

function hasSecret({ session }: Authenticated, secret: string): boolean {
  return timingSafeEqual(Buffer.from(session.value.secret_hash), Buffer.from(hashSecret(secret)));
}

/**
 * Writes the longer life of a session. When session or account were changed since they were read, nothing is written.
 *
 * @throws {Problem} `storage_unavailable`
 */
async function renew(
  { keyring, db }: AuthenticationServices,
  { accountId, sessionId, account, session }: Authenticated,
): Promise<void> {
  using store = db.within(STORAGE_DEADLINE_MS);
  const batch = store.batch();
  batch.check(account);
  batch.check(session);
  batch.set(SESSION, [accountId, sessionId], session.value);
  if (account.outdated) await putResealed(batch, keyring, { id: accountId, record: account.value });
  await store.commit(batch);
}
