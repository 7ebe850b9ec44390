/**
 * Login accounts: at most one for an Amazon `user_id`, at most one for an email.
 *
 * @module
 */
import { newId, newSecret } from "../base/ids.ts";
import type { Database, Entry, ReadOptions, Transaction } from "../kv/database.ts";
import { hashSecret, type Keyring } from "../kv/keyring.ts";
import { ACCOUNT, type AccountRecord, AMAZON_USER, EMAIL, type PointerRecord } from "../kv/schema.ts";
import { stageNoTask, stageTask, type Task } from "../kv/tasks.ts";
import type { Email } from "../base/email.ts";

/** An account as the contract shows it. */
export interface Account {
  /** `acc_` and 32 hexadecimal digits. */
  readonly id: string;
  /** As it was typed: {@linkcode Email.display}. */
  readonly email: string;
  /** Whether the customer has shown that mail to it reaches them; Amazon's word is not taken for it. */
  readonly email_verified: boolean;
  /** The whole name; up to 256 characters when it is Amazon's. */
  readonly name: string | null;
  /** The postal code of any country; up to 32 characters when it is Amazon's. */
  readonly postal_code: string | null;
  /** `temporary` until the customer sets a password of their own. */
  readonly password: "temporary" | "set";
  /** Whether an Amazon customer signs in to it. */
  readonly amazon_linked: boolean;
  /** RFC 3339, UTC. */
  readonly created_at: string;
}

/** Shows a record as the contract does. */
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

/** What the indexes say of an Amazon customer and an email. */
export interface Owners {
  /** Every index that was read: to be checked by what is written on the strength of it. */
  readonly indexes: readonly Entry<PointerRecord>[];
  /** The index to store the Amazon customer's pointer under; null when none was looked up. */
  readonly amazonUserIndex: string | null;
  /** The index to store the email's pointer under; null when none was looked up. */
  readonly emailIndex: string | null;
  /** The account of the Amazon customer. */
  readonly ofAmazonUser: string | null;
  /** The account of the email. */
  readonly ofEmail: string | null;
}

/** Looks up who has an Amazon `user_id`, an email or both, in one trip. */
export async function findOwners(
  { db, keyring }: { readonly db: Database; readonly keyring: Keyring },
  { userId, email }: { readonly userId: string | null; readonly email: Email | null },
  options: ReadOptions,
): Promise<Owners> {
  const users = userId === null
    ? []
    : keyring.blindIndexes("amazon_user", userId).map((index) => [AMAZON_USER, [index]] as const);
  const emails = email === null
    ? []
    : keyring.blindIndexes("email", email.canonical).map((index) => [EMAIL, [index]] as const);
  const indexes = await db.getMany<PointerRecord[]>([...users, ...emails], options);
  const owner = (entries: readonly Entry<PointerRecord>[]) =>
    entries.find((entry) => entry.value !== null)?.value?.account_id ?? null;
  return {
    indexes,
    amazonUserIndex: users[0]?.[1][0] ?? null,
    emailIndex: emails[0]?.[1][0] ?? null,
    ofAmazonUser: owner(indexes.slice(0, users.length)),
    ofEmail: owner(indexes.slice(users.length)),
  };
}

/** A customer of Amazon who consented, as an account needs them. */
export interface AmazonCustomer {
  /** Amazon's id of the customer, 1 to 1024 characters; opaque. */
  readonly user_id: string;
  /** The address that the account is for. */
  readonly email: Email;
  /** The whole name, up to 256 characters. */
  readonly name: string | null;
  /** The postal code, up to 32 characters. */
  readonly postal_code: string | null;
}

/** An account that is about to be stored. */
export interface NewAccount {
  /** `acc_` and 32 hexadecimal digits. */
  readonly id: string;
  /** What to store under it. */
  readonly record: AccountRecord;
}

/**
 * Stages the account of a consenting customer, with its indexes, a temporary password: 256 random bits that no one is
 * given, and the task to ask the customer later for a password of their own (guide, "Best practices for account
 * setup").
 *
 * @param options `at`: milliseconds since the epoch. `nudgeAfterMs`: when the customer is asked; 0: never.
 */
export function stageAmazonAccount(
  tx: Transaction,
  { user_id, email, name, postal_code }: AmazonCustomer,
  { owners, at, nudgeAfterMs }: {
    readonly owners: Owners;
    readonly at: number;
    readonly nudgeAfterMs: number;
  },
): NewAccount {
  const nudge = nudgeAfterMs === 0 ? {} : { nudge_at: at + nudgeAfterMs };
  const password = { kind: "temporary", sha256: hashSecret(newSecret()), ...nudge } as const;
  const account = newAccount({ email, name, postal_code, amazon_user_id: user_id, password }, at);
  stageAccount(tx, account, owners);
  if (password.nudge_at !== undefined) stageTask(tx, nudgeOf(account.id), password.nudge_at);
  return account;
}

/** The task to ask a customer for a password of their own. */
export function nudgeOf(accountId: string): Task {
  return { name: "nudge", ids: [accountId] };
}

/** Stages that the customer is not asked for a password any more. */
export function stageNoNudge(tx: Transaction, accountId: string, { password }: AccountRecord): void {
  if (password.kind === "set" || password.nudge_at === undefined) return;
  stageNoTask(tx, nudgeOf(accountId), password.nudge_at);
}

/**
 * An account that nobody has proved their email to yet.
 *
 * @param at Milliseconds since the epoch.
 */
export function newAccount(
  { email, ...customer }: Pick<AccountRecord, "name" | "postal_code" | "amazon_user_id" | "password"> & {
    readonly email: Email;
  },
  at: number,
): NewAccount {
  return {
    id: `acc_${newId(at)}`,
    record: {
      v: 1,
      email: email.display,
      email_verified: false,
      ...customer,
      session_epoch: 0,
      created_at: at,
    },
  };
}

/**
 * Stages a new account with the indexes by which it is found.
 *
 * @param owners As {@linkcode findOwners} gave them for the email, and for the Amazon customer if there is one.
 */
export function stageAccount(tx: Transaction, { id, record }: NewAccount, owners: Owners): void {
  tx.set(ACCOUNT, [id], record);
  stageIndexes(tx, id, owners);
}

/** Stages the indexes by which an account is found: of what its owners were looked up by. */
export function stageIndexes(
  tx: Transaction,
  id: string,
  { amazonUserIndex, emailIndex }: Pick<Owners, "amazonUserIndex" | "emailIndex">,
): void {
  if (amazonUserIndex !== null) tx.set(AMAZON_USER, [amazonUserIndex], { v: 1, account_id: id });
  if (emailIndex !== null) tx.set(EMAIL, [emailIndex], { v: 1, account_id: id });
}
