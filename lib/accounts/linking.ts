/**
 * Links between accounts and Amazon customers. A link ticket proves that a code of an Amazon customer was exchanged here.
 * With the ticket and the password of the account that has the same email, the customer links the two.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Problem } from "../base/problem.ts";
import { hashSecret, type Keyring } from "../kv/keyring.ts";
import {
  ACCOUNT,
  type AccountRecord,
  AMAZON_USER,
  EXCHANGE,
  LINK_TICKET,
  type LinkTicketRecord,
} from "../kv/schema.ts";
import type { Entry, WriteBatch } from "../kv/write_batch.ts";
import { findOwners, type IdentifiedAccount, putIndexes } from "./accounts.ts";

const LINK_TICKET_LIFE_MS = 15 * 60_000;
const ID_BYTES = 16;
const SECRET_BYTES = 16;

/** What a new link ticket is made of. */
export interface NewLinkTicket {
  /** Amazon's id of the customer. */
  readonly userId: string;
  /** The account that the customer may be linked to. */
  readonly accountId: string;
  /** 43 characters of base64url, random or derived. Half of them are in the ticket. */
  readonly secret: string;
  /** SHA-256 of the Appstore's code that the ticket comes from. */
  readonly codeHash?: string;
  /** The time now, in milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Writes a link ticket that is valid for 15 minutes.
 *
 * @returns The ticket, of which only the hash is stored.
 */
export function putLinkTicket(
  batch: WriteBatch,
  { userId, accountId, secret, codeHash, at }: NewLinkTicket,
): string {
  const ticket = formatLinkTicket(accountId, secret);
  batch.set(LINK_TICKET, [accountId, hashSecret(ticket)], {
    v: 1,
    amazon_user_id: userId,
    expires_at: at + LINK_TICKET_LIFE_MS,
    ...(codeHash === undefined ? {} : { code_hash: codeHash }),
  });
  return ticket;
}

/**
 * Formats a ticket: `ocl_` and 43 characters of base64url, for the 16 bytes of the account's id and the first 16 bytes of
 * the secret.
 */
export function formatLinkTicket(accountId: string, secret: string): string {
  const id = Buffer.from(accountId.slice("acc_".length), "hex");
  const bytes = Buffer.from(secret, "base64url").subarray(0, SECRET_BYTES);
  return `ocl_${Buffer.concat([id, bytes], ID_BYTES + SECRET_BYTES).toString("base64url")}`;
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

/** Removes a ticket, and the record of the code that the ticket came from. */
export function deleteLinkTicket(
  batch: WriteBatch,
  { key, value }: Pick<Entry<LinkTicketRecord>, "key" | "value">,
): void {
  batch.delete(key);
  if (value?.code_hash !== undefined) batch.delete([EXCHANGE.kind, value.code_hash]);
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
