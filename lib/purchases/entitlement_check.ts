/**
 * The check of one entitlement: what RVS says now, and what is to be done about a purchase that nobody has fulfilled.
 *
 * @module
 */
import {
  deleteEntitlement,
  putEntitlement,
  type ReceiptClaim,
  wasTold,
  withVerdict,
} from "../accounts/entitlement_records.ts";
import { isFulfillmentDue } from "../accounts/entitlements.ts";
import { ACKNOWLEDGE_AFTER_MS, warningsDue } from "../accounts/receipt_schedule.ts";
import { findReceipts } from "../accounts/receipts.ts";
import { findReceiptClient } from "../config/amazon.ts";
import { happeningsOf } from "../events/entitlement_events.ts";
import { type Happening, putEvents } from "../events/events.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import type { DueCheck } from "../kv/receipt_checks.ts";
import { ACCOUNT, ENTITLEMENT, type EntitlementRecord } from "../kv/schema.ts";
import type { Entry, Present, WriteBatch } from "../kv/write_batch.ts";
import type { Services } from "../services.ts";
import type { Pace } from "./pace.ts";

/** What RVS said, and what the record gets beside it. */
interface Finding {
  readonly claim: ReceiptClaim;
  readonly changes: Pick<EntitlementRecord, "acknowledged_at" | "notified_at">;
}

/**
 * Asks RVS about an entitlement whose check is due, and writes what it says.
 *
 * @throws {Problem} `storage_unavailable`
 * @throws {PaceOverError} when no call may be made now
 */
export async function checkEntitlement(services: Services, pace: Pace, check: DueCheck): Promise<void> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  const { value, ...entry } = await store.get(ENTITLEMENT, check.ids);
  const { lane, due } = check.time;
  if (value !== null && value.check?.due === due && value.check.lane === lane) {
    return await verifyEntitlement(services, pace, { ...entry, value });
  }
  // The entitlement is gone, or has another check: this one is a remainder.
  const batch = store.batch();
  batch.check(check.entry);
  batch.delete(check.entry.key);
  await store.commit(batch);
}

/**
 * Asks RVS about an entitlement, and writes what it says.
 *
 * @param entry The entitlement as it was read.
 * @param notifiedAt The `timestamp` of the notification that asks for it, if one does.
 * @throws {Problem} `storage_unavailable`
 * @throws {PaceOverError} when no call may be made now
 */
export async function verifyEntitlement(
  services: Services,
  pace: Pace,
  entry: Present<EntitlementRecord>,
  notifiedAt?: number,
): Promise<void> {
  const { claim, changes } = await ask(services, pace, entry.value);
  const notified = notifiedAt === undefined ? {} : { notified_at: notifiedAt };
  await write(services, entry, { claim, changes: { ...changes, ...notified } });
}

/** Asks RVS, and acknowledges what no device has, when the operator wants it so. */
async function ask(
  { rvs, clock, config }: Services,
  pace: Pace,
  record: EntitlementRecord,
): Promise<Finding> {
  const client = findReceiptClient(config.amazonClients, record.app);
  if (client === null) throw new RangeError("No client has a shared secret");
  const { receipt_id: receiptId, user_id: userId, bound_at, acknowledged_at } = record;
  const verify = async (): Promise<ReceiptClaim> => {
    await pace.turn();
    const askedAt = clock.now();
    const verdict = await rvs.verify({ receiptId, userId }, client);
    return { receiptId, userId, app: record.app, askedAt, verdict };
  };
  const claim = await verify();
  const { verdict } = claim;
  const since = acknowledged_at ?? bound_at;
  const mayAcknowledge = config.purchases.acknowledge && since !== null &&
    since + ACKNOWLEDGE_AFTER_MS <= clock.now() && isFulfillmentDue(record, clock.now());
  if (!mayAcknowledge || verdict.outcome !== "confirmed" || verdict.purchase.fulfilled) {
    return { claim, changes: {} };
  }
  await pace.turn();
  await rvs.acknowledge({ receiptId, userId }, client);
  // Only RVS tells whether it took.
  return { claim: await verify(), changes: { acknowledged_at: clock.now() } };
}

async function write(services: Services, known: Present<EntitlementRecord>, finding: Finding): Promise<void> {
  const { db, log } = services;
  const [, accountId = "", index = ""] = known.key;
  const { verdict } = finding.claim;
  using store = db.within(STORAGE_DEADLINE_MS);
  let first: Entry<EntitlementRecord> | null = known;
  await store.transact(async (batch) => {
    const { value, ...entry } = first ?? await batch.get(ENTITLEMENT, [accountId, index]);
    first = null;
    // The account was deleted meanwhile.
    if (value === null) return;
    const present = { ...entry, value };
    const mayStay = value.bound_at !== null || await mayBind(services, batch, accountId, finding.claim);
    if (!mayStay) deleteEntitlement(batch, present);
    else putFinding(services, batch, present, finding);
  });
  if (verdict.outcome === "invalid" && known.value.bound_at !== null) {
    const detail = "RVS does not know a receipt any more that it has confirmed before; the entitlement stays";
    log("error", "receipt_not_confirmed", { app: known.value.app, detail });
  }
}

/** Tells whether a claim that is not verified yet may become, or stay, one of its account. */
async function mayBind(
  { keyring }: Services,
  batch: WriteBatch,
  accountId: string,
  { receiptId, verdict }: ReceiptClaim,
): Promise<boolean> {
  if (verdict.outcome === "invalid") return false;
  const account = await batch.get(ACCOUNT, [accountId]);
  const [receipt] = await findReceipts(batch, keyring, [receiptId]);
  for (const entry of [account, ...receipt!.proof]) batch.check(entry);
  return account.value !== null && (receipt!.owner === null || receipt!.owner === accountId);
}

/** Writes what was found out about an entitlement, with the events that tell of it. */
function putFinding(
  services: Services,
  batch: WriteBatch,
  entry: Present<EntitlementRecord>,
  { claim, changes }: Finding,
): void {
  const { clock, config } = services;
  const [, accountId = ""] = entry.key;
  const { verdict } = claim;
  const at = clock.now();
  const before = entry.value;
  const after = wasTold(verdict)
    ? withVerdict(before, { ...claim, verdict, at })
    : { ...before, failures: before.failures + 1 };
  const warnings = Math.max(after.warnings, warningsDue(after, at));
  const put = { entry, record: { ...after, ...changes, warnings }, at };
  const { record, change } = putEntitlement(batch, config.purchases, put);
  const events: Happening[] = happeningsOf(change === null ? [] : [change]);
  if (warnings > before.warnings && record.purchase !== null) {
    events.push({ type: "purchase.unfulfilled", sku: record.purchase.sku });
    const detail = "A purchase was not fulfilled for 7 or 12 days: Amazon cancels it after 14";
    services.log("warning", "purchase_unfulfilled", { app: record.app, detail });
  }
  putEvents(services, batch, { accountId, events });
}
