/**
 * Finding an account for the operator, and showing it.
 *
 * @module
 */
import { findOwners } from "../../accounts/account_indexes.ts";
import { type Account, describeAccount, type IdentifiedAccount } from "../../accounts/accounts.ts";
import { findReceipts } from "../../accounts/receipts.ts";
import { parseEmail } from "../../base/email.ts";
import { STORAGE_DEADLINE_MS } from "../../kv/database.ts";
import { ACCOUNT, type AccountRecord } from "../../kv/schema.ts";
import type { Services } from "../../services.ts";
import { CommandError } from "../command.ts";
import { columns } from "../help.ts";

/** An account as the commands show it: as the API does, and whether it is blocked. */
export interface ShownAccount extends Account {
  /** Whether the operator has blocked the account. */
  readonly blocked: boolean;
}

/** Shows a stored account. */
export function showAccount({ id, record }: IdentifiedAccount): ShownAccount {
  return { ...describeAccount(id, record), blocked: record.blocked_at !== undefined };
}

/** Describes an account in lines for people. */
export function describeLines(account: ShownAccount): string[] {
  return columns(
    Object.entries(account).map(([name, value]) => [name, value === null ? "–" : String(value)]),
  );
}

/**
 * Reads an account.
 *
 * @throws {CommandError} `not_found`
 * @throws {Problem} `storage_unavailable`
 */
export async function getAccount({ db }: Pick<Services, "db">, id: string): Promise<IdentifiedAccount> {
  using store = db.within(STORAGE_DEADLINE_MS);
  const { value } = await store.get(ACCOUNT, [id]);
  if (value === null) throw noAccount();
  return { id, record: value };
}

/**
 * Finds an account by its email, its id, its Amazon `user_id`, or a receipt that is bound to it.
 *
 * @throws {CommandError} `not_found`
 * @throws {Problem} `storage_unavailable`
 */
export async function findAccount(
  { db, keyring }: Pick<Services, "db" | "keyring">,
  whom: string,
): Promise<IdentifiedAccount> {
  using store = db.within(STORAGE_DEADLINE_MS);
  const { ofEmail, ofAmazonUser } = await findOwners(store, keyring, {
    userId: whom,
    email: parseEmail(whom),
  });
  const [receipt] = await findReceipts(store, keyring, [whom]);
  const ids = [ofEmail, ofAmazonUser, receipt?.owner ?? null, whom].filter((id) => id !== null);
  const accounts = await store.getMany<AccountRecord[]>(ids.map((id) => [ACCOUNT, [id]] as const));
  const found = accounts.find(({ value }) => value !== null);
  if (!found?.value) throw noAccount();
  return { id: found.key[1] ?? "", record: found.value };
}

/** The error for an account that does not exist. */
export function noAccount(): CommandError {
  return new CommandError("not_found", "There is no such account");
}
