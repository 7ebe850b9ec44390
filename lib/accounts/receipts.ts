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
import { proofOf } from "./account_indexes.ts";
import { describeEntitlement, describeUnknown, type Entitlement } from "./entitlements.ts";
import type { ScheduleConfig } from "./receipt_schedule.ts";

/** A receipt, and the account that has it. */
export interface FoundReceipt {
  /** The Appstore's `receiptId`. */
  readonly receiptId: string;
  /** Its blind indexes, one for each key of the ring. */
  readonly indexes: readonly string[];
  /** The pointers that were read. */
  readonly pointers: readonly Entry<ReceiptPointerRecord>[];
  /** What a batch checks that depends on the owner. */
  readonly proof: readonly Entry<ReceiptPointerRecord>[];
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
    return { receiptId, indexes: indexes[i]!, pointers: own, proof: proofOf(own), owner };
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
  /** The answer to the device, in the order of the claims. Null for one that is left. */
  readonly entitlements: readonly (Entitlement | null)[];
  /** The claims for which the commit had no room. Another commit settles them. */
  readonly left: readonly ReceiptClaim[];
  /** The changes that events tell of. */
  readonly changes: readonly EntitlementChange[];
  /** Whether a check is due right now. */
  readonly due: boolean;
}

/**
 * Writes what RVS said about the receipts that a device has brought for an account, as far as the commit has room for the
 * checks. The caller checks the account in the same batch.
 *
 * @param settled `found`: the result of {@linkcode findReceipts} for the claims. `stored`: that of
 *   {@linkcode readEntitlements}; null for an account that the same batch creates. `keepFree`: the checks that are still to
 *   come. `at`: milliseconds since the epoch.
 */
export function putReceipts(
  batch: WriteBatch,
  services: ReceiptServices,
  { accountId, claims, found, stored, keepFree, at }: {
    readonly accountId: string;
    readonly claims: readonly ReceiptClaim[];
    readonly found: readonly FoundReceipt[];
    readonly stored: readonly Entry<EntitlementRecord>[] | null;
    readonly keepFree: number;
    readonly at: number;
  },
): SettledReceipts {
  const changes: EntitlementChange[] = [];
  const left: ReceiptClaim[] = [];
  const isNew = stored === null;
  let due = false;
  const entitlements = claims.map((brought, i) => {
    const receipt = found[i]!;
    const entry = stored?.[i] ?? absentEntry(accountId, receipt);
    const elsewhere = receipt.owner !== null && receipt.owner !== accountId;
    const proof = proofFor(receipt, entry, brought);
    const refused = brought.verdict.outcome === "invalid" || elsewhere;
    const checks = proof.length + (isNew || (refused && entry.value === null) ? 0 : 1);
    const fits = checks === 0 || checks + keepFree <= batch.room;
    if (!fits) {
      left.push(brought);
      if (!isNew) return null;
    }
    // Without a check a new account gets a claim, which binds nothing. So nothing is lost before the next commit.
    const claim: ReceiptClaim = fits ? brought : { ...brought, verdict: { outcome: "unavailable" } };
    for (const pointer of fits ? proof : []) batch.check(pointer);
    if (fits && refused) {
      forgetClaim(batch, entry);
      return describeUnknown(
        claim.receiptId,
        brought.verdict.outcome === "invalid" ? "invalid" : "elsewhere",
      );
    }
    const { record, change } = putClaim(batch, services, { entry, claim, isNew, at });
    if (change !== null) changes.push(change);
    due ||= record.check !== null && record.check.due <= at;
    return describeEntitlement(record, at);
  });
  return { entitlements, left, changes, due };
}

/**
 * Settles receipts in as many commits as they take.
 *
 * @param settle Makes one commit for the claims, and returns what {@linkcode putReceipts} has done in it.
 * @returns The answer to the device, in the order of the claims.
 * @throws {Problem} what `settle` throws
 */
export async function settleAll(
  claims: readonly ReceiptClaim[],
  settle: (claims: readonly ReceiptClaim[]) => Promise<SettledReceipts>,
): Promise<Pick<SettledReceipts, "due"> & { readonly entitlements: readonly Entitlement[] }> {
  const told: Entitlement[] = [];
  let due = false;
  for (let left = claims; left.length > 0;) {
    const settled = await settle(left);
    told.push(...settled.entitlements.filter((entitlement) => entitlement !== null));
    due ||= settled.due;
    left = settled.left;
  }
  const entitlements = claims.flatMap(({ receiptId }) =>
    told.filter(({ receipt_id }) => receipt_id === receiptId).slice(-1)
  );
  return { entitlements, due };
}

/** Returns the pointers that prove that a verdict may be written. What binds nothing needs no proof. */
function proofFor(
  { owner, proof }: FoundReceipt,
  { key: [, accountId], value }: Entry<EntitlementRecord>,
  { verdict }: ReceiptClaim,
): readonly Entry<ReceiptPointerRecord>[] {
  if (verdict.outcome === "invalid") return [];
  if (owner !== null && owner !== accountId) return proof;
  // What is bound to the account is proved by the check of the entitlement itself.
  return !wasTold(verdict) || value?.bound_at != null ? [] : proof;
}

function absentEntry(accountId: string, { indexes: [index = ""] }: FoundReceipt): Entry<EntitlementRecord> {
  return { key: [ENTITLEMENT.kind, accountId, index], value: null, versionstamp: null };
}

/** Removes a claim that turned out to be nothing. A bound receipt stays: RVS was asked about another Appstore user. */
function forgetClaim(batch: WriteBatch, entry: Entry<EntitlementRecord>): void {
  if (entry.value === null || entry.value.bound_at !== null) return;
  deleteEntitlement(batch, { ...entry, value: entry.value });
}

/** Writes what RVS said about one receipt. When it said nothing, what was told before stays. */
function putClaim(
  batch: WriteBatch,
  { config }: Pick<ReceiptServices, "config">,
  { entry, claim, isNew, at }: {
    readonly entry: Entry<EntitlementRecord>;
    readonly claim: ReceiptClaim;
    /** Whether the same batch creates the account. */
    readonly isNew: boolean;
    readonly at: number;
  },
): { readonly record: EntitlementRecord; readonly change: EntitlementChange | null } {
  const { value } = entry;
  const { verdict } = claim;
  if (wasTold(verdict)) {
    const record = withVerdict(value ?? newClaim(claim), { ...claim, verdict, at });
    return record === value
      ? { record, change: null }
      : putEntitlement(batch, config.purchases, { entry, record, isNew, at });
  }
  const known = value !== null && (value.bound_at !== null || value.user_id === claim.userId);
  if (known) return { record: value, change: null };
  return putEntitlement(batch, config.purchases, { entry, record: newClaim(claim), isNew, at });
}
