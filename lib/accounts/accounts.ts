/**
 * Login accounts: at most one for an Amazon `user_id`, and at most one for an email.
 *
 * @module
 */
import { type Email, parseEmail } from "../base/email.ts";
import { newId } from "../base/ids.ts";
import { Problem } from "../base/problem.ts";
import type { Keyring } from "../kv/keyring.ts";
import { ACCOUNT, type AccountRecord, AMAZON_USER, EMAIL } from "../kv/schema.ts";
import { putTask } from "../kv/tasks.ts";
import type { Present, WriteBatch } from "../kv/write_batch.ts";
import { findOwners, type Owners, putIndexes } from "./account_indexes.ts";
import { nudgeOf } from "./account_password.ts";

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

/**
 * Refuses an account that the operator has blocked.
 *
 * @throws {Problem} `account_blocked`
 */
export function assertNotBlocked({ blocked_at }: Pick<AccountRecord, "blocked_at">): void {
  if (blocked_at !== undefined) throw new Problem("account_blocked");
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
 * @param owners The result of `findOwners` for the email, and for the Amazon customer if there is one.
 */
export function putAccount(
  batch: WriteBatch,
  { id, record }: IdentifiedAccount,
  owners: Pick<Owners, "amazonUserIndex" | "emailIndex">,
): void {
  batch.set(ACCOUNT, [id], record);
  putIndexes(batch, id, owners);
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
