/**
 * Link tickets. A ticket proves that a code of an Amazon customer was exchanged here. With it, the customer links Amazon to
 * an account: to the one that has the email of the profile, or, when the profile has no usable email, to any account of
 * theirs. A ticket lives for 15 minutes and links once.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { deleteCode } from "../kv/codes.ts";
import { hashSecret } from "../kv/keyring.ts";
import { LINK_TICKET, type LinkTicketRecord, type UsedTicket } from "../kv/schema.ts";
import type { Entry, Present, Reader, WriteBatch } from "../kv/write_batch.ts";

/** Milliseconds that a ticket is valid. */
export const LINK_TICKET_LIFE_MS = 15 * 60_000;
const ID_BYTES = 16;
const SECRET_BYTES = 16;
const TICKET = /^ocl_([A-Za-z0-9_-]{43})$/;

/** The account id of tickets that are for no account yet. */
const ANY_ACCOUNT = `acc_${"0".repeat(2 * ID_BYTES)}`;

/** Tells whether the ticket of a record may link an account. */
export function isTicketFor(accountId: string, [owner]: readonly string[]): boolean {
  return owner === accountId || owner === ANY_ACCOUNT;
}

/** What a new link ticket is made of. */
export interface NewLinkTicket {
  /** Amazon's id of the customer. */
  readonly userId: string;
  /** The account that the customer may be linked to; null: any account. */
  readonly accountId: string | null;
  /** 43 characters of base64url, random or derived. Half of them are in the ticket. */
  readonly secret: string;
  /** SHA-256 of the Appstore's code that the ticket comes from. */
  readonly codeHash: string;
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
  batch.set(LINK_TICKET, idsOf(accountId ?? ANY_ACCOUNT, ticket), {
    v: 1,
    amazon_user_id: userId,
    expires_at: at + LINK_TICKET_LIFE_MS,
    code_hash: codeHash,
  });
  return ticket;
}

/**
 * Formats a ticket: `ocl_` and 43 characters of base64url, for the 16 bytes of the account's id and the first 16 bytes of
 * the secret.
 */
export function formatLinkTicket(accountId: string | null, secret: string): string {
  const id = Buffer.from((accountId ?? ANY_ACCOUNT).slice("acc_".length), "hex");
  const bytes = Buffer.from(secret, "base64url").subarray(0, SECRET_BYTES);
  return `ocl_${Buffer.concat([id, bytes], ID_BYTES + SECRET_BYTES).toString("base64url")}`;
}

/**
 * Finds a ticket by itself, for a customer who has no account yet or who shows it before signing in.
 *
 * @returns Null when the ticket is unknown, expired or used.
 * @throws {Problem} `storage_unavailable`
 */
export async function findNewLinkTicket(
  reader: Reader,
  ticket: string,
): Promise<Present<LinkTicketRecord> | null> {
  const [, text] = TICKET.exec(ticket) ?? [];
  if (text === undefined) return null;
  const id = Buffer.from(text, "base64url").toString("hex", 0, ID_BYTES);
  const { value, ...entry } = await reader.get(LINK_TICKET, idsOf(`acc_${id}`, ticket));
  return value === null || value.used !== undefined ? null : { ...entry, value };
}

/**
 * Finds a ticket for the account that the customer signs in to, used or not.
 *
 * @returns Null when the ticket is unknown, expired or for another account.
 * @throws {Problem} `storage_unavailable`
 */
export async function findLinkTicketFor(
  reader: Reader,
  accountId: string,
  ticket: string,
): Promise<Present<LinkTicketRecord> | null> {
  const entries = await reader.getMany<LinkTicketRecord[]>(
    [accountId, ANY_ACCOUNT].map((id) => [LINK_TICKET, idsOf(id, ticket)] as const),
  );
  for (const { value, ...entry } of entries) if (value !== null) return { ...entry, value };
  return null;
}

/**
 * Marks a ticket as used, so that the same request gets the same session again until `replay_until`. The commit fails when
 * the ticket was used meanwhile.
 */
export function putTicketUse(
  batch: WriteBatch,
  { key, value, versionstamp }: Present<LinkTicketRecord>,
  used: UsedTicket,
): void {
  const [, owner = "", hash = ""] = key;
  batch.check({ key, versionstamp });
  // The record goes with its account, so it moves to that account.
  if (owner !== used.account_id) batch.delete(key);
  batch.set(LINK_TICKET, [used.account_id, hash], {
    ...value,
    used,
    expires_at: Math.max(value.expires_at, used.replay_until),
  });
}

/** Removes a ticket, and what is stored of the code that it came from. */
export function deleteLinkTicket(
  batch: WriteBatch,
  { key, value }: Pick<Entry<LinkTicketRecord>, "key" | "value">,
): void {
  batch.delete(key);
  if (value?.code_hash !== undefined) deleteCode(batch, value.code_hash);
}

function idsOf(accountId: string, ticket: string): readonly string[] {
  return [accountId, hashSecret(ticket)];
}
