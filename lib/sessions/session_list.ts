/**
 * The list of an account's sessions.
 *
 * @module
 */
import { type Database, STORAGE_DEADLINE_MS } from "../kv/database.ts";
import type { Clock } from "../base/clock.ts";
import { type AccountRecord, SESSION } from "../kv/schema.ts";
import type { Present } from "../kv/write_batch.ts";
import { isTooOld, type SessionLife } from "./session_records.ts";
import { describeSession, type Session } from "./sessions.ts";

/** Records that one trip reads. Those of revoked sessions can be among them. */
const READ_AT_ONCE = 250;
/** Trips of one page. A page that has not found all sessions then still tells where to go on. */
const MOST_TRIPS = 8;

/** The services that {@linkcode listSessions} uses. */
export interface SessionListServices {
  /** Holds the sessions. */
  readonly db: Database;
  /** Decides which sessions have ended. */
  readonly clock: Pick<Clock, "now">;
  /** How long sessions live. */
  readonly config: SessionLife;
}

/** Which sessions {@linkcode listSessions} lists. */
export interface SessionListOptions {
  /** The account whose sessions are listed. */
  readonly accountId: string;
  /** The account as it was read. */
  readonly account: Present<AccountRecord>;
  /** The session that asks, if one does. */
  readonly sessionId?: string;
  /** The most sessions of a page, 1 to 100. */
  readonly limit: number;
  /** The cursor that the page before gave. */
  readonly cursor?: string | undefined;
}

/** One page of sessions. */
export interface SessionPage {
  /** The sessions, newest first. */
  readonly sessions: Session[];
  /** The cursor of the next page; null on the last one. */
  readonly next_cursor: string | null;
}

/**
 * Lists the sessions of an account, newest first. Revoked sessions that are not removed yet are left out; behind very many
 * of them a page can have fewer sessions than it may.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function listSessions(
  { db, clock, config }: SessionListServices,
  { accountId, account, sessionId, limit, cursor }: SessionListOptions,
): Promise<SessionPage> {
  using store = db.within(STORAGE_DEADLINE_MS);
  const now = clock.now();
  const sessions: Session[] = [];
  let before = cursor;
  for (let trip = 1; trip <= MOST_TRIPS; trip++) {
    const page = { under: [accountId], before, reverse: true, limit: READ_AT_ONCE };
    const entries = await store.list(SESSION, page);
    for (const { key, value } of entries) {
      if (value?.epoch !== account.value.session_epoch || isTooOld(value, config, now)) continue;
      if (sessions.length === limit) return { sessions, next_cursor: sessions.at(-1)?.id ?? null };
      const id = key[2] ?? "";
      sessions.push({ ...describeSession(id, value), ...(id === sessionId ? { current: true } : {}) });
    }
    if (entries.length < READ_AT_ONCE) return { sessions, next_cursor: null };
    before = entries.at(-1)?.key[2];
  }
  return { sessions, next_cursor: before ?? null };
}
