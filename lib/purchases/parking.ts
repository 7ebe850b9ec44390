/**
 * Receipts that Amazon tells of and no account has. They are parked until a device brings them, and the operator hears of
 * one before Amazon cancels it.
 *
 * @module
 */
import { stateOf, storedPurchase } from "../accounts/entitlements.ts";
import { nextParkedCheck, WARN_AFTER_MS } from "../accounts/receipt_schedule.ts";
import { findReceipts } from "../accounts/receipts.ts";
import type { ReceiptOfUser } from "../amazon/rvs.ts";
import type { Verdict } from "../amazon/verdict.ts";
import { findReceiptClient } from "../config/amazon.ts";
import { putEvents } from "../events/events.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { deleteCheck, type DueCheck, moveCheck, type ReceiptCheck } from "../kv/receipt_checks.ts";
import { PARKED_RECEIPT, type ParkedReceiptRecord } from "../kv/schema.ts";
import type { Entry, WriteBatch } from "../kv/write_batch.ts";
import type { Services } from "../services.ts";
import type { Pace } from "./pace.ts";

/** Milliseconds for which a receipt waits for its account, from the last notification on. */
const PARKED_MS = 30 * 86_400_000;

/**
 * Asks RVS about a receipt that a notification names, and parks it unless RVS does not know it.
 *
 * @returns False when a device has brought the receipt meanwhile: then an account has it.
 * @throws {Problem} `storage_unavailable`
 * @throws {PaceOverError} when no call may be made now
 */
export async function parkReceipt(
  services: Services,
  pace: Pace,
  { timestamp, ...receipt }: ReceiptOfUser & { readonly timestamp: number },
): Promise<boolean> {
  const { db, keyring } = services;
  using store = db.within(STORAGE_DEADLINE_MS);
  const [index] = keyring.blindIndexes("receipt", receipt.receiptId);
  const known = await store.get(PARKED_RECEIPT, [index]);
  // An older message tells nothing new.
  if (known.value !== null && known.value.notified_at >= timestamp) return true;
  const verdict = await ask(services, pace, receipt);
  return await write(services, [index], {
    receipt,
    verdict,
    record: known.value ?? newParked(receipt),
    notifiedAt: timestamp,
  });
}

/**
 * Asks RVS about a parked receipt again, and tells the operator when nobody has claimed it for 12 days.
 *
 * @throws {Problem} `storage_unavailable`
 * @throws {PaceOverError} when no call may be made now
 */
export async function checkParked(services: Services, pace: Pace, check: DueCheck): Promise<void> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  const { value: record } = await store.get(PARKED_RECEIPT, check.ids);
  if (record === null || record.check?.due !== check.time.due) {
    // A device has brought the receipt, or it has another check: this one is a remainder.
    const batch = store.batch();
    batch.check(check.entry);
    batch.delete(check.entry.key);
    return void await store.commit(batch);
  }
  const receipt = { receiptId: record.receipt_id, userId: record.user_id };
  const verdict = await ask(services, pace, receipt);
  await write(services, check.ids, { receipt, verdict, record });
}

async function ask({ rvs, config }: Services, pace: Pace, receipt: ReceiptOfUser): Promise<Verdict> {
  // No device has said which app the receipt is of.
  const client = findReceiptClient(config.amazonClients, undefined);
  if (client === null) throw new RangeError("No client has a shared secret");
  await pace.turn();
  return await rvs.verify(receipt, client);
}

interface ParkedFinding {
  readonly receipt: ReceiptOfUser;
  readonly verdict: Verdict;
  readonly record: ParkedReceiptRecord;
  readonly notifiedAt?: number;
}

async function write(services: Services, ids: readonly string[], finding: ParkedFinding): Promise<boolean> {
  const { db, keyring } = services;
  const { receipt, verdict } = finding;
  using store = db.within(STORAGE_DEADLINE_MS);
  return await store.transact(async (batch) => {
    const [found] = await findReceipts(batch, keyring, [receipt.receiptId]);
    for (const pointer of found!.proof) batch.check(pointer);
    const entry = await batch.get(PARKED_RECEIPT, ids);
    batch.check(entry);
    const isOwned = found!.owner !== null;
    if (isOwned || verdict.outcome === "invalid") {
      batch.delete(entry.key);
      deleteCheck(batch, checkOf(ids), entry.value?.check ?? null);
    } else putParked(services, batch, entry, finding);
    return !isOwned;
  });
}

/** Writes a parked receipt with its next check, and the event that nobody has claimed it. */
function putParked(
  services: Services,
  batch: WriteBatch,
  entry: Entry<ParkedReceiptRecord>,
  { verdict, record, notifiedAt = record.notified_at }: ParkedFinding,
): void {
  const { clock, config, log } = services;
  const at = clock.now();
  const [, ...ids] = entry.key;
  const told = verdict.outcome === "confirmed" || verdict.outcome === "gone";
  const after: ParkedReceiptRecord = {
    ...record,
    purchase: verdict.outcome === "confirmed" ? storedPurchase(verdict.purchase) : record.purchase,
    gone: told ? verdict.outcome === "gone" : record.gone,
    verified_at: told ? at : record.verified_at,
    failures: told ? 0 : record.failures + 1,
    notified_at: notifiedAt,
    expires_at: notifiedAt > record.notified_at ? at + PARKED_MS : record.expires_at,
  };
  const { purchase } = after;
  const unclaimed = purchase !== null && !after.told && stateOf(after, at) !== "ended" &&
    (purchase.purchased_at ?? notifiedAt) + WARN_AFTER_MS[1] <= at;
  if (unclaimed) {
    putEvents(services, batch, {
      accountId: null,
      events: [{ type: "purchase.unclaimed", sku: purchase.sku }],
    });
    log("warning", "purchase_unclaimed", { detail: "No account has a receipt that was bought 12 days ago" });
  }
  const next = { ...after, told: after.told || unclaimed };
  const check = nextParkedCheck(next, at, config.purchases);
  moveCheck(batch, checkOf(ids), { from: entry.value?.check ?? null, to: check });
  batch.set(PARKED_RECEIPT, ids, { ...next, check });
}

function newParked({ receiptId, userId }: ReceiptOfUser): ParkedReceiptRecord {
  return {
    v: 1,
    receipt_id: receiptId,
    user_id: userId,
    purchase: null,
    gone: false,
    verified_at: null,
    failures: 0,
    check: null,
    notified_at: 0,
    told: false,
    expires_at: 0,
  };
}

function checkOf(ids: readonly string[]): ReceiptCheck {
  return { name: "parked", ids };
}
