/**
 * Receipts and the accounts that have them. The first verified claim binds a receipt to an account, and nothing else moves
 * it. A claim that is not verified yet is stored with its account, and binds nothing.
 *
 * @module
 */
import type { Keyring } from "../kv/keyring.ts";
import { ENTITLEMENT, type EntitlementRecord, RECEIPT, type ReceiptPointerRecord } from "../kv/schema.ts";
import type { Entry, Reader, WriteBatch } from "../kv/write_batch.ts";
import {
  deleteEntitlement,
  type EntitlementChange,
  newClaim,
  putEntitlement,
  type ReceiptClaim,
  wasTold,
  withVerdict,
} from "./entitlement_records.ts";
import { describeEntitlement, describeUnknown, type Entitlement } from "./entitlements.ts";
import type { ScheduleConfig } from "./receipt_schedule.ts";

/** A receipt, and the account that has it. */
export interface FoundReceipt {
  /** The Appstore's `receiptId`. */
  readonly receiptId: string;
  /** Its blind indexes, one for each key of the ring. */
  readonly indexes: readonly string[];
  /** The pointers that were read. A batch that depends on them checks each. */
  readonly pointers: readonly Entry<ReceiptPointerRecord>[];
  /** The account that the receipt is bound to, or null. */
  readonly owner: string | null;
}

/** The settings and services that the functions here use. */
export interface ReceiptServices {
  /** Computes the keys of the receipts. */
  readonly keyring: Keyring;
  /** `purchases`: when a receipt is checked again. */
  readonly config: { readonly purchases: ScheduleConfig };
}

/**
 * Looks up who has some receipts.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function findReceipts(
  reader: Reader,
  keyring: Keyring,
  receiptIds: readonly string[],
): Promise<FoundReceipt[]> {
  const indexes = receiptIds.map((id) => keyring.blindIndexes("receipt", id));
  const wanted = indexes.flat().map((index) => [RECEIPT, [index]] as const);
  const pointers = [...await reader.getMany<ReceiptPointerRecord[]>(wanted)];
  return receiptIds.map((receiptId, i) => {
    const own = pointers.splice(0, indexes[i]!.length);
    const owner = own.find(({ value }) => value !== null)?.value?.account_id ?? null;
    return { receiptId, indexes: indexes[i]!, pointers: own, owner };
  });
}

/**
 * Reads what an account has of some receipts: bound ones, and claims.
 *
 * @returns An entry for each receipt, in their order. An absent one has the key under which it would be stored.
 * @throws {Problem} `storage_unavailable`
 */
export async function readEntitlements(
  reader: Reader,
  accountId: string,
  indexes: readonly (readonly string[])[],
): Promise<Entry<EntitlementRecord>[]> {
  const wanted = indexes.flat().map((index) => [ENTITLEMENT, [accountId, index]] as const);
  const entries = [...await reader.getMany<EntitlementRecord[]>(wanted)];
  return indexes.map(({ length }) => {
    const own = entries.splice(0, length);
    return own.find(({ value }) => value !== null) ?? own[0]!;
  });
}

/** What {@linkcode putReceipts} has done. */
export interface SettledReceipts {
  /** The answer to the device, in the order of the claims. */
  readonly entitlements: readonly Entitlement[];
  /** The changes that events tell of. */
  readonly changes: readonly EntitlementChange[];
  /** Whether a check is due right now. */
  readonly due: boolean;
}

/**
 * Writes what RVS said about the receipts that a device has brought for an account. The caller checks the account in the
 * same batch.
 *
 * @param settled `found`: the result of {@linkcode findReceipts} for the claims. `stored`: that of
 *   {@linkcode readEntitlements}; null for an account that the same batch creates. `at`: milliseconds since the epoch.
 */
export function putReceipts(
  batch: WriteBatch,
  services: ReceiptServices,
  { accountId, claims, found, stored, at }: {
    readonly accountId: string;
    readonly claims: readonly ReceiptClaim[];
    readonly found: readonly FoundReceipt[];
    readonly stored: readonly Entry<EntitlementRecord>[] | null;
    readonly at: number;
  },
): SettledReceipts {
  const changes: EntitlementChange[] = [];
  let due = false;
  const entitlements = claims.map((claim, i) => {
    const receipt = found[i]!;
    const { receiptId, verdict } = claim;
    for (const pointer of receipt.pointers) batch.check(pointer);
    if (verdict.outcome === "invalid") {
      forgetClaim(batch, stored?.[i]);
      return describeUnknown(receiptId, "invalid");
    }
    if (receipt.owner !== null && receipt.owner !== accountId) {
      forgetClaim(batch, stored?.[i]);
      return describeUnknown(receiptId, "elsewhere");
    }
    const absent = {
      key: [ENTITLEMENT.kind, accountId, receipt.indexes[0]!],
      value: null,
      versionstamp: null,
    };
    const entry = stored?.[i] ?? absent;
    const { record, change } = putClaim(batch, services, { entry, claim, at });
    if (change !== null) changes.push(change);
    due ||= record.check !== null && record.check.due <= at;
    return describeEntitlement(record, at);
  });
  return { entitlements, changes, due };
}

/** Removes a claim that turned out to be nothing. A bound receipt stays: RVS was asked about another Appstore user. */
function forgetClaim(batch: WriteBatch, entry: Entry<EntitlementRecord> | undefined): void {
  if (entry === undefined || entry.value === null || entry.value.bound_at !== null) return;
  deleteEntitlement(batch, { ...entry, value: entry.value });
}

/** Writes what RVS said about one receipt. When it said nothing, what was told before stays. */
function putClaim(
  batch: WriteBatch,
  { config }: Pick<ReceiptServices, "config">,
  { entry, claim, at }: {
    readonly entry: Entry<EntitlementRecord>;
    readonly claim: ReceiptClaim;
    readonly at: number;
  },
): { readonly record: EntitlementRecord; readonly change: EntitlementChange | null } {
  const { value } = entry;
  const { verdict } = claim;
  if (wasTold(verdict)) {
    const record = withVerdict(value ?? newClaim(claim), { ...claim, verdict, at });
    return record === value
      ? { record, change: null }
      : putEntitlement(batch, config.purchases, { entry, record, at });
  }
  const known = value !== null && (value.bound_at !== null || value.user_id === claim.userId);
  if (known) return { record: value, change: null };
  return putEntitlement(batch, config.purchases, { entry, record: newClaim(claim), at });
}
