/**
 * The records of entitlements, as they are written: the entitlement, the pointer of its receipt, and its next check.
 *
 * @module
 */
import type { Verdict } from "../amazon/verdict.ts";
import { deleteCheck, moveCheck, type ReceiptCheck } from "../kv/receipt_checks.ts";
import { ENTITLEMENT, type EntitlementRecord, PARKED_RECEIPT, RECEIPT } from "../kv/schema.ts";
import type { Entry, ListedEntry, Present, WriteBatch } from "../kv/write_batch.ts";
import { ENDED_LISTED_MS, type EntitlementState, stateOf, storedPurchase } from "./entitlements.ts";
import { nextCheck, type ScheduleConfig } from "./receipt_schedule.ts";

/** A receipt that somebody has brought. */
export interface ReceiptClaim {
  /** The Appstore's `receiptId`, 1 to 256 characters. */
  readonly receiptId: string;
  /** The Appstore's `UserData.userId`, 1 to 128 characters. */
  readonly userId: string;
  /** The name of the Amazon client whose shared secret RVS is asked with. */
  readonly app: string;
  /** What RVS says about it. */
  readonly verdict: Verdict;
  /** When RVS was asked, in milliseconds since the epoch. An answer that was asked for later is newer. */
  readonly askedAt: number;
}

/** A verdict that says something about the receipt. */
export type ToldVerdict = Extract<Verdict, { readonly outcome: "confirmed" | "gone" }>;

/** A change of state that an event tells of. */
export interface EntitlementChange {
  /** The product; null when RVS never told. */
  readonly sku: string | null;
  /** The new state. */
  readonly state: EntitlementState;
}

/** Milliseconds for which a claim is kept that RVS never confirms. */
const CLAIM_LIFE_MS = 30 * 86_400_000;

/** Tells whether RVS said something about the receipt, which then is one of the Appstore user. */
export function wasTold(verdict: Verdict): verdict is ToldVerdict {
  return verdict.outcome === "confirmed" || verdict.outcome === "gone";
}

/** Makes the record of a claim that RVS has said nothing about. It binds nothing. */
export function newClaim({ receiptId, userId, app }: ReceiptClaim): EntitlementRecord {
  return {
    v: 1,
    receipt_id: receiptId,
    user_id: userId,
    app,
    purchase: null,
    gone: false,
    verified_at: null,
    failures: 0,
    check: null,
    bound_at: null,
    told_state: null,
    warnings: 0,
  };
}

/**
 * Makes the record that a verdict leads to. The first one binds the receipt. An answer that is older than the record
 * changes nothing.
 *
 * @param told `at`: milliseconds since the epoch.
 */
export function withVerdict(
  record: EntitlementRecord,
  { verdict, userId, askedAt, at }: Pick<ReceiptClaim, "userId" | "askedAt"> & {
    readonly verdict: ToldVerdict;
    readonly at: number;
  },
): EntitlementRecord {
  if ((record.verified_at ?? -1) > askedAt) return record;
  return {
    ...record,
    user_id: userId,
    purchase: verdict.outcome === "confirmed" ? storedPurchase(verdict.purchase) : record.purchase,
    gone: verdict.outcome === "gone",
    bound_at: record.bound_at ?? at,
    verified_at: at,
    failures: 0,
  };
}

/**
 * Writes an entitlement with its pointer, its end, and the check that comes next. The batch checks the entitlement,
 * unless it creates the account: nobody else knows the id of that.
 *
 * @param written `entry`: the entitlement as it was read. `isNew`: whether the batch creates the account; false by default.
 *   `at`: milliseconds since the epoch.
 * @returns The record as it is now; and the change of its state, or null when it is as it was last told.
 */
export function putEntitlement(
  batch: WriteBatch,
  config: ScheduleConfig,
  { entry, record, isNew = false, at }: {
    readonly entry: Entry<EntitlementRecord>;
    readonly record: EntitlementRecord;
    readonly isNew?: boolean;
    readonly at: number;
  },
): { readonly record: EntitlementRecord; readonly change: EntitlementChange | null } {
  const [, accountId = "", index = ""] = entry.key;
  const bound = record.bound_at !== null;
  const wasBound = entry.value !== null && entry.value.bound_at !== null;
  const state = stateOf(record, at);
  const check = nextCheck(record, at, config);
  const { expires_at: _, ...kept } = record;
  const expiry = expiryOf(record, { wasBound, ended: check === null, at });

  if (!isNew) batch.check(entry);
  moveCheck(batch, checkOf(accountId, index), { from: entry.value?.check ?? null, to: check });
  const written = { ...kept, ...expiry, check, told_state: bound ? state : null };
  batch.set(ENTITLEMENT, [accountId, index], written);
  if (bound && (!wasBound || entry.value.expires_at !== written.expires_at)) {
    batch.set(RECEIPT, [index], { v: 1, account_id: accountId, ...expiry });
    // A receipt that a notification has told of before has found its account. Its check finds nothing, and ends.
    if (!wasBound && config.topics.length > 0) batch.delete([PARKED_RECEIPT.kind, index]);
  }
  const changed = bound && record.told_state !== state;
  return { record: written, change: changed ? { sku: record.purchase?.sku ?? null, state } : null };
}

/**
 * Removes an entitlement with its check, and the pointer of a bound receipt. The batch checks the entitlement: a claim
 * that is bound meanwhile has a pointer that must go as well.
 */
export function deleteEntitlement(
  batch: WriteBatch,
  { key, value, versionstamp }: Present<EntitlementRecord>,
): void {
  const [, accountId = "", index = ""] = key;
  batch.check({ key, versionstamp });
  batch.delete(key);
  deleteCheck(batch, checkOf(accountId, index), value.check);
  if (value.bound_at !== null) batch.delete([RECEIPT.kind, index]);
}

/**
 * Removes an entitlement of a list, also one that has expired. One that cannot be opened goes with its pointer as well.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function deleteListedEntitlement(
  batch: WriteBatch,
  { key, versionstamp, stored }: ListedEntry<EntitlementRecord>,
): Promise<void> {
  if (stored !== null) return deleteEntitlement(batch, { key, versionstamp, value: stored });
  const [, accountId, index = ""] = key;
  batch.check({ key, versionstamp });
  batch.delete(key);
  const pointer = await batch.get(RECEIPT, [index]);
  if (pointer.value?.account_id !== accountId) return;
  batch.check(pointer);
  batch.delete(pointer.key);
}

function checkOf(accountId: string, index: string): ReceiptCheck {
  return { name: "entitlement", ids: [accountId, index] };
}

function expiryOf(
  { bound_at, gone, purchase, expires_at }: EntitlementRecord,
  { wasBound, ended, at }: { readonly wasBound: boolean; readonly ended: boolean; readonly at: number },
): { readonly expires_at?: number } {
  if (bound_at === null) return { expires_at: expires_at ?? at + CLAIM_LIFE_MS };
  if (!ended) return {};
  // RVS does not tell since when a receipt is gone: it counts from when we heard of it first.
  if (wasBound && expires_at !== undefined) return { expires_at };
  const endedAt = gone ? at : purchase?.cancels_at ?? at;
  return { expires_at: Math.max(endedAt + ENDED_LISTED_MS, at + 1) };
}
