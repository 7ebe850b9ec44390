/**
 * The records of sessions: when one is alive, and what goes with it.
 *
 * @module
 */
import { deleteCode } from "../kv/codes.ts";
import { type SessionRecord, SIGN_UP } from "../kv/schema.ts";
import type { Entry, WriteBatch } from "../kv/write_batch.ts";

/** Removes a session, and what is stored of the code or the sign-up that it came from. */
export function deleteSession(
  batch: WriteBatch,
  { key, value }: Pick<Entry<SessionRecord>, "key" | "value">,
): void {
  batch.delete(key);
  if (value?.code_hash !== undefined) deleteCode(batch, value.code_hash);
  if (value?.sign_up_hash !== undefined) batch.delete([SIGN_UP.kind, value.sign_up_hash]);
}

/** The life of sessions, as the operator has set it. */
export interface SessionLife {
  /** Milliseconds that an unused session lives. */
  readonly sessionTtlMs: number;
  /** Milliseconds after which a session ends however much it is used. Null: it lives as long as it is used. */
  readonly sessionMaxMs: number | null;
}

/**
 * Returns when a session ends that is used at `at`, in milliseconds since the epoch.
 *
 * @param createdAt When the device signed in, in milliseconds since the epoch.
 */
export function endOfSession(
  { sessionTtlMs, sessionMaxMs }: SessionLife,
  createdAt: number,
  at: number,
): number {
  return Math.min(at + sessionTtlMs, createdAt + (sessionMaxMs ?? Infinity));
}

/** Tells whether a session has lived as long as a session may. The operator may have set that later. */
export function isTooOld({ created_at }: SessionRecord, { sessionMaxMs }: SessionLife, now: number): boolean {
  return sessionMaxMs !== null && created_at + sessionMaxMs <= now;
}
