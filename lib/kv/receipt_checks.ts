/**
 * The queue of receipts and notifications about which RVS is to be asked. It stands beside the tasks, because RVS is asked
 * slowly: a long queue here must not hold up a mail.
 *
 * The queue has two lanes. What a customer or Amazon has just brought is in the lane `soon`, and comes before everything
 * in the lane `routine`.
 *
 * @module
 */
import { type CheckTime, RECEIPT_CHECK, type TaskRecord } from "./schema.ts";
import type { Store } from "./store.ts";
import { sortableTime } from "./tasks.ts";
import type { Entry, WriteBatch } from "./write_batch.ts";

/** What a check is about: an entitlement, a receipt that no account has, or a notification. */
export interface ReceiptCheck {
  /** The kind of the record. */
  readonly name: "entitlement" | "parked" | "notification";
  /** The ids of the record. */
  readonly ids: readonly string[];
}

/** A check that is due, as it was read. */
export interface DueCheck extends ReceiptCheck {
  /** Its place in the queue. */
  readonly time: CheckTime;
  /** The record of the check. */
  readonly entry: Entry<TaskRecord>;
}

const LANES = ["soon", "routine"] as const;

/** Writes a check. */
export function putCheck(batch: WriteBatch, check: ReceiptCheck, time: CheckTime): void {
  batch.set(RECEIPT_CHECK, idsOf(check, time), { v: 1 });
}

/** Removes a check, if there is one at that time. */
export function deleteCheck(batch: WriteBatch, check: ReceiptCheck, time: CheckTime | null): void {
  if (time !== null) batch.delete(checkKey(check, time));
}

/** Returns the key of a check at a time. */
export function checkKey(check: ReceiptCheck, time: CheckTime): readonly string[] {
  return [RECEIPT_CHECK.kind, ...idsOf(check, time)];
}

/**
 * Puts a check at another time, or removes it. An unchanged time costs nothing.
 *
 * @param times The time at which the check stands, and the one at which it is to stand. Null: no check.
 */
export function moveCheck(
  batch: WriteBatch,
  check: ReceiptCheck,
  { from, to }: { readonly from: CheckTime | null; readonly to: CheckTime | null },
): void {
  if (from?.lane === to?.lane && from?.due === to?.due) return;
  deleteCheck(batch, check, from);
  if (to !== null) putCheck(batch, check, to);
}

/**
 * Lists the checks that are due: those of the lane `soon` first, and in each lane those that have been due longest.
 *
 * @param page `now`: milliseconds since the epoch. `limit`: the most checks, 1 to 1000.
 * @throws {Problem} `storage_unavailable`
 */
export async function listDueChecks(
  store: Store,
  { now, limit }: { readonly now: number; readonly limit: number },
): Promise<DueCheck[]> {
  const lanes = await Promise.all(
    LANES.map((lane) => store.list(RECEIPT_CHECK, { under: [lane], before: sortableTime(now + 1), limit })),
  );
  return lanes.flat().slice(0, limit).map((entry) => {
    const [, lane, due = "", name, ...ids] = entry.key;
    const time = { lane: lane as CheckTime["lane"], due: parseInt(due, 16) };
    return { name: name as ReceiptCheck["name"], ids, time, entry };
  });
}

function idsOf({ name, ids }: ReceiptCheck, { lane, due }: CheckTime): string[] {
  return [lane, sortableTime(due), name, ...ids];
}
