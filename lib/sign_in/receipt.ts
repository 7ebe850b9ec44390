/**
 * Sign-in by a receipt: the second TV and the reinstalled app, of a customer whose receipt an account has.
 *
 * It trusts that only the customer's devices know the receipt id together with the Appstore user id: the Appstore gives
 * both to the app on these devices alone. The operator has to switch it on.
 *
 * @module
 */
import { getIndexedAccount } from "../accounts/account_indexes.ts";
import { newClaim, putEntitlement, withVerdict } from "../accounts/entitlement_records.ts";
import { stateOf, storedPurchase } from "../accounts/entitlements.ts";
import { findReceipts, readEntitlements } from "../accounts/receipts.ts";
import type { ClientWithSecret, ReceiptOfUser } from "../amazon/rvs.ts";
import type { Verdict } from "../amazon/verdict.ts";
import { Problem, type ProblemCode } from "../base/problem.ts";
import { happeningsOf } from "../events/entitlement_events.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { joinReads } from "../kv/joined_reads.ts";
import type { Device } from "../kv/schema.ts";
import type { WriteBatch } from "../kv/write_batch.ts";
import type { Services } from "../services.ts";
import { putSession, type SignedIn } from "../sessions/sessions.ts";

/** A sign-in by a receipt, as a validated request asks for it. */
export interface ReceiptSignIn extends ReceiptOfUser {
  /** The client whose shared secret RVS is asked with. */
  readonly client: ClientWithSecret;
  /** The device, as it describes itself. */
  readonly device: Device;
  /** The id of the HTTP request, for the log. */
  readonly requestId: string;
}

/** What the device is told when RVS does not confirm the receipt. */
const REFUSALS: Readonly<Record<Exclude<Verdict["outcome"], "confirmed">, ProblemCode>> = {
  gone: "receipt_rejected",
  invalid: "receipt_rejected",
  secret_rejected: "upstream_rejected_client",
  unavailable: "upstream_unavailable",
};

/**
 * Signs in to the account that has a receipt, when RVS confirms now that it is active or in its grace period.
 *
 * @throws {Problem} `receipt_rejected`, `receipt_unknown`, `account_blocked`, `upstream_unavailable`,
 *   `upstream_rejected_client` or `storage_unavailable`
 */
export async function signInByReceipt(services: Services, request: ReceiptSignIn): Promise<SignedIn> {
  const { db, clock, config, keyring, rvs, telemetry } = services;
  const { receiptId, userId, client, device, requestId } = request;
  const askedAt = clock.now();
  const verdict = await telemetry.span("rvs", () => rvs.verify({ receiptId, userId }, client, { requestId }));
  if (verdict.outcome !== "confirmed") throw new Problem(REFUSALS[verdict.outcome]);
  const running = { purchase: storedPurchase(verdict.purchase), gone: false };
  if (stateOf(running, clock.now()) === "ended") throw new Problem("receipt_rejected");

  using store = db.within(STORAGE_DEADLINE_MS);
  const signIn = async (batch: WriteBatch) => {
    const at = clock.now();
    const [receipt] = await findReceipts(batch, keyring, [receiptId]);
    const owner = receipt!.owner;
    if (owner === null) throw new Problem("receipt_unknown");
    for (const pointer of receipt!.proof) batch.check(pointer);
    const reader = joinReads(batch);
    const [account, [entry]] = await Promise.all([
      getIndexedAccount(reader, owner, {}),
      readEntitlements(reader, owner, [receipt!.indexes]),
    ]);
    batch.check(account);
    // The pointer is not sealed. The entitlement is, and says that the receipt is this account's.
    if (entry!.value === null) throw new Problem("receipt_unknown");
    const claim = { receiptId, userId, app: client.app, verdict, askedAt };
    const record = withVerdict(entry!.value ?? newClaim(claim), { ...claim, at });
    const { change } = putEntitlement(batch, config.purchases, { entry: entry!, record, at });
    return await putSession(services, batch, {
      account: { id: owner, record: account.value, created: false },
      method: "receipt",
      device,
      app: client.app,
      events: happeningsOf(change === null ? [] : [change]),
    });
  };
  return await telemetry.span("commit", () => store.near.transact(signIn));
}
