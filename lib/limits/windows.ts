/**
 * The arithmetic of windows: a window begins with its first try, accepts a number of them, and doubles with each full
 * number of earlier tries that still count.
 *
 * @module
 */
import type { TriesRecord } from "../kv/schema.ts";
import type { Scope } from "./scopes.ts";

const WINDOW_MS = 15 * 60_000;
const MOST_DOUBLINGS = 4;
/** Milliseconds that a window lasts at most. */
export const LONGEST_MS = WINDOW_MS * 2 ** MOST_DOUBLINGS;
/** Milliseconds for which tries count after their window. */
export const MEMORY_MS = 24 * 60 * 60_000;
/** Milliseconds for which an address is remembered from which a customer has signed in. */
export const KNOWN_MS = 30 * MEMORY_MS;
/** Milliseconds to wait for other tries of the same client that are under way. */
const SHORT_WAIT_MS = 1000;

/**
 * Returns the milliseconds until another try is accepted; 0: at once.
 *
 * @param record The count so far; null: none.
 * @param options `others`: tries that are under way and not in the count.
 */
export function waitOf(
  record: TriesRecord | null,
  { limit, now, others }: { readonly limit: number; readonly now: number; readonly others: number },
): number {
  const running = record !== null && record.window_ends_at > now;
  if ((running ? record.failures : 0) + others < limit) return 0;
  // A count that is wrong, or a clock that was set back, keeps nobody out for longer than a window can last.
  return running ? Math.min(record.window_ends_at - now, LONGEST_MS) : others > 0 ? SHORT_WAIT_MS : 0;
}

/** Returns a count with one more try. */
export function withTry(
  before: TriesRecord | null,
  { scope, limit, now }: { readonly scope: Scope; readonly limit: number; readonly now: number },
): TriesRecord {
  const { untilSuccess, free = 0, mostDoublings = MOST_DOUBLINGS } = scope;
  const known = before?.known === true ? now + KNOWN_MS : 0;
  if (before !== null && before.window_ends_at > now) {
    return { ...before, failures: before.failures + 1, in_a_row: before.in_a_row + 1, counted_at: now };
  }
  const counts = before !== null && (untilSuccess || before.failures >= limit);
  const triedBefore = counts ? before.in_a_row : 0;
  const doublings = Math.min(mostDoublings, Math.floor(Math.max(0, triedBefore - free) / limit));
  const endsAt = now + WINDOW_MS * 2 ** doublings;
  return {
    ...before,
    v: 1,
    failures: 1,
    in_a_row: triedBefore + 1,
    window_ends_at: endsAt,
    counted_at: now,
    expires_at: Math.max(endsAt + MEMORY_MS, known),
  };
}
