/**
 * Entitlements: what an account may use, by its receipts as Amazon's RVS last told.
 *
 * @module
 */
import type { Purchase } from "../amazon/verdict.ts";
import { ENTITLEMENT, type EntitlementRecord } from "../kv/schema.ts";
import type { ListedEntry } from "../kv/write_batch.ts";
import { UnreadableRecordProblem } from "../kv/storage_failure.ts";
import type { Store } from "../kv/store.ts";

/**
 * The state of a receipt. `unverified`: RVS has not answered yet. `invalid`: RVS does not know it. `elsewhere`: another
 * account has it.
 */
export type EntitlementState = "active" | "grace" | "ended" | "unverified" | "invalid" | "elsewhere";

/** An entitlement as the contract shows it. Times are RFC 3339, UTC. */
export interface Entitlement {
  /** The Appstore's id of the purchase. */
  readonly receipt_id: string;
  /** The product. */
  readonly sku: string | null;
  /** The term of a subscription. */
  readonly term_sku: string | null;
  /** `SUBSCRIPTION`, `ENTITLED` or `CONSUMABLE`. */
  readonly product_type: string | null;
  /** What the account may do with it. */
  readonly state: EntitlementState;
  /** Whether the free trial runs. */
  readonly trial: boolean;
  /** Whether the subscription renews itself. */
  readonly auto_renewing: boolean;
  /** When the product was first bought. */
  readonly purchased_at: string | null;
  /** When the subscription is renewed next. */
  readonly renews_at: string | null;
  /** When access ends, or ended. */
  readonly ends_at: string | null;
  /** `due` until the Appstore knows that the purchase was honoured; null where this is not known. */
  readonly fulfillment: "due" | "done" | null;
  /** Whether it was bought by Quick Subscribe. */
  readonly quick_subscribe: boolean;
  /** Whether it is a test purchase. */
  readonly test: boolean;
  /** When RVS last told. */
  readonly verified_at: string | null;
}

/** The fields of a receipt that are stored for an account, and for a receipt without one. */
export type StoredReceipt = Pick<EntitlementRecord, "receipt_id" | "purchase" | "gone" | "verified_at">;

/** Milliseconds for which an ended receipt is listed. */
export const ENDED_LISTED_MS = 90 * 86_400_000;
/** Records that one read lists. */
const PAGE = 500;

/** Shows a receipt of which nothing but its state is told. */
export function describeUnknown(receiptId: string, state: EntitlementState): Entitlement {
  return {
    receipt_id: receiptId,
    sku: null,
    term_sku: null,
    product_type: null,
    state,
    trial: false,
    auto_renewing: false,
    purchased_at: null,
    renews_at: null,
    ends_at: null,
    fulfillment: null,
    quick_subscribe: false,
    test: false,
    verified_at: null,
  };
}

/**
 * Shows a stored receipt as the contract does.
 *
 * @param now Milliseconds since the epoch.
 */
export function describeEntitlement(record: StoredReceipt, now: number): Entitlement {
  const { receipt_id, purchase, verified_at } = record;
  const state = stateOf(record, now);
  const unknown = { ...describeUnknown(receipt_id, state), verified_at: timeOf(verified_at) };
  if (purchase === null) return unknown;
  return {
    ...unknown,
    sku: purchase.sku,
    term_sku: purchase.term_sku,
    product_type: purchase.product_type,
    trial: state === "active" && (purchase.trial_ends_at ?? 0) > now,
    auto_renewing: purchase.auto_renewing,
    purchased_at: timeOf(purchase.purchased_at),
    renews_at: timeOf(purchase.renews_at),
    ends_at: timeOf(purchase.cancels_at),
    fulfillment: !purchase.fulfilled ? "due" : isSubscription(record) ? "done" : null,
    quick_subscribe: purchase.quick_subscribe,
    test: purchase.test,
  };
}

/**
 * Tells the state of a stored receipt. Access ends when Amazon says that it is cancelled, never at a renewal: a renewal
 * that Amazon has not told us yet is no end.
 *
 * @param now Milliseconds since the epoch.
 */
export function stateOf(
  { purchase, gone }: Pick<StoredReceipt, "purchase" | "gone">,
  now: number,
): EntitlementState {
  if (gone) return "ended";
  if (purchase === null) return "unverified";
  if (purchase.cancels_at !== null && purchase.cancels_at <= now) return "ended";
  return (purchase.grace_ends_at ?? 0) > now ? "grace" : "active";
}

/** Tells whether a receipt is of a subscription. RVS tells of the fulfilment of subscriptions alone. */
export function isSubscription({ purchase }: Pick<StoredReceipt, "purchase">): boolean {
  return purchase?.product_type === "SUBSCRIPTION";
}

/** Tells whether a running subscription waits for its fulfilment. */
export function isFulfillmentDue(record: Pick<StoredReceipt, "purchase" | "gone">, now: number): boolean {
  const { purchase } = record;
  return purchase !== null && !purchase.fulfilled && isSubscription(record) &&
    stateOf(record, now) !== "ended";
}

/** Makes the stored form of a purchase that RVS has confirmed. */
export function storedPurchase(purchase: Purchase): NonNullable<EntitlementRecord["purchase"]> {
  return {
    sku: purchase.sku,
    term_sku: purchase.termSku,
    product_type: purchase.productType,
    purchased_at: purchase.purchasedAt,
    renews_at: purchase.renewsAt,
    cancels_at: purchase.cancelsAt,
    trial_ends_at: purchase.trialEndsAt,
    grace_ends_at: purchase.graceEndsAt,
    auto_renewing: purchase.autoRenewing,
    fulfilled: purchase.fulfilled,
    quick_subscribe: purchase.quickSubscribe,
    test: purchase.test,
  };
}

/**
 * Lists the entitlements of an account, those with the latest purchase first. Ended ones are listed for 90 days.
 *
 * @param of `now`: milliseconds since the epoch.
 * @throws {Problem} `storage_unavailable`
 */
export async function listEntitlements(
  store: Store,
  { accountId, now }: { readonly accountId: string; readonly now: number },
): Promise<Entitlement[]> {
  const entries: ListedEntry<EntitlementRecord>[] = [];
  // A customer can buy consumables without end, and a subscription can stand behind all of them.
  for (let page = PAGE; page === PAGE;) {
    const after = entries.at(-1)?.key;
    const read = await store.list(ENTITLEMENT, { under: [accountId], after, limit: PAGE });
    entries.push(...read);
    page = read.length;
  }
  // A list without a record that cannot be read would tell a paying customer that nothing is left.
  if (entries.some(({ stored }) => stored === null)) throw new UnreadableRecordProblem(ENTITLEMENT);
  const records = entries.flatMap(({ value }) => value === null || hasLongEnded(value, now) ? [] : [value]);
  const at = ({ purchase }: EntitlementRecord) => purchase?.purchased_at ?? 0;
  return records.toSorted((a, b) => at(b) - at(a)).map((record) => describeEntitlement(record, now));
}

/** The database keeps a record whose end came between two checks for a little longer than the contract lists it. */
function hasLongEnded({ purchase, gone }: EntitlementRecord, now: number): boolean {
  return !gone && purchase?.cancels_at != null && purchase.cancels_at + ENDED_LISTED_MS <= now;
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
