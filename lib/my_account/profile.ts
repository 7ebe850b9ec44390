/**
 * What a customer may change of their account.
 *
 * @module
 */
import { type Clock, Deadline } from "../base/clock.ts";
import { type Database, STORAGE_DEADLINE_MS } from "../kv/database.ts";
import type { Keyring } from "../kv/keyring.ts";
import { ACCOUNT, type AccountRecord } from "../kv/schema.ts";
import { Problem } from "../base/problem.ts";
import { commitAs } from "../sessions/revocation.ts";
import { type Authenticated, readSession } from "../sessions/sessions.ts";
import { type Account, describeAccount } from "../accounts/accounts.ts";
import { stageUnlink } from "../accounts/linking.ts";

/** What the functions here need of the services. */
export interface ProfileServices {
  /** Holds the account. */
  readonly db: Database;
  /** Ends what takes too long. */
  readonly clock: Clock;
  /** Names the indexes of a link. */
  readonly keyring: Keyring;
}

/** New values; a field that is undefined stays as it is, null clears it. */
export interface ProfileChanges {
  /** At most 256 characters. */
  readonly name?: string | null | undefined;
  /** At most 32 characters. */
  readonly postal_code?: string | null | undefined;
}

/**
 * Changes name and postal code.
 *
 * @returns The account with the changes.
 * @throws {Problem} `invalid_session` or `storage_unavailable`
 */
export async function changeProfile(
  { db, clock }: ProfileServices,
  who: Authenticated,
  { name, postal_code }: ProfileChanges,
): Promise<Account> {
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  const record = await commitAs(db, who, deadline, (tx, { accountId, account: { value } }) => {
    const changed: AccountRecord = {
      ...value,
      name: name === undefined ? value.name : name,
      postal_code: postal_code === undefined ? value.postal_code : postal_code,
    };
    tx.set(ACCOUNT, [accountId], changed);
    return changed;
  });
  return describeAccount(who.accountId, record);
}

/**
 * Ends the link between an account and its Amazon customer; without a link it does nothing.
 *
 * @throws {Problem} `password_temporary` when the link is the only way in, `invalid_session` or
 *   `storage_unavailable`
 */
export async function unlinkAmazon(
  { db, clock, keyring }: ProfileServices,
  who: Authenticated,
): Promise<void> {
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  // A replica can be behind the password that makes this possible.
  const found = await readSession(db, who, { consistency: "strong", deadline });
  if (found === null) throw new Problem("invalid_session");
  await commitAs(db, found, deadline, (tx, { accountId, account }) => {
    stageUnlink(tx, { id: accountId, record: account.value }, keyring);
  });
}
