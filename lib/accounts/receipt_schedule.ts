/**
 * When RVS is asked about a receipt again.
 *
 * @module
 */
import type { CheckTime, EntitlementRecord, ParkedReceiptRecord } from "../kv/schema.ts";
import { isFulfillmentDue, stateOf, type StoredReceipt } from "./entitlements.ts";

/** The settings that decide it. */
export interface ScheduleConfig {
  /** Milliseconds within which each receipt that is not ended is verified again. */
  readonly checkMs: number;
  /** Whether the service itself acknowledges what no device has. */
  readonly acknowledge: boolean;
  /** The topics whose notifications are taken. */
  readonly topics: readonly string[];
}

const DAY_MS = 86_400_000;
/** Milliseconds after its purchase at which a missing fulfilment is told. Amazon cancels the purchase after 14 days. */
export const WARN_AFTER_MS: readonly [number, number] = [7 * DAY_MS, 12 * DAY_MS];
/** Milliseconds after which the service acknowledges a purchase that no device has. */
export const ACKNOWLEDGE_AFTER_MS: number = DAY_MS;

/** The parts of the period after which a receipt is checked again. They differ, so that checks do not come in heaps. */
const EARLIEST = 0.88;
const LATEST = 0.96;
/**
 * Milliseconds after an end that RVS has announced. RVS is asked again then, as it knows by then whether the end came.
 */
const AFTER_END_MS = 60_000;
const FIRST_RETRY_MS = 60_000;
/** Milliseconds that a device gets to fulfil what it has just brought. */
const LEFT_TO_DEVICE_MS = 60_000;

/**
 * Returns the next check of an entitlement: within the period, and when something is to be done about it.
 *
 * @param now Milliseconds since the epoch.
 * @returns Null when the receipt is ended: RVS is not asked again.
 */
export function nextCheck(record: EntitlementRecord, now: number, config: ScheduleConfig): CheckTime | null {
  if (record.bound_at === null) return { lane: "soon", due: retryAt(record.failures, now, config) };
  const next = nextRoutineCheck(record, now, config);
  if (next === null || !isFulfillmentDue(record, now)) return next;
  const purchasedAt = record.purchase?.purchased_at ?? record.bound_at;
  const toDo = WARN_AFTER_MS.slice(record.warnings).map((ms) => purchasedAt + ms);
  if (config.acknowledge) toDo.push((record.acknowledged_at ?? record.bound_at) + ACKNOWLEDGE_AFTER_MS);
  // While RVS gives no answer, a step that is overdue waits for the next retry.
  const earliest = record.failures > 0 ? next.due : Math.max(now, record.bound_at + LEFT_TO_DEVICE_MS);
  return { lane: "routine", due: Math.min(next.due, ...toDo.map((at) => Math.max(at, earliest))) };
}

/**
 * Returns the next check of a receipt for its own sake.
 *
 * @param now Milliseconds since the epoch.
 */
export function nextRoutineCheck(
  record: StoredReceipt & Pick<EntitlementRecord, "failures">,
  now: number,
  config: ScheduleConfig,
): CheckTime | null {
  const { purchase, failures } = record;
  // An ended receipt is asked about as well: a notification may have asked the question that got no answer.
  if (failures > 0) return { lane: "routine", due: retryAt(failures, now, config) };
  if (stateOf(record, now) === "ended") return null;
  const period = config.checkMs * (EARLIEST + Math.random() * (LATEST - EARLIEST));
  const ends = [purchase?.cancels_at, purchase?.grace_ends_at].flatMap((at) =>
    at == null || at <= now ? [] : [at + AFTER_END_MS]
  );
  return { lane: "routine", due: Math.round(Math.min(now + period, ...ends)) };
}

/**
 * Returns the next check of a receipt that no account has: when RVS has not told of it yet, and 12 days after its
 * purchase.
 *
 * @param now Milliseconds since the epoch.
 */
export function nextParkedCheck(
  record: ParkedReceiptRecord,
  now: number,
  config: ScheduleConfig,
): CheckTime | null {
  if (record.failures > 0) return { lane: "routine", due: retryAt(record.failures, now, config) };
  if (record.told || record.purchase === null || stateOf(record, now) === "ended") return null;
  const purchasedAt = record.purchase.purchased_at ?? record.notified_at;
  return { lane: "routine", due: Math.max(now, purchasedAt + WARN_AFTER_MS[1]) };
}

/** The first retry comes right away, the next after a minute, and each one after that twice as late. */
function retryAt(failures: number, now: number, { checkMs }: ScheduleConfig): number {
  if (failures === 0) return now;
  return now + Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 20), checkMs / 4, DAY_MS / 4);
}

/** Counts the warnings that are to be told by now of a purchase that nobody has fulfilled: 0 to 2. */
export function warningsDue(record: EntitlementRecord, now: number): number {
  if (!isFulfillmentDue(record, now)) return 0;
  const purchasedAt = record.purchase?.purchased_at ?? record.bound_at ?? now;
  return WARN_AFTER_MS.filter((ms) => purchasedAt + ms <= now).length;
}
