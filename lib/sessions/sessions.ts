/**
 * Sessions: one device signed in to one account. A token names its account and session and carries a secret, so
 * checking it is one read of both records; only the secret's hash is stored.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { type Account, describeAccount } from "../accounts/accounts.ts";
import { type Clock, Deadline } from "../base/clock.ts";
import type { Config } from "../config/config.ts";
import { newId, newSecret } from "../base/ids.ts";
import { type Database, type Entry, STORAGE_DEADLINE_MS, type Transaction } from "../kv/database.ts";
import { hashSecret } from "../kv/keyring.ts";
import {
  ACCOUNT,
  type AccountRecord,
  type Device,
  EXCHANGE,
  SESSION,
  type SessionRecord,
} from "../kv/schema.ts";
import { Problem } from "../base/problem.ts";

/** A session as the contract shows it. */
export interface Session {
  /** `ses_` and 32 hexadecimal digits. */
  readonly id: string;
  /** RFC 3339, UTC, as is `last_used_at`. */
  readonly created_at: string;
  /** Exact to a day: written at most once a day. */
  readonly last_used_at: string;
  /** As it described itself when it signed in. */
  readonly device: Device;
  /** Present on the session that asks. */
  readonly current?: true;
}

/** A session token with what it opens: the body of every successful sign-in. */
export interface SignedIn {
  /** `ocs_` and 107 characters: the bearer secret of the device, shown this once. */
  readonly session_token: string;
  /** How the token is presented (RFC 6750). */
  readonly token_type: "Bearer";
  /** RFC 3339, UTC. */
  readonly expires_at: string;
  /** Whole seconds. */
  readonly expires_in: number;
  /** The new session. */
  readonly session: Session;
  /** Whose session it is, and whether this sign-in created the account. */
  readonly account: Account & { readonly created: boolean };
}

/** A token that was checked, with the records as they were read. */
export interface Authenticated {
  /** `acc_` and 32 hexadecimal digits. */
  readonly accountId: string;
  /** `ses_` and 32 hexadecimal digits. */
  readonly sessionId: string;
  /** The account as it was read, possibly by a replica that is a moment behind. */
  readonly account: Entry<AccountRecord> & { readonly value: AccountRecord };
  /** The session, with its life renewed if this use did that. */
  readonly session: Entry<SessionRecord> & { readonly value: SessionRecord };
}

/** What the functions here need of the services. */
export interface SessionServices {
  /** Holds accounts and sessions. */
  readonly db: Database;
  /** Decides what has expired. */
  readonly clock: Clock;
  /** How long an unused session lives. */
  readonly config: Pick<Config, "sessionTtlMs">;
}

const TOKEN = /^ocs_([0-9a-f]{32})([0-9a-f]{32})([A-Za-z0-9_-]{43})$/;
const TOUCH_AFTER_MS = 86_400_000;

/**
 * Stages a session of an account and gives its token with what it opens.
 *
 * @param account The account, as it is or will be stored by the same transaction.
 */
export function stageSession(
  tx: Transaction,
  account: { readonly id: string; readonly record: AccountRecord; readonly created: boolean },
  { device, codeHash, at, ttlMs }: {
    readonly device: Device;
    /** Of the Appstore's code that it comes from, if it comes from one. */
    readonly codeHash?: string;
    readonly at: number;
    readonly ttlMs: number;
  },
): SignedIn {
  const id = newId(at);
  const secret = newSecret();
  const session: SessionRecord = {
    v: 1,
    secret_hash: hashSecret(secret),
    epoch: account.record.session_epoch,
    created_at: at,
    last_used_at: at,
    expires_at: at + ttlMs,
    device,
    ...(codeHash === undefined ? {} : { code_hash: codeHash }),
  };
  tx.set(SESSION, [account.id, `ses_${id}`], session);
  return {
    session_token: `ocs_${account.id.slice("acc_".length)}${id}${secret}`,
    token_type: "Bearer",
    expires_at: new Date(session.expires_at).toISOString(),
    expires_in: Math.floor(ttlMs / 1000),
    session: describeSession(`ses_${id}`, session),
    account: { ...describeAccount(account.id, account.record), created: account.created },
  };
}

