/**
 * The profile of an account, as its customer changes it.
 *
 * @module
 */
import { type Account, describeAccount } from "../accounts/accounts.ts";
import { deleteLink } from "../accounts/linking.ts";
import { putEvents } from "../events/events.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { ACCOUNT, type AccountRecord } from "../kv/schema.ts";
import { putNotice } from "../outbox/outbox.ts";
import type { Services } from "../services.ts";
import { type Authenticated, transactAs } from "../sessions/authentication.ts";
import {
  type Confirmation,
  CONFIRMATION_DEADLINE_MS,
  type ConfirmationServices,
  putProof,
  transactConfirmed,
} from "./password_confirmation.ts";

/** New values. A field that is undefined stays as it is; null clears it. */
export interface ProfileChanges {
  /** At most 256 characters. */
  readonly name?: string | null | undefined;
  /** At most 32 characters. */
  readonly postal_code?: string | null | undefined;
}

/**
 * Changes name and postal code.
 *
 * @returns The changed account.
 * @throws {Problem} `invalid_session` or `storage_unavailable`
 */
export async function changeProfile(
  services: Pick<Services, "db" | "clock" | "config">,
  authenticated: Authenticated,
  { name, postal_code }: ProfileChanges,
): Promise<Account> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  return await transactAs(store, authenticated, (batch, { accountId, account: { value } }) => {
    const changed: AccountRecord = {
      ...value,
      name: name === undefined ? value.name : name,
      postal_code: postal_code === undefined ? value.postal_code : postal_code,
      ...editedBy(value, { name, postal_code }),
    };
    batch.set(ACCOUNT, [accountId], changed);
    if (changed.name !== value.name || changed.postal_code !== value.postal_code) {
      putEvents(services, batch, { accountId, events: [{ type: "account.updated" }] });
    }
    return describeAccount(accountId, changed);
  });
}

/** Adds the fields of a change to those that the customer has edited. */
function editedBy({ edited }: AccountRecord, changes: ProfileChanges): Pick<AccountRecord, "edited"> {
  if (edited === undefined) return {};
  const fields = (["name", "postal_code"] as const).filter((field) => changes[field] !== undefined);
  return { edited: [...new Set([...edited, ...fields])] };
}

/**
 * Removes the link between an account and its Amazon customer, once the customer has proved that they know the password.
 * Without a link nothing changes.
 *
 * @param password The present password; undefined when the request has none.
 * @throws {Problem} `password_temporary` when the link is the only way to sign in, `invalid_credentials`,
 *   `invalid_session`, `rate_limited`, `overloaded` or `storage_unavailable`
 */
export async function unlinkAmazon(
  services: ConfirmationServices,
  authenticated: Authenticated,
  password?: string,
): Promise<void> {
  using store = services.db.within(CONFIRMATION_DEADLINE_MS);
  const confirmation: Confirmation = {
    authenticated,
    password,
    // The same request, sent again later, is answered as it was before.
    isNeedless: ({ amazon_user_id }) => amazon_user_id === null,
    whileTemporary: "password_temporary",
  };
  await transactConfirmed(services, store, confirmation, (batch, current) => {
    const { accountId, account } = current;
    deleteLink(batch, services.keyring, { id: accountId, record: account.value });
    if (account.value.amazon_user_id === null) return;
    if (password !== undefined) putProof(services, batch, current);
    putEvents(services, batch, { accountId, events: [{ type: "account.unlinked" }] });
    putNotice(services, batch, { kind: "amazon_unlinked", account: account.value });
  });
}
