/**
 * Mailed links: one good link for each purpose of an account. A newer one is good beside it from the first try of its
 * mail on, and ends it when that was sent: so nobody is left without. A link's token names its account and carries 256
 * random bits, of which only the hash is stored.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { Deadline } from "../base/clock.ts";
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
const SENDING = "sending";

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
 * Stages a link as good while its mail is being sent, beside the one of its purpose that was good before.
 *
 * @param expiresAt Milliseconds since the epoch.
 */
export function stageMailedLink(
  tx: Transaction,
  { accountId, secret }: LinkToken,
  { purpose, expiresAt }: { readonly purpose: LinkPurpose; readonly expiresAt: number },
): void {
  const link = { v: 1, secret_hash: hashSecret(secret), used: false, expires_at: expiresAt } as const;
  tx.set(MAILED_LINK, [accountId, purpose, SENDING], link);
}

/**
 * Ends the link before one whose mail was sent, unless that has itself ended meanwhile.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function endEarlierLink(
  db: Database,
  { accountId, secret }: LinkToken,
  { purpose, deadline }: { readonly purpose: LinkPurpose; readonly deadline: Deadline },
): Promise<void> {
  const ids = [accountId, purpose];
  const sent = await db.get(MAILED_LINK, [...ids, SENDING], { consistency: "strong", deadline });
  if (sent.value === null || !matches(sent.value.secret_hash, secret)) return;
  await db.commit(db.transaction().check(sent).delete(sent.key).set(MAILED_LINK, ids, sent.value), deadline);
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
  const { accountId, secret } = read;
  const ids = [accountId, purpose];
  const wanted = [[MAILED_LINK, ids], [MAILED_LINK, [...ids, SENDING]]] as const;
  const entries = await db.getMany<MailedLinkRecord[]>(wanted, options);
  for (const { value, ...entry } of entries) {
    if (value !== null && matches(value.secret_hash, secret)) {
      return { accountId, entry: { ...entry, value } };
    }
  }
  return null;
}

/** Stages that a link was used, once, and the end of the other: the commit fails when it was used or ended meanwhile. */
export function stageLinkUse(tx: Transaction, { accountId, entry }: MailedLink): void {
  const [, , purpose = ""] = entry.key;
  tx.check(entry).delete([MAILED_LINK.kind, accountId, purpose, SENDING]);
  tx.set(MAILED_LINK, [accountId, purpose], { ...entry.value, used: true });
}

/** Stages the end of every link of an account. */
export function stageNoLinks(tx: Transaction, accountId: string): void {
  for (const purpose of PURPOSES) {
    const key = [MAILED_LINK.kind, accountId, purpose];
    tx.delete(key).delete([...key, SENDING]);
  }
}

function matches(hash: string, secret: string): boolean {
  return timingSafeEqual(Buffer.from(hash), Buffer.from(hashSecret(secret)));
}