/** Stages the end of a session, and of the answer that its code would give again: there is no use for one. */
export function stageSessionEnd(tx: Transaction, { key, value }: Entry<SessionRecord>): void {
  tx.delete(key);
  if (value?.code_hash !== undefined) tx.delete([EXCHANGE.kind, value.code_hash]);
}

/** Shows a record as the contract does. */
export function describeSession(id: string, record: SessionRecord): Session {
  return {
    id,
    created_at: new Date(record.created_at).toISOString(),
    last_used_at: new Date(record.last_used_at).toISOString(),
    device: record.device,
  };
}

/**
 * Checks a token: one eventually consistent read. What a near replica does not have yet is read again from the
 * primary before it is refused. Once a day the session's life is renewed.
 *
 * @throws {Problem} `invalid_session` or `storage_unavailable`
 */
export async function authenticate(services: SessionServices, token: string): Promise<Authenticated> {
  const [, account, session, secret] = TOKEN.exec(token) ?? [];
  if (account === undefined || session === undefined || secret === undefined) {
    throw new Problem("invalid_session");
  }
  const ids = { accountId: `acc_${account}`, sessionId: `ses_${session}` };
  using deadline = new Deadline(services.clock, STORAGE_DEADLINE_MS);
  for (const consistency of ["eventual", "strong"] as const) {
    const found = await readSession(services.db, ids, { consistency, deadline });
    if (found === null || !holds(found, secret)) continue;
    const touched = await touch(services, found, deadline);
    if (touched !== null || consistency === "strong") return touched ?? found;
  }
  throw new Problem("invalid_session");
}

/**
 * Lists the sessions of an account, newest first.
 *
 * @param page `limit`: 1 to 100. `cursor`: as the page before gave it.
 * @returns The page, and the cursor of the next or null.
 * @throws {Problem} `storage_unavailable`
 */
export async function listSessions(
  { db, clock }: SessionServices,
  { accountId, sessionId, account }:
    & Pick<Authenticated, "accountId" | "account">
    & Partial<Pick<Authenticated, "sessionId">>,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ sessions: Session[]; next_cursor: string | null }> {
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  const sessions: Session[] = [];
  for (let before = cursor;;) {
    const entries = await db.listNewest(SESSION, accountId, { deadline, before, limit: limit + 1 });
    for (const { key, value } of entries) {
      if (value === null || value.epoch !== account.value.session_epoch) continue;
      if (sessions.length === limit) return { sessions, next_cursor: sessions.at(-1)?.id ?? null };
      const id = key[2] ?? "";
      sessions.push({
        ...describeSession(id, value),
        ...(id === sessionId ? { current: true as const } : {}),
      });
    }
    if (entries.length <= limit) return { sessions, next_cursor: null };
    before = entries.at(-1)?.key[2];
  }
}

/**
 * Reads both records of a session that is alive.
 *
 * @returns Null when there is none.
 * @throws {Problem} `storage_unavailable`
 */
export async function readSession(
  db: Database,
  { accountId, sessionId }: Pick<Authenticated, "accountId" | "sessionId">,
  options: { readonly consistency: Deno.KvConsistencyLevel; readonly deadline: Deadline },
): Promise<Authenticated | null> {
  const [session, account] = await db.getMany<[SessionRecord, AccountRecord]>(
    [[SESSION, [accountId, sessionId]], [ACCOUNT, [accountId]]],
    options,
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

function holds({ session }: Authenticated, secret: string): boolean {
  return timingSafeEqual(Buffer.from(session.value.secret_hash), Buffer.from(hashSecret(secret)));
}

/** Renews a session's life once a day, if the database lets it; null when session or account were changed since they were read. */
async function touch(
  { db, clock, config }: SessionServices,
  found: Authenticated,
  deadline: Deadline,
): Promise<Authenticated | null> {
  const now = clock.now();
  if (now - found.session.value.last_used_at < TOUCH_AFTER_MS) return found;
  const value = { ...found.session.value, last_used_at: now, expires_at: now + config.sessionTtlMs };
  const tx = db.transaction().check(found.account).check(found.session);
  tx.set(SESSION, [found.accountId, found.sessionId], value);
  try {
    const versionstamp = await db.commit(tx, deadline);
    return versionstamp === null ? null : { ...found, session: { ...found.session, value, versionstamp } };
  } catch {
    return found; // The next use tries again.
  }
}
