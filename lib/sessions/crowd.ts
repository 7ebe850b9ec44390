/**
 * The bound on the sessions of an account: at most {@linkcode MOST_SESSIONS}. A sign-in to a full account signs the least
 * recently used session out, in its commit.
 *
 * To list the sessions costs a read, and hardly any account has many. So an account is marked as crowded well before it is
 * full, and only a sign-in to a crowded account lists. A census finds the accounts to mark. It is taken beside one sign-in
 * in eight, drawn by the random id of the session, and no sign-in waits for it.
 *
 * @module
 */
import type { Log } from "../base/log.ts";
import { type EventServices, type Happening, putEvents } from "../events/events.ts";
import { type Database, STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { ACCOUNT, type AccountRecord, SESSION, type SessionRecord } from "../kv/schema.ts";
import type { ListedEntry, Reader, WriteBatch } from "../kv/write_batch.ts";
import { deleteSession } from "./session_records.ts";
import type { SessionUpkeep } from "./upkeep.ts";

/** The most sessions of an account. */
export const MOST_SESSIONS = 100;

/** A census is taken beside one sign-in in so many. */
export const CENSUS_ONE_IN = 8;

/** Sessions from which on an account is crowded. The 80 sign-ins that are left take 10 censuses or so. */
const CROWDED = 20;
/** Checks that the commit of a sign-in makes after it has made room. */
const CHECKS_AFTER = 2;
/** Records that are read to count. Revoked sessions can be among them; they are older, and a task removes them. */
const MOST_READ = 250;

/** The services that the functions here use. */
export interface CrowdServices extends EventServices {
  /** Holds accounts and sessions. */
  readonly db: Database;
  /** Is told of failures. */
  readonly log: Log;
  /** Runs the census. */
  readonly upkeep: SessionUpkeep;
  /** A census is taken beside one sign-in in so many; 0: never. */
  readonly censusOneIn: number;
}

/**
 * Makes room for one more session of an account that may be full. The commit checks what it signs out, so of two sign-ins
 * that choose the same session, one chooses again: from more of the least recently used ones each time, at random.
 *
 * @param account The account as it was read.
 * @param sessionId The id of the new session, whose random part is the draw.
 * @returns What happens to the sessions that are signed out, for the events of the same commit.
 * @throws {Problem} `storage_unavailable`
 */
export async function makeRoom(
  batch: WriteBatch,
  { id, record }: { readonly id: string; readonly record: AccountRecord },
  sessionId: string,
): Promise<readonly Happening[]> {
  if (record.crowded !== true) return [];
  const alive = await listAlive(batch, id, record);
  if (alive.length < MOST_SESSIONS) return [];
  // The next sign-ins go on where a commit has no room for all that is over.
  const over = Math.min(alive.length - (MOST_SESSIONS - 1), Math.max(1, batch.room - CHECKS_AFTER));
  const least = byUse(alive).slice(0, over * 2 ** (batch.run - 1));
  const draw = parseInt(sessionId.slice(-6), 16) % (least.length - over + 1);
  return putOut(batch, least.slice(draw, draw + over));
}

/** Starts a census of an account, for one session in {@linkcode CrowdServices.censusOneIn}. */
export function startCensus(services: CrowdServices, accountId: string, sessionId: string): void {
  const { censusOneIn } = services;
  if (censusOneIn === 0 || parseInt(sessionId.slice(-4), 16) % censusOneIn !== 0) return;
  services.upkeep.add(`census/${accountId}`, () => takeCensus(services, accountId));
}

/**
 * Counts the sessions of an account. It marks a crowded account, and signs out what is over the bound.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function takeCensus(services: CrowdServices, accountId: string): Promise<void> {
  let more = true;
  while (more) more = await countOnce(services, accountId);
}

/** Does what one commit can do of a census. Returns whether more sessions are over the bound. */
async function countOnce(services: CrowdServices, accountId: string): Promise<boolean> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  return await store.near.transact(async (batch) => {
    const account = await batch.get(ACCOUNT, [accountId]);
    if (account.value === null) return false;
    const alive = await listAlive(batch, accountId, account.value);
    if (alive.length < CROWDED) return false;
    if (account.value.crowded !== true) {
      batch.check(account);
      batch.set(ACCOUNT, [accountId], { ...account.value, crowded: true });
    }
    const over = Math.max(0, alive.length - MOST_SESSIONS);
    const events = putOut(batch, byUse(alive).slice(0, Math.min(over, batch.room)));
    putEvents(services, batch, { accountId, events });
    return events.length < over;
  });
}

/** A session that is alive. */
type Alive = ListedEntry<SessionRecord> & { readonly value: SessionRecord };

async function listAlive(reader: Reader, accountId: string, account: AccountRecord): Promise<Alive[]> {
  const entries = await reader.list(SESSION, { under: [accountId], reverse: true, limit: MOST_READ });
  return entries.filter((entry): entry is Alive => entry.value?.epoch === account.session_epoch);
}

/** Sorts sessions, the least recently used one first. Of those that were used on one day, the oldest one is first. */
function byUse(alive: readonly Alive[]): Alive[] {
  return alive.toSorted((a, b) =>
    a.value.last_used_at - b.value.last_used_at || a.value.created_at - b.value.created_at ||
    (a.key.join() < b.key.join() ? -1 : 1)
  );
}

function putOut(batch: WriteBatch, sessions: readonly Alive[]): Happening[] {
  return sessions.map((entry) => {
    batch.check(entry);
    deleteSession(batch, entry);
    return { type: "session.revoked", session_id: entry.key[2] ?? "" };
  });
}
