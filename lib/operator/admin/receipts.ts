/**
 * Receipts for the operator: what is known of one, and binding it to another account.
 *
 * @module
 */
import { deleteEntitlement, newClaim, putEntitlement } from "../../accounts/entitlement_records.ts";
import { describeEntitlement, type Entitlement } from "../../accounts/entitlements.ts";
import { findReceipts, type FoundReceipt, readEntitlements } from "../../accounts/receipts.ts";
import { happeningsOf } from "../../events/entitlement_events.ts";
import { putEvents } from "../../events/events.ts";
import { STORAGE_DEADLINE_MS } from "../../kv/database.ts";
import {
  ACCOUNT,
  ENTITLEMENT,
  type EntitlementRecord,
  PARKED_RECEIPT,
  type ParkedReceiptRecord,
} from "../../kv/schema.ts";
import type { Present, Reader, WriteBatch } from "../../kv/write_batch.ts";
import type { Services } from "../../services.ts";
import { CommandError } from "../command.ts";
import { noAccount } from "./find_account.ts";

/** What is known of a receipt. */
export interface ShownReceipt {
  /** The Appstore's `receiptId`. */
  readonly receipt_id: string;
  /** The account that has it; null when none has. */
  readonly account_id: string | null;
  /** Whether Amazon has told of it and no account has it yet. */
  readonly parked: boolean;
  /** What the account may do with it, as the API shows it. */
  readonly entitlement: Entitlement;
}

/**
 * Shows what is known of a receipt.
 *
 * @throws {CommandError} `not_found`
 * @throws {Problem} `storage_unavailable`
 */
export async function showReceipt(services: Services, receiptId: string): Promise<ShownReceipt> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  const { found, bound, parked } = await readReceipt(services, store, receiptId);
  const record = bound?.value ?? parked?.value;
  if (record === undefined) throw noReceipt();
  return {
    receipt_id: receiptId,
    account_id: found.owner,
    parked: bound === null,
    entitlement: describeEntitlement(record, services.clock.now()),
  };
}

/**
 * Binds a receipt to an account: one that another account has, or one that no account has yet. Bound there already, it
 * stays as it is.
 *
 * @throws {CommandError} `not_found` without such a receipt or account
 * @throws {Problem} `storage_unavailable`
 */
export async function moveReceipt(services: Services, receiptId: string, accountId: string): Promise<void> {
  const { clock, config } = services;
  using store = services.db.within(STORAGE_DEADLINE_MS);
  await store.transact(async (batch) => {
    const account = await batch.get(ACCOUNT, [accountId]);
    if (account.value === null) throw noAccount();
    batch.check(account);
    const { found, bound, parked } = await readReceipt(services, batch, receiptId);
    if (found.owner === accountId) return;
    for (const pointer of found.proof) batch.check(pointer);
    const at = clock.now();
    const record = takeAway(services, batch, { bound, parked, at });
    const [index = ""] = found.indexes;
    const [claim] = await readEntitlements(batch, accountId, [found.indexes]);
    const absent = { key: [ENTITLEMENT.kind, accountId, index], value: null, versionstamp: null };
    const here = claim?.key[2] === index ? claim : absent;
    if (claim?.value && claim !== here) deleteEntitlement(batch, { ...claim, value: claim.value });
    const { change } = putEntitlement(batch, config.purchases, { entry: here, record, at });
    const events = happeningsOf(change === null ? [] : [change]);
    putEvents(services, batch, { accountId, events });
  });
}

/** Removes a receipt from where it is. Returns the record to bind. */
function takeAway(
  services: Services,
  batch: WriteBatch,
  { bound, parked, at }: {
    readonly bound: Present<EntitlementRecord> | null;
    readonly parked: Present<ParkedReceiptRecord> | null;
    readonly at: number;
  },
): EntitlementRecord {
  if (bound !== null) {
    deleteEntitlement(batch, bound);
    const [, from = ""] = bound.key;
    const events = happeningsOf([{ sku: bound.value.purchase?.sku ?? null, state: "elsewhere" }]);
    putEvents(services, batch, { accountId: from, events });
    return { ...bound.value, bound_at: at, told_state: null };
  }
  if (parked === null) throw noReceipt();
  // The check of the parked receipt finds nothing, and ends.
  batch.check(parked);
  batch.delete(parked.key);
  const { receipt_id: receiptId, user_id: userId, purchase, gone, verified_at, failures } = parked.value;
  const app = services.config.amazonClients[0]?.app ?? "";
  const claim = newClaim({ receiptId, userId, app, verdict: { outcome: "unavailable" }, askedAt: at });
  return { ...claim, purchase, gone, verified_at, failures, bound_at: at };
}

/** Reads who has a receipt, and what is stored of it. */
async function readReceipt(services: Services, reader: Reader, receiptId: string): Promise<{
  readonly found: FoundReceipt;
  readonly bound: Present<EntitlementRecord> | null;
  readonly parked: Present<ParkedReceiptRecord> | null;
}> {
  const [found] = await findReceipts(reader, services.keyring, [receiptId]);
  if (found === undefined) throw noReceipt();
  const [bound] = found.owner === null ? [] : await readEntitlements(reader, found.owner, [found.indexes]);
  const parked = await reader.getMany<ParkedReceiptRecord[]>(
    found.indexes.map((index) => [PARKED_RECEIPT, [index]] as const),
  );
  const waiting = parked.find(({ value }) => value !== null);
  return {
    found,
    bound: bound?.value ? { ...bound, value: bound.value } : null,
    parked: waiting?.value ? { ...waiting, value: waiting.value } : null,
  };
}

function noReceipt(): CommandError {
  return new CommandError("not_found", "No account has this receipt, and Amazon has told of none");
}
