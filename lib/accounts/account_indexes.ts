/**
 * The indexes of accounts: they name the account of an Amazon `user_id` and that of an email.
 *
 * @module
 */
import { type Email, parseEmail } from "../base/email.ts";
import type { Keyring } from "../kv/keyring.ts";
import { ACCOUNT, type AccountRecord, AMAZON_USER, EMAIL, type PointerRecord } from "../kv/schema.ts";
import { ContradictionError } from "../kv/storage_failure.ts";
import type { Entry, Present, Reader, WriteBatch } from "../kv/write_batch.ts";

/** The accounts that the indexes name for an Amazon customer and an email. */
export interface Owners {
  /** All indexes that were read. */
  readonly indexes: readonly Entry<PointerRecord>[];
  /** The blind index of the Amazon customer, to store a pointer under. Null when none was looked up. */
  readonly amazonUserIndex: string | null;
  /** The blind index of the email, to store a pointer under. Null when none was looked up. */
  readonly emailIndex: string | null;
  /** The account of the Amazon customer, or null. */
  readonly ofAmazonUser: string | null;
  /** The account of the email, or null. */
  readonly ofEmail: string | null;
  /** What a batch checks that depends on the account of the Amazon customer. */
  readonly proofOfAmazonUser: readonly Entry<PointerRecord>[];
  /** What a batch checks that depends on the account of the email. */
  readonly proofOfEmail: readonly Entry<PointerRecord>[];
}

/**
 * Looks up the accounts of an Amazon `user_id`, an email or both, in one trip.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function findOwners(
  reader: Reader,
  keyring: Keyring,
  { userId = null, email = null }: { readonly userId?: string | null; readonly email?: Email | null },
): Promise<Owners> {
  const users = userId === null
    ? []
    : keyring.blindIndexes("amazon_user", userId).map((index) => [AMAZON_USER, [index]] as const);
  const emails = email === null
    ? []
    : keyring.blindIndexes("email", email.canonical).map((index) => [EMAIL, [index]] as const);
  const indexes = await reader.getMany<PointerRecord[]>([...users, ...emails]);
  const owner = (entries: readonly Entry<PointerRecord>[]) =>
    entries.find((entry) => entry.value !== null)?.value?.account_id ?? null;
  return {
    indexes,
    proofOfAmazonUser: proofOf(indexes.slice(0, users.length)),
    proofOfEmail: proofOf(indexes.slice(users.length)),
    amazonUserIndex: users[0]?.[1][0] ?? null,
    emailIndex: emails[0]?.[1][0] ?? null,
    ofAmazonUser: owner(indexes.slice(0, users.length)),
    ofEmail: owner(indexes.slice(users.length)),
  };
}

/**
 * Returns the pointers that prove what a look-up under the index of each key has found: the one that is there, or that none
 * is there. A commit takes few checks, so nothing else is checked.
 */
export function proofOf<T extends Entry<unknown>>(pointers: readonly T[]): readonly T[] {
  const found = pointers.find(({ value }) => value !== null);
  return found === undefined ? pointers : [found];
}

/** What an account must bear when an index has led to it. */
export interface Borne {
  /** Amazon's id of the customer. */
  readonly userId?: string;
  /** The email, in any of its forms. */
  readonly email?: Email;
}

/**
 * Reads an account that an index points at. The account itself must say that the index is its own: an index is not sealed,
 * so somebody who can write to the database could point it at another account.
 *
 * @throws {ContradictionError} when the account is not there, or does not bear what the index was looked up by
 * @throws {Problem} `storage_unavailable`
 */
export async function getIndexedAccount(
  reader: Reader,
  accountId: string,
  borne: Borne,
): Promise<Present<AccountRecord>> {
  const { value, ...entry } = await reader.get(ACCOUNT, [accountId]);
  if (value === null) throw new ContradictionError(`An index points at ${accountId}, which does not exist`);
  assertBears(accountId, value, borne);
  return { ...entry, value };
}

/**
 * Asserts that an account bears what an index was looked up by.
 *
 * @throws {ContradictionError} when it does not
 */
export function assertBears(accountId: string, record: AccountRecord, { userId, email }: Borne): void {
  const bears = (userId === undefined || record.amazon_user_id === userId) &&
    (email === undefined || parseEmail(record.email)?.canonical === email.canonical);
  if (!bears) throw new ContradictionError(`An index points at ${accountId}, which does not bear its value`);
}

/** Writes the indexes of an account: for the email and the Amazon customer that `owners` was looked up by. */
export function putIndexes(
  batch: WriteBatch,
  id: string,
  { amazonUserIndex, emailIndex }: Pick<Owners, "amazonUserIndex" | "emailIndex">,
): void {
  if (amazonUserIndex !== null) batch.set(AMAZON_USER, [amazonUserIndex], { v: 1, account_id: id });
  if (emailIndex !== null) batch.set(EMAIL, [emailIndex], { v: 1, account_id: id });
}

/** Removes the indexes of an email. The caller writes or removes the account. */
export function deleteEmailIndexes(batch: WriteBatch, keyring: Keyring, { canonical }: Email): void {
  for (const index of keyring.blindIndexes("email", canonical)) batch.delete([EMAIL.kind, index]);
}
