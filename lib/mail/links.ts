/**
 * Mailed links: one good link for each purpose of an account. A link's token names its account and carries 256
 * random bits, of which only the hash is stored; a newer link of a purpose ends the one before.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { Database, Entry, ReadOptions, Transaction } from "../kv/database.ts";
import { hashSecret } from "../kv/keyring.ts";
import { MAILED_LINK, type MailedLinkRecord } from "../kv/schema.ts";

/** What a link is for. */
export type LinkPurpose = "password" | "deletion";

/** A link's token, read. */
export interface LinkToken {
  /** `acc_` and 32 hexadecimal digits. */
  readonly accountId: string;
  /** 43 characters of base64url. */
  readonly secret: string;
}

/** A link that was found. */
export interface MailedLink {
  /** Whose it is. */
  readonly accountId: string;
  /** To be checked by what uses it. */
  readonly entry: Entry<MailedLinkRecord> & { readonly value: MailedLinkRecord };
}

const TOKEN = /^[A-Za-z0-9_-]{64}$/;
const ID_BYTES = 16;
const PURPOSES: readonly LinkPurpose[] = ["password", "deletion"];

/** The part of a link that is the secret: 64 characters of base64url, the account's 16 bytes and 32 random ones. */
export function formatLinkToken({ accountId, secret }: LinkToken): string {
  const id = Buffer.from(accountId.slice("acc_".length), "hex");
  return Buffer.concat([id, Buffer.from(secret, "base64url")]).toString("base64url");
}

/** Reads a token; null when it is not of that shape. */
export function parseLinkToken(token: string): LinkToken | null {
  if (!TOKEN.test(token)) return null;
  const bytes = Buffer.from(token, "base64url");
  return {
    accountId: `acc_${bytes.subarray(0, ID_BYTES).toString("hex")}`,
    secret: bytes.subarray(ID_BYTES).toString("base64url"),
  };
}

/**
 * Stages a link as the good one of its purpose.
 *
 * @param expiresAt Milliseconds since the epoch.
 */
export function stageMailedLink(
  tx: Transaction,
  { accountId, secret }: LinkToken,
  { purpose, expiresAt }: { readonly purpose: LinkPurpose; readonly expiresAt: number },
): void {
  const link = { v: 1, secret_hash: hashSecret(secret), used: false, expires_at: expiresAt } as const;
  tx.set(MAILED_LINK, [accountId, purpose], link);
}

/**
 * Finds the link of a token, used or not.
 *
 * @returns Null when there is none, or none any more: unknown, expired, or ended by a newer one.
 * @throws {Problem} `storage_unavailable`
 */
export async function findMailedLink(
  db: Database,
  { token, purpose }: { readonly token: string; readonly purpose: LinkPurpose },
  options: ReadOptions,
): Promise<MailedLink | null> {
  const read = parseLinkToken(token);
  if (read === null) return null;
  const entry = await db.get(MAILED_LINK, [read.accountId, purpose], options);
  if (entry.value === null || !matches(entry.value.secret_hash, read.secret)) return null;
  return { accountId: read.accountId, entry: { ...entry, value: entry.value } };
}

/** Stages that a link was used, once: the commit fails when it was used meanwhile. */
export function stageLinkUse(tx: Transaction, { entry }: MailedLink): void {
  tx.check(entry).set(MAILED_LINK, entry.key.slice(1), { ...entry.value, used: true });
}

/** Stages the end of every link of an account. */
export function stageNoLinks(tx: Transaction, accountId: string): void {
  for (const purpose of PURPOSES) tx.delete([MAILED_LINK.kind, accountId, purpose]);
}

function matches(hash: string, secret: string): boolean {
  return timingSafeEqual(Buffer.from(hash), Buffer.from(hashSecret(secret)));
}
