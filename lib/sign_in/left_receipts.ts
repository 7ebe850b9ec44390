/**
 * The receipts of a sign-in for which its commit has no room: a KV service takes few checks in one commit.
 *
 * @module
 */
import { assertBears } from "../accounts/account_indexes.ts";
import type { ReceiptClaim } from "../accounts/entitlement_records.ts";
import type { Entitlement } from "../accounts/entitlements.ts";
import { readAndPutReceipts } from "../accounts/receipt_reading.ts";
import { settleAll, type SettledReceipts } from "../accounts/receipts.ts";
import { describeError } from "../base/log.ts";
import { happeningsOf } from "../events/entitlement_events.ts";
import { putEvents } from "../events/events.ts";
import { ACCOUNT } from "../kv/schema.ts";
import { ContradictionError } from "../kv/storage_failure.ts";
import type { Store } from "../kv/store.ts";
import type { Services } from "../services.ts";

/** What became of the receipts of a sign-in. */
export interface ToldReceipts {
  /** The answer to the device, in the order of its receipts. */
  readonly entitlements: readonly Entitlement[];
  /** Whether a check is due right now. */
  readonly due: boolean;
}

/** The account that gets the receipts, and what the commit of the sign-in has done. */
export interface LeftReceipts {
  /** `acc_` and 32 hexadecimal digits. */
  readonly accountId: string;
  /** Amazon's id of the customer, which the account must bear. */
  readonly userId: string;
  /** All receipts of the sign-in, with what RVS has said. */
  readonly claims: readonly ReceiptClaim[];
  /** What the commit of the sign-in does of them. */
  readonly settled: SettledReceipts;
}

/**
 * Settles what is left of the receipts of a known customer, before the commit of the sign-in: what the device is told is
 * stored before.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function settleBefore(
  services: Services,
  store: Store,
  left: LeftReceipts,
): Promise<ToldReceipts> {
  const { claims, settled } = left;
  const { entitlements, due } = await settleLeft(services, store, left);
  return { entitlements: inOrder(claims, settled, entitlements), due: settled.due || due };
}

/**
 * Settles what is left of the receipts of a new customer, after the commit that has stored them as claims. A failure is
 * logged and does not reject: RVS is asked about the claims again right away.
 */
export async function settleAfter(
  services: Services,
  store: Store,
  left: LeftReceipts,
): Promise<ToldReceipts> {
  const { claims, settled } = left;
  let entitlements: readonly Entitlement[] = [];
  try {
    if (settled.left.length > 0) entitlements = (await settleLeft(services, store, left)).entitlements;
  } catch (error) {
    services.log("warning", "receipts_not_settled", describeError(error));
  }
  return { entitlements: inOrder(claims, settled, entitlements), due: settled.due };
}

function settleLeft(
  services: Services,
  store: Store,
  { accountId, userId, settled }: LeftReceipts,
): Promise<ToldReceipts> {
  return settleAll(settled.left, (claims) =>
    store.transact(async (batch) => {
      const account = await batch.get(ACCOUNT, [accountId]);
      if (account.value === null) throw new ContradictionError(`${accountId} does not exist any more`);
      assertBears(accountId, account.value, { userId });
      batch.check(account);
      const settled = await readAndPutReceipts(batch, services, {
        accountId,
        claims,
        at: services.clock.now(),
      });
      putEvents(services, batch, { accountId, events: happeningsOf(settled.changes) });
      return settled;
    }));
}

/** The later answer about a receipt counts. */
function inOrder(
  claims: readonly ReceiptClaim[],
  { entitlements }: SettledReceipts,
  later: readonly Entitlement[],
): Entitlement[] {
  const told = new Map([...entitlements, ...later].map((each) => [each?.receipt_id, each]));
  return claims.flatMap(({ receiptId }) => told.get(receiptId) ?? []);
}
