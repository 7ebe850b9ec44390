/**
 * Links between accounts and Amazon customers. A link ticket proves that a code of an Amazon customer was exchanged here.
 * With the ticket and the password of the account that has the same email, the customer links the two.
 *
 * @module
 */
import { newSecret } from "../base/ids.ts";
import { Problem } from "../base/problem.ts";
import { hashSecret, type Keyring } from "../kv/keyring.ts";
import { ACCOUNT, type AccountRecord, AMAZON_USER, LINK_TICKET } from "../kv/schema.ts";
import type { WriteBatch } from "../kv/write_batch.ts";
import { findOwners, type IdentifiedAccount, putIndexes } from "./accounts.ts";

const LINK_TICKET_LIFE_MS = 15 * 60_000;

/**
 * Writes a link ticket that is valid for 15 minutes.
 *
 * @param link The Amazon customer, the account that the customer may be linked to, and the time now in milliseconds since
 *   the epoch.
 * @returns The ticket: `ocl_` and 43 characters. Only its hash is stored.
 */
export function putLinkTicket(
  batch: WriteBatch,
  link: { readonly userId: string; readonly accountId: string; readonly at: number },
): string {
  const ticket = `ocl_${newSecret()}`;
  batch.set(LINK_TICKET, [link.accountId, hashSecret(ticket)], {
    v: 1,
    amazon_user_id: link.userId,
    expires_at: link.at + LINK_TICKET_LIFE_MS,
  });
  return ticket;
}

/**
 * Writes the link that a ticket allows, and removes the ticket. The caller has checked the password of the account.
 *
 * @param account The account as it was read. The caller checks that entry in the same batch.
 * @returns The changed record, for the caller to write.
 * @throws {Problem} `link_ticket_invalid`, `already_linked` or `storage_unavailable`
 */
export async function putLink(
  batch: WriteBatch,
  keyring: Keyring,
  { ticket, account: { id, record } }: { readonly ticket: string; readonly account: IdentifiedAccount },
): Promise<AccountRecord> {
  const entry = await batch.get(LINK_TICKET, [id, hashSecret(ticket)]);
  if (entry.value === null) throw new Problem("link_ticket_invalid");
  const userId = entry.value.amazon_user_id;
  const owners = await findOwners(batch, keyring, { userId });
  const otherCustomer = record.amazon_user_id !== null && record.amazon_user_id !== userId;
  const otherAccount = owners.ofAmazonUser !== null && owners.ofAmazonUser !== id;
  if (otherCustomer || otherAccount) throw new Problem("already_linked");
  batch.check(entry);
  batch.delete(entry.key);
  for (const index of owners.indexes) batch.check(index);
  putIndexes(batch, id, owners);
  return { ...record, amazon_user_id: userId };
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
  deleteAmazonUserIndexes(batch, keyring, record);
  batch.set(ACCOUNT, [id], { ...record, amazon_user_id: null });
}

/** Removes the indexes of an account's Amazon customer. The caller writes or removes the account. */
export function deleteAmazonUserIndexes(
  batch: WriteBatch,
  keyring: Keyring,
  { amazon_user_id }: Pick<AccountRecord, "amazon_user_id">,
): void {
  if (amazon_user_id === null) return;
  for (const index of keyring.blindIndexes("amazon_user", amazon_user_id)) {
    batch.delete([AMAZON_USER.kind, index]);
  }
}
