/**
 * Mailed links. An account has one valid link for each purpose. A newer link is valid beside it from the first attempt to
 * send its mail, and replaces it when the mail was sent; so a customer always has a link that works. The token of a link
 * names its account and carries a secret of 256 random bits. Only the hash of the secret is stored.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { hashSecret } from "../kv/keyring.ts";
import { MAILED_LINK, type MailedLinkRecord } from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import type { Present, Reader, WriteBatch } from "../kv/write_batch.ts";

/** The purposes of links. */
export type LinkPurpose = "password" | "deletion" | "activation" | "email_change" | "email_verification";

/** The parts of a link's token. */
export interface LinkToken {
  /** `acc_` and 32 hexadecimal digits. */
  readonly accountId: string;
  /** 43 characters of base64url. */
  readonly secret: string;
}

/** A stored link. */
export interface MailedLink {
  /** The account of the link. */
  readonly accountId: string;
  /** The record of the link. A batch that uses the link checks it. */
  readonly entry: Present<MailedLinkRecord>;
}

const TOKEN = /^[A-Za-z0-9_-]{64}$/;
const ID_BYTES = 16;
const PURPOSES: readonly LinkPurpose[] = [
  "password",
  "deletion",
  "activation",
  "email_change",
  "email_verification",
];
/** The purposes that earlier versions knew. Their links stand without {@linkcode SEALED} in the key. */
const UNSEALED: readonly LinkPurpose[] = ["password", "deletion"];
const SEALED = "sealed";
const SENDING = "sending";

/** Formats a token: 64 characters of base64url, for the 16 bytes of the account id and the 32 bytes of the secret. */
export function formatLinkToken({ accountId, secret }: LinkToken): string {
  const id = Buffer.from(accountId.slice("acc_".length), "hex");
  return Buffer.concat([id, Buffer.from(secret, "base64url")]).toString("base64url");
}

/** Reads a token. Returns null when it has another form. */
export function parseLinkToken(token: string): LinkToken | null {
  if (!TOKEN.test(token)) return null;
  const bytes = Buffer.from(token, "base64url");
  return {
    accountId: `acc_${bytes.subarray(0, ID_BYTES).toString("hex")}`,
    secret: bytes.subarray(ID_BYTES).toString("base64url"),
  };
}

/**
 * Writes a link whose mail is being sent. It is valid beside the earlier link of its purpose.
 *
 * @param options `expiresAt`: milliseconds since the epoch. `does`: what the link does, when its purpose does not say all.
 */
export function putMailedLink(
  batch: WriteBatch,
  { accountId, secret }: LinkToken,
  { purpose, expiresAt, does = {} }: {
    readonly purpose: LinkPurpose;
    readonly expiresAt: number;
    readonly does?: Pick<MailedLinkRecord, "activation" | "change" | "proves">;
  },
): void {
  batch.set(MAILED_LINK, [accountId, purpose, SEALED, SENDING], {
    v: 1,
    secret_hash: hashSecret(secret),
    used: false,
    expires_at: expiresAt,
    ...does,
  });
}

/**
 * Replaces the earlier link by one whose mail was sent, unless the newer link has itself been replaced or used meanwhile.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function replaceEarlierLink(
  store: Store,
  { accountId, secret }: LinkToken,
  purpose: LinkPurpose,
): Promise<void> {
  await store.transact(async (batch) => {
    const sent = await batch.get(MAILED_LINK, [accountId, purpose, SEALED, SENDING]);
    if (sent.value === null || !matches(sent.value.secret_hash, secret)) return;
    batch.check(sent);
    batch.delete(sent.key);
    batch.set(MAILED_LINK, [accountId, purpose, SEALED], sent.value);
  });
}

/**
 * Finds the email that an account is about to get: that of the newest link which changes it and was not used.
 *
 * @returns Null when no change is under way.
 * @throws {Problem} `storage_unavailable`
 */
export async function findNewEmail(reader: Reader, accountId: string): Promise<string | null> {
  const ids = [accountId, "email_change", SEALED];
  const entries = await reader.getMany<MailedLinkRecord[]>([[MAILED_LINK, [...ids, SENDING]], [
    MAILED_LINK,
    ids,
  ]]);
  const link = entries.find(({ value }) => value !== null && !value.used);
  return link?.value?.change?.email ?? null;
}

/**
 * Finds the link of a token, used or not.
 *
 * @returns Null when the link is unknown, expired or replaced by a newer one.
 * @throws {Problem} `storage_unavailable`
 */
export async function findMailedLink(
  reader: Reader,
  { token, purpose }: { readonly token: string; readonly purpose: LinkPurpose },
): Promise<MailedLink | null> {
  const parsed = parseLinkToken(token);
  if (parsed === null) return null;
  const { accountId, secret } = parsed;
  const ids = [accountId, purpose, SEALED];
  const entries = await reader.getMany<MailedLinkRecord[]>([
    [MAILED_LINK, ids],
    [MAILED_LINK, [...ids, SENDING]],
  ]);
  for (const { value, ...entry } of entries) {
    if (value !== null && matches(value.secret_hash, secret)) {
      return { accountId, entry: { ...entry, value } };
    }
  }
  return null;
}

/**
 * Marks a link as used and removes the other link of its purpose. The commit fails when the link was used or replaced
 * meanwhile.
 *
 * @param use The form that uses the link, and what it leads to, so that the same form can be answered again.
 */
export function putLinkUse(
  batch: WriteBatch,
  { accountId, entry }: MailedLink,
  use?: MailedLinkRecord["use"],
): void {
  const [, , purpose = ""] = entry.key;
  batch.check(entry);
  batch.delete([MAILED_LINK.kind, accountId, purpose, SEALED, SENDING]);
  batch.set(MAILED_LINK, [accountId, purpose, SEALED], {
    ...entry.value,
    used: true,
    ...(use === undefined ? {} : { use }),
  });
}

/** Removes the links of an account: those of some purposes, or all. */
export function deleteLinks(
  batch: WriteBatch,
  accountId: string,
  purposes: readonly LinkPurpose[] = PURPOSES,
): void {
  for (const purpose of purposes) {
    const key = [MAILED_LINK.kind, accountId, purpose];
    batch.delete([...key, SEALED]);
    batch.delete([...key, SEALED, SENDING]);
    if (!UNSEALED.includes(purpose)) continue;
    batch.delete(key);
    batch.delete([...key, SENDING]);
  }
}

function matches(hash: string, secret: string): boolean {
  return timingSafeEqual(Buffer.from(hash), Buffer.from(hashSecret(secret)));
}
