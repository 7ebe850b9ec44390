/**
 * Link tickets: proof that a code of an Amazon customer was exchanged here, for the customer to link later with
 * the password of the account that already has their email. And the way back: unlinking.
 *
 * @module
 */
import type { Deadline } from "../base/clock.ts";
import { newSecret } from "../base/ids.ts";
import type { Database, Transaction } from "../kv/database.ts";
import { hashSecret, type Keyring } from "../kv/keyring.ts";
import { ACCOUNT, type AccountRecord, AMAZON_USER, LINK_TICKET } from "../kv/schema.ts";
import { Problem } from "../base/problem.ts";
import { findOwners, stageIndexes } from "./accounts.ts";

const LINK_TICKET_LIFE_MS = 15 * 60_000;

/**
 * Stages a link ticket, good for 15 minutes. Gives the ticket itself, of which only the hash is stored.
 *
 * @param link Which Amazon customer may be linked to which account.
 */
export function stageLinkTicket(
  tx: Transaction,
  link: { readonly userId: string; readonly accountId: string; readonly at: number },
): string {
  const ticket = `ocl_${newSecret()}`;
  tx.set(LINK_TICKET, [link.accountId, hashSecret(ticket)], {
    v: 1,
    amazon_user_id: link.userId,
    expires_at: link.at + LINK_TICKET_LIFE_MS,
  });
  return ticket;
}

/**
 * Stages the link that a ticket stands for, with the end of the ticket. The caller has checked the account's
 * password, and writes the record that this gives.
 *
 * @param account As it was read; the caller checks that entry in the same transaction.
 * @throws {Problem} `link_ticket_invalid`, `already_linked` or `storage_unavailable`
 */
export async function stageLink(
  tx: Transaction,
  { ticket, account }: {
    readonly ticket: string;
    readonly account: { readonly id: string; readonly record: AccountRecord };
  },
  { db, keyring, deadline }: {
    readonly db: Database;
    readonly keyring: Keyring;
    readonly deadline: Deadline;
  },
): Promise<AccountRecord> {
  const read = { consistency: "strong", deadline } as const;
  const entry = await db.get(LINK_TICKET, [account.id, hashSecret(ticket)], read);
  if (entry.value === null) throw new Problem("link_ticket_invalid");
  const userId = entry.value.amazon_user_id;
  const owners = await findOwners({ db, keyring }, { userId, email: null }, read);
  const linkedTo = account.record.amazon_user_id;
  const otherCustomer = linkedTo !== null && linkedTo !== userId;
  const otherAccount = owners.ofAmazonUser !== null && owners.ofAmazonUser !== account.id;
  if (otherCustomer || otherAccount) throw new Problem("already_linked");
  tx.check(entry).delete(entry.key);
  for (const index of owners.indexes) tx.check(index);
  stageIndexes(tx, account.id, owners);
  return { ...account.record, amazon_user_id: userId };
}

/**
 * Stages the end of an account's link: the next code of that Amazon customer finds no account of theirs.
 *
 * @param account As it was read; the caller checks that entry in the same transaction.
 * @throws {Problem} `password_temporary` when the link is the only way in
 */
export function stageUnlink(
  tx: Transaction,
  { id, record }: { readonly id: string; readonly record: AccountRecord },
  keyring: Keyring,
): void {
  if (record.password.kind === "temporary") throw new Problem("password_temporary");
  if (record.amazon_user_id === null) return;
  stageNoAmazonUser(tx, record, keyring);
  tx.set(ACCOUNT, [id], { ...record, amazon_user_id: null });
}

/** Stages that the Amazon customer of an account finds it no more; the caller writes or deletes the account. */
export function stageNoAmazonUser(
  tx: Transaction,
  { amazon_user_id }: Pick<AccountRecord, "amazon_user_id">,
  keyring: Keyring,
): void {
  if (amazon_user_id === null) return;
  for (const index of keyring.blindIndexes("amazon_user", amazon_user_id)) {
    tx.delete([AMAZON_USER.kind, index]);
  }
}
