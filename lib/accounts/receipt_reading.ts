/**
 * The reads that receipts need, in the trips that an account is read by.
 *
 * @module
 */
import { joinReads } from "../kv/joined_reads.ts";
import type { Keyring } from "../kv/keyring.ts";
import type { EntitlementRecord } from "../kv/schema.ts";
import type { Entry, Reader, WriteBatch } from "../kv/write_batch.ts";
import type { ReceiptClaim } from "./entitlement_records.ts";
import { describeEntitlement, describeUnknown, type Entitlement } from "./entitlements.ts";
import {
  findReceipts,
  type FoundReceipt,
  putReceipts,
  readEntitlements,
  type ReceiptServices,
  type SettledReceipts,
} from "./receipts.ts";

/**
 * Receipts that are looked up beside an account. Reads that are begun in one turn of the event loop go together: the
 * pointers of the receipts with the indexes of the account, and the entitlements with the account.
 */
export class ReceiptReading {
  /** Reads for the caller, in the same trips. */
  readonly reader: Reader;
  readonly #batch: WriteBatch;
  readonly #claims: readonly ReceiptClaim[];
  readonly #indexes: readonly (readonly string[])[];
  readonly #found: Promise<readonly FoundReceipt[]>;
  #stored: Promise<readonly Entry<EntitlementRecord>[]> | null = null;

  /** Begins to look up who has the receipts. */
  constructor(batch: WriteBatch, keyring: Keyring, claims: readonly ReceiptClaim[]) {
    this.#batch = batch;
    this.#claims = claims;
    this.reader = joinReads(batch);
    this.#indexes = claims.map(({ receiptId }) => keyring.blindIndexes("receipt", receiptId));
    this.#found = findReceipts(this.reader, keyring, claims.map(({ receiptId }) => receiptId));
    // The caller can fail before it awaits the reads.
    this.#found.catch(() => {});
  }

  /** Begins to read what an account has of the receipts. An account that the batch creates has nothing of them. */
  readOf(accountId: string): void {
    this.#stored = readEntitlements(this.reader, accountId, this.#indexes);
    this.#stored.catch(() => {});
  }

  /**
   * Writes what RVS said about the receipts, as {@linkcode putReceipts} does.
   *
   * @param of `keepFree`: the checks that are still to come; 0 by default. `at`: milliseconds since the epoch.
   * @throws {Problem} `storage_unavailable`
   */
  async put(
    services: ReceiptServices,
    { accountId, keepFree = 0, at }: {
      readonly accountId: string;
      readonly keepFree?: number;
      readonly at: number;
    },
  ): Promise<SettledReceipts> {
    const [found, stored] = await Promise.all([this.#found, this.#stored]);
    const claims = this.#claims;
    return putReceipts(this.#batch, services, { accountId, claims, found, stored, keepFree, at });
  }
}

/**
 * Looks up receipts for an account that is there, and writes what RVS said about them. The caller checks the account in
 * the same batch.
 *
 * @param of `claims`: the receipts. `at`: milliseconds since the epoch.
 * @throws {Problem} `storage_unavailable`
 */
export async function readAndPutReceipts(
  batch: WriteBatch,
  services: ReceiptServices & { readonly keyring: Keyring },
  { accountId, claims, at }: {
    readonly accountId: string;
    readonly claims: readonly ReceiptClaim[];
    readonly at: number;
  },
): Promise<SettledReceipts> {
  const reading = new ReceiptReading(batch, services.keyring, claims);
  reading.readOf(accountId);
  return await reading.put(services, { accountId, at });
}

/**
 * Shows what an account has of some receipts, as an earlier answer has shown it. Amazon is not asked.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function showReceipts(
  { keyring, clock }: { readonly keyring: Keyring; readonly clock: { now(): number } },
  reader: Reader,
  { accountId, receiptIds }: { readonly accountId: string; readonly receiptIds: readonly string[] },
): Promise<Entitlement[]> {
  const joined = joinReads(reader);
  const indexes = receiptIds.map((id) => keyring.blindIndexes("receipt", id));
  const [found, stored] = await Promise.all([
    findReceipts(joined, keyring, receiptIds),
    readEntitlements(joined, accountId, indexes),
  ]);
  return receiptIds.map((receiptId, i) => {
    const { owner } = found[i]!;
    if (owner !== null && owner !== accountId) return describeUnknown(receiptId, "elsewhere");
    const record = stored[i]!.value;
    return record === null ? describeUnknown(receiptId, "invalid") : describeEntitlement(record, clock.now());
  });
}
