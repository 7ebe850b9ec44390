/**
 * Links between accounts and Amazon customers. An account has at most one Amazon customer, and an Amazon customer at most
 * one account.
 *
 * @module
 */
import { Problem } from "../base/problem.ts";
import type { Keyring } from "../kv/keyring.ts";
import {
  ACCOUNT,
  type AccountRecord,
  AMAZON_USER,
  REFRESH_TOKEN,
  type RefreshTokenRecord,
  type TicketOutcome,
} from "../kv/schema.ts";
import type { WriteBatch } from "../kv/write_batch.ts";
import { findOwners, putIndexes } from "./account_indexes.ts";
import type { IdentifiedAccount } from "./accounts.ts";

/** An account after its customer has shown a link ticket. */
export interface LinkedAccount {
  /** The changed record, for the caller to write. The same record when nothing has changed. */
  readonly record: AccountRecord;
  /** `kept` when the account has another Amazon customer, or the Amazon customer another account. */
  readonly link: TicketOutcome;
}

/**
 * Writes the link of an account to the Amazon customer of a ticket. An account or a customer that is linked elsewhere stays
 * as it is.
 *
 * @param account The account as it was read. The caller has proved that it is the customer's, and checks that entry in the
 *   same batch.
 * @param userId Amazon's id of the customer.
 * @throws {Problem} `storage_unavailable`
 */
export async function putLink(
  batch: WriteBatch,
  keyring: Keyring,
  { id, record }: IdentifiedAccount,
  userId: string,
): Promise<LinkedAccount> {
  const owners = await findOwners(batch, keyring, { userId });
  for (const index of owners.proofOfAmazonUser) batch.check(index);
  const otherCustomer = record.amazon_user_id !== null && record.amazon_user_id !== userId;
  const otherAccount = owners.ofAmazonUser !== null && owners.ofAmazonUser !== id;
  if (otherCustomer || otherAccount) return { record, link: "kept" };
  putIndexes(batch, id, owners);
  if (record.amazon_user_id === userId) return { record, link: "linked" };
  return { record: { ...record, amazon_user_id: userId }, link: "linked" };
}

/**
 * Removes the link of an account. The next code of that Amazon customer finds no account.
 *
 * @param account The account as it was read. The caller checks that entry in the same batch.
 * @throws {Problem} `password_temporary` when the link is the only way to sign in
 */
export function deleteLink(batch: WriteBatch, keyring: Keyring, { id, record }: IdentifiedAccount): void {
  if (record.password.kind === "temporary") throw new Problem("password_temporary");
  if (record.amazon_user_id === null) return;
  deleteAmazonUserIndexes(batch, keyring, { id, record });
  batch.set(ACCOUNT, [id], { ...record, amazon_user_id: null });
}

/**
 * Removes the indexes of an account's Amazon customer, and Amazon's refresh token. The caller writes or removes the
 * account.
 */
export function deleteAmazonUserIndexes(
  batch: WriteBatch,
  keyring: Keyring,
  { id, record: { amazon_user_id } }: IdentifiedAccount,
): void {
  if (amazon_user_id === null) return;
  batch.delete([REFRESH_TOKEN.kind, id]);
  for (const index of keyring.blindIndexes("amazon_user", amazon_user_id)) {
    batch.delete([AMAZON_USER.kind, index]);
  }
}

/** Writes Amazon's refresh token of an account's Amazon customer. It replaces the earlier one. */
export function putRefreshToken(
  batch: WriteBatch,
  accountId: string,
  { token, amazon_user_id, app }: Omit<RefreshTokenRecord, "v">,
): void {
  batch.set(REFRESH_TOKEN, [accountId], { v: 1, token, amazon_user_id, app });
}
