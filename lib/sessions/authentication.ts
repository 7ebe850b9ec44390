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
import { describeError, type Log } from "../base/log.ts";
import { Problem } from "../base/problem.ts";
import { type Database, STORAGE_DEADLINE_MS, type Store } from "../kv/database.ts";
import { hashSecret, type Keyring } from "../kv/keyring.ts";
import { ACCOUNT, type AccountRecord, SESSION, type SessionRecord } from "../kv/schema.ts";
import type { Present, Reader, WriteBatch } from "../kv/write_batch.ts";
import { parseSessionToken } from "./sessions.ts";

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
  /** Is told when a session's life could not be renewed. */
  readonly log: Log;
  /** `sessionTtlMs`: milliseconds that an unused session lives. */
  readonly config: { readonly sessionTtlMs: number };
  /** Seals and indexes the account of a customer who comes by, when another key than the first has done so. */
  readonly keyring: Keyring;
}

/** A session's life is renewed when its last use is at least this many milliseconds ago: once a day. */
const RENEW_AFTER_MS = 86_400_000;

/**
 * Checks a session token by one eventually consistent read. A replica can be behind a sign-in, so the primary is asked
 * before a token is refused. Once a day the life of the session is renewed.
 *
 * @throws {Problem} `invalid_session` or `storage_unavailable`
 */
export async function authenticate(services: AuthenticationServices, token: string): Promise<Authenticated> {
  const parsed = parseSessionToken(token);
  if (parsed === null) throw new Problem("invalid_session");
  using store = services.db.within(STORAGE_DEADLINE_MS, "check");
  for (const reader of [store.near, store]) {
    const found = await readSession(reader, parsed);
    if (found === null || !hasSecret(found, parsed.secret)) continue;
    const renewed = await renew(services, store, found);
    if (renewed !== null || reader === store) return renewed ?? found;
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
 * Renews the life of a session once a day. A database that takes no writes is no reason to refuse a token.
 *
 * @returns Null when session or account were changed since they were read.
 */
async function renew(
  { clock, log, config, keyring }: AuthenticationServices,
  store: Store,
  found: Authenticated,
): Promise<Authenticated | null> {
  const now = clock.now();
  if (now - found.session.value.last_used_at < RENEW_AFTER_MS) return found;
  const batch = store.batch();
  batch.check(found.account);
  batch.check(found.session);
  const session = batch.set(SESSION, [found.accountId, found.sessionId], {
    ...found.session.value,
    last_used_at: now,
    expires_at: now + config.sessionTtlMs,
  });
  try {
    const { account: { value: record, outdated }, accountId: id } = found;
    const account = outdated ? await putResealed(batch, keyring, { id, record }) : found.account;
    return await store.commit(batch) ? { ...found, session, account } : null;
  } catch (error) {
    log("warning", "session_not_renewed", describeError(error));
    return found;
  }
}
