/**
 * What a stored notification asks for: RVS is asked about its receipts, or a subscription is confirmed.
 *
 * @module
 */
import { findReceipts } from "../accounts/receipts.ts";
import { findReceiptClient } from "../config/amazon.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { type DueCheck, moveCheck } from "../kv/receipt_checks.ts";
import { ENTITLEMENT, NOTIFICATION, type NotificationRecord } from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import type { Present } from "../kv/write_batch.ts";
import type { Services } from "../services.ts";
import { verifyEntitlement } from "./entitlement_check.ts";
import type { Pace } from "./pace.ts";
import { parkReceipt } from "./parking.ts";

/** Tries to confirm a subscription. After that the operator has the token in the log. */
const MOST_TRIES = 5;
const RETRY_MS = 60_000;

type Notice<Is extends string> = Extract<NonNullable<NotificationRecord["notice"]>, { readonly is: Is }>;

/**
 * Does what a notification asks for. Afterwards nothing of the message is kept but that it came.
 *
 * @throws {Problem} `storage_unavailable`
 * @throws {PaceOverError} when no call may be made now
 */
export async function checkNotification(services: Services, pace: Pace, check: DueCheck): Promise<void> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  const { value, ...entry } = await store.get(NOTIFICATION, check.ids);
  const notice = value?.notice ?? null;
  if (value === null || notice === null) return await finish(store, check, null);
  if (notice.is === "confirmation") return await confirm(services, check, { ...entry, value }, notice);
  // What it says is done once a shared secret is set.
  if (findReceiptClient(services.config.amazonClients, undefined) === null) return;
  for (const receiptId of notice.receipt_ids) await checkReceipt(services, pace, receiptId, notice);
  // The calls can have taken longer than the first handle lives.
  using end = services.db.within(STORAGE_DEADLINE_MS);
  await finish(end, check, { ...entry, value });
}

async function checkReceipt(
  services: Services,
  pace: Pace,
  receiptId: string,
  notice: Notice<"receipts">,
): Promise<void> {
  const { db, keyring } = services;
  const { user_id: userId, timestamp } = notice;
  using store = db.within(STORAGE_DEADLINE_MS);
  const [receipt] = await findReceipts(store, keyring, [receiptId]);
  const { owner, indexes, pointers } = receipt!;
  if (owner === null) {
    if (await parkReceipt(services, pace, { receiptId, userId, timestamp })) return;
    // What the device was told can be older than this message.
    return await checkReceipt(services, pace, receiptId, notice);
  }
  const index = pointers.findIndex(({ value }) => value !== null);
  const { value, ...entry } = await store.get(ENTITLEMENT, [owner, indexes[index]!]);
  // An older message tells nothing new.
  if (value === null || (value.notified_at ?? -1) >= timestamp) return;
  await verifyEntitlement(services, pace, { ...entry, value }, timestamp);
}

async function confirm(
  { db, sns, clock, log }: Services,
  check: DueCheck,
  entry: Present<NotificationRecord>,
  notice: Notice<"confirmation">,
): Promise<void> {
  const confirmed = await sns.confirm(notice.url);
  log(confirmed ? "info" : "warning", confirmed ? "rtn_confirmed" : "rtn_not_confirmed", {});
  using store = db.within(STORAGE_DEADLINE_MS);
  const tries = notice.tries + 1;
  if (confirmed || tries >= MOST_TRIES) return await finish(store, check, entry);
  const batch = store.batch();
  batch.check(entry);
  batch.check(check.entry);
  batch.set(NOTIFICATION, check.ids, { ...entry.value, notice: { ...notice, tries } });
  moveCheck(batch, check, { from: check.time, to: { lane: "soon", due: clock.now() + RETRY_MS * tries } });
  await store.commit(batch);
}

/** Removes the check, and what the message said. */
async function finish(
  store: Store,
  check: DueCheck,
  entry: Present<NotificationRecord> | null,
): Promise<void> {
  const batch = store.batch();
  batch.check(check.entry);
  batch.delete(check.entry.key);
  if (entry !== null) {
    batch.check(entry);
    batch.set(NOTIFICATION, check.ids, { ...entry.value, notice: null });
  }
  await store.commit(batch);
}
