/**
 * Login accounts: at most one for an Amazon `user_id`, and at most one for an email.
 *
 * @module
 */
import { type Email, parseEmail } from "../base/email.ts";
import { newId } from "../base/ids.ts";
import { Problem } from "../base/problem.ts";
import type { Keyring } from "../kv/keyring.ts";
import { ACCOUNT, type AccountRecord, AMAZON_USER, EMAIL, type PointerRecord } from "../kv/schema.ts";
import { ContradictionError } from "../kv/storage_failure.ts";
import { deleteTask, putTask, type Task } from "../kv/tasks.ts";
import type { Entry, Present, Reader, WriteBatch } from "../kv/write_batch.ts";

/** An account as the contract shows it. */
export interface Account {
  /** `acc_` and 32 hexadecimal digits. */
  readonly id: string;
  /** The email as it was typed: {@linkcode Email.display}. */
  readonly email: string;
  /** Whether the customer has shown that mail to this address reaches them. Amazon's word does not count as such. */
  readonly email_verified: boolean;
  /** The whole name. A name from Amazon has up to 256 characters. */
  readonly name: string | null;
  /** The postal code of any country. One from Amazon has up to 32 characters. */
  readonly postal_code: string | null;
  /** `temporary` until the customer sets a password. */
  readonly password: "temporary" | "set";
  /** Whether an Amazon customer signs in to the account. */
  readonly amazon_linked: boolean;
  /** When the account was created: RFC 3339, UTC. */
  readonly created_at: string;
}

/** Shows a stored account as the contract does. */
export function describeAccount(id: string, record: AccountRecord): Account {
  return {
    id,
    email: record.email,
    email_verified: record.email_verified,
    name: record.name,
    postal_code: record.postal_code,
    password: record.password.kind,
    amazon_linked: record.amazon_user_id !== null,
    created_at: new Date(record.created_at).toISOString(),
  };
}

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
 * so whoever can write to the database could point it at another account.
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

/** A customer of Amazon who consented, with what an account needs. */
export interface AmazonCustomer {
  /** Amazon's id of the customer, 1 to 1024 characters; opaque. */
  readonly user_id: string;
  /** The email of the account. */
  readonly email: Email;
  /** The whole name, up to 256 characters. */
  readonly name: string | null;
  /** The postal code, up to 32 characters. */
  readonly postal_code: string | null;
  /** The language of the customer's device as a BCP 47 tag, if it told one. */
  readonly language?: string | undefined;
}

/** An account and its id. */
export interface IdentifiedAccount {
  /** `acc_` and 32 hexadecimal digits. */
  readonly id: string;
  /** The record of the account. */
  readonly record: AccountRecord;
}

/**
 * Writes the account of a consenting customer with its indexes. The account has a temporary password: no password signs
 * in to it. A task asks the customer later to set one (guide, "Best practices for account setup").
 *
 * @param options `at`: milliseconds since the epoch. `nudgeAfterMs`: milliseconds until the customer is asked; 0: never.
 */
export function putAmazonAccount(
  batch: WriteBatch,
  { user_id, email, name, postal_code, language }: AmazonCustomer,
  { owners, at, nudgeAfterMs }: {
    readonly owners: Owners;
    readonly at: number;
    readonly nudgeAfterMs: number;
  },
): IdentifiedAccount {
  const nudge = nudgeAfterMs === 0 ? {} : { nudge_at: at + nudgeAfterMs };
  const password = { kind: "temporary", sha256: "", ...nudge } as const;
  const customer = { email, name, postal_code, amazon_user_id: user_id, password, language, edited: [] };
  const account = newAccount(customer, at);
  putAccount(batch, account, owners);
  if (password.nudge_at !== undefined) putTask(batch, nudgeOf(account.id), password.nudge_at);
  return account;
}

/** Names the task that asks a customer to set a password. */
export function nudgeOf(accountId: string): Task {
  return { name: "nudge", ids: [accountId] };
}

/** Removes the task that asks a customer to set a password, if there is one. */
export function deleteNudge(batch: WriteBatch, accountId: string, { password }: AccountRecord): void {
  if (password.kind === "set" || password.nudge_at === undefined) return;
  deleteTask(batch, nudgeOf(accountId), password.nudge_at);
}

/**
 * Refuses an account that the operator has blocked.
 *
 * @throws {Problem} `account_blocked`
 */
export function assertNotBlocked({ blocked_at }: Pick<AccountRecord, "blocked_at">): void {
  if (blocked_at !== undefined) throw new Problem("account_blocked");
}

/** Puts the hash of a password that the customer set into the place of the password before. */
export function withPassword({ password, ...account }: AccountRecord, phc: string): AccountRecord {
  if (password.kind === "set") return { ...account, password: { ...password, phc } };
  const { sha256: _, nudge_at: __, ...rest } = password;
  return { ...account, password: { ...rest, kind: "set", phc } };
}

/** Takes the password of an account away, if it has one: no password signs in until the customer chooses one. */
export function withoutPassword({ password, ...account }: AccountRecord): AccountRecord {
  if (password.kind === "temporary") return { ...account, password };
  const { phc: _, ...rest } = password;
  return { ...account, password: { ...rest, kind: "temporary", sha256: "" } };
}

/**
 * Makes an account whose email is not verified yet. It is not stored.
 *
 * @param at Milliseconds since the epoch.
 */
export function newAccount(
  { email, language, ...customer }:
    & Pick<AccountRecord, "name" | "postal_code" | "amazon_user_id" | "password">
    & Partial<Pick<AccountRecord, "edited">>
    & { readonly email: Email; readonly language?: string | undefined },
  at: number,
): IdentifiedAccount {
  return {
    id: `acc_${newId(at)}`,
    record: {
      v: 1,
      email: email.display,
      email_verified: false,
      ...customer,
      session_epoch: 0,
      ...(language === undefined ? {} : { language }),
      created_at: at,
    },
  };
}

/**
 * Writes a new account with its indexes.
 *
 * @param owners The result of {@linkcode findOwners} for the email, and for the Amazon customer if there is one.
 */
export function putAccount(
  batch: WriteBatch,
  { id, record }: IdentifiedAccount,
  owners: Pick<Owners, "amazonUserIndex" | "emailIndex">,
): void {
  batch.set(ACCOUNT, [id], record);
  putIndexes(batch, id, owners);
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

/**
 * Writes an account that another key of the ring has sealed as the first key does, and moves its indexes. The caller checks
 * the account.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function putResealed(
  batch: WriteBatch,
  keyring: Keyring,
  { id, record }: IdentifiedAccount,
): Promise<Present<AccountRecord>> {
  const userId = record.amazon_user_id;
  const owners = await findOwners(batch, keyring, { userId, email: parseEmail(record.email) });
  const firsts = [owners.amazonUserIndex, owners.emailIndex];
  for (const { key, value, versionstamp } of owners.indexes) {
    const [kind = "", index = ""] = key;
    if (value?.account_id !== id || firsts.includes(index)) continue;
    const [type, first] = kind === EMAIL.kind
      ? [EMAIL, owners.emailIndex]
      : [AMAZON_USER, owners.amazonUserIndex];
    if (first === null) continue;
    batch.check({ key, versionstamp });
    batch.delete(key);
    batch.set(type, [first], value);
  }
  return batch.set(ACCOUNT, [id], record);
}

/** Removes the indexes of an email. The caller writes or removes the account. */
export function deleteEmailIndexes(batch: WriteBatch, keyring: Keyring, { canonical }: Email): void {
  for (const index of keyring.blindIndexes("email", canonical)) batch.delete([EMAIL.kind, index]);
}
