/**
 * Account deletion. One commit removes the account, signs it out everywhere and removes its indexes. A task removes the
 * records that exceed one commit, in bounded steps; after a crash it continues.
 *
 * @module
 */
import { deleteEmailIndexes } from "../accounts/account_indexes.ts";
import { deleteNudge } from "../accounts/account_password.ts";
import { deleteListedEntitlement } from "../accounts/entitlement_records.ts";
import { deleteLinkTicket } from "../accounts/link_tickets.ts";
import { deleteAmazonUserIndexes } from "../accounts/linking.ts";
import { parseEmail } from "../base/email.ts";
import { Problem } from "../base/problem.ts";
import { putEvents } from "../events/events.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { ACCOUNT, type AccountRecord, ENTITLEMENT, LINK_TICKET, SESSION } from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import { completeTask, type DueTask, putTask } from "../kv/tasks.ts";
import type { Present, Reader, WriteBatch } from "../kv/write_batch.ts";
import type { TrySubject } from "../limits/scopes.ts";
import { deleteTries } from "../limits/try_records.ts";
import { deleteLinks, findMailedLink, type MailedLink } from "../outbox/links.ts";
import { deleteMails, MAILS_WITH_POWER, NOTICES, putMail } from "../outbox/outbox.ts";
import type { Services } from "../services.ts";
import type { Authenticated } from "../sessions/authentication.ts";
import { findEnded, putEnded } from "../sessions/ended.ts";
import { deleteSession } from "../sessions/session_records.ts";
import {
  CONFIRMATION_DEADLINE_MS,
  type ConfirmationServices,
  transactConfirmed,
} from "./password_confirmation.ts";

/** The sessions and events, and the link tickets, that one commit removes. */
const BATCH = 100;

/** The entitlements that one commit removes. Each takes a check, or two when it cannot be read. */
const ENTITLEMENT_BATCH = 3;

/** The services that a deletion uses. */
export type DeletionServices = Pick<Services, "db" | "clock" | "config" | "keyring">;

/**
 * Deletes the account of a session, once the customer has proved that they know its password.
 *
 * @param password The present password; undefined when the request has none.
 * @throws {Problem} `invalid_session` when the session is not alive any more and the account is still there,
 *   `invalid_credentials`, `rate_limited`, `overloaded` or `storage_unavailable`
 */
export async function deleteAccount(
  services: DeletionServices & ConfirmationServices,
  authenticated: Authenticated,
  password?: string,
): Promise<void> {
  using store = services.db.within(CONFIRMATION_DEADLINE_MS);
  try {
    await transactConfirmed(
      services,
      store,
      { authenticated, password },
      (batch, { accountId, sessionId, account, session }) => {
        const { secret_hash: secretHash } = session.value;
        putEnded(services, batch, { accountId, sessionId, secretHash }, "account_deletion");
        return putDeletion(services, store, batch, { id: accountId, record: account.value });
      },
    );
  } catch (error) {
    // Another request has deleted the account meanwhile: what this one asked for is done.
    const ended = error instanceof Problem && error.code === "invalid_session";
    if (!ended || (await store.get(ACCOUNT, [authenticated.accountId])).value !== null) throw error;
  }
}

/**
 * Deletes an account for the operator.
 *
 * @returns Whether there was such an account.
 * @throws {Problem} `storage_unavailable`
 */
export async function deleteAccountOf(services: DeletionServices, accountId: string): Promise<boolean> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  return await store.transact(async (batch) => {
    const { value, ...entry } = await batch.get(ACCOUNT, [accountId]);
    if (value === null) return false;
    batch.check(entry);
    await putDeletion(services, store, batch, { id: accountId, record: value });
    return true;
  });
}

/** The account that a deletion link is for, as its page shows it. */
export interface DeletionView {
  /** The email of the account. */
  readonly email: string;
  /** Whether an Amazon customer signs in to the account. */
  readonly amazonLinked: boolean;
}

/**
 * Opens a deletion link, without using it.
 *
 * @returns Null when the link is unknown, used, expired or replaced by a newer one.
 * @throws {Problem} `storage_unavailable`
 */
export async function viewDeletion(
  { db }: Pick<Services, "db">,
  token: string,
): Promise<DeletionView | null> {
  using store = db.within(STORAGE_DEADLINE_MS);
  const found = await findByLink(store, token);
  if (found === null) return null;
  const { email, amazon_user_id } = found.account.value;
  return { email, amazonLinked: amazon_user_id !== null };
}

/**
 * Deletes the account of a deletion link.
 *
 * @returns Whether the account was deleted, now or by the same link within the last 10 minutes. False when the link is
 *   unknown, expired or replaced by a newer one.
 * @throws {Problem} `storage_unavailable`
 */
export async function deleteAccountByLink(services: DeletionServices, token: string): Promise<boolean> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  let deleting: string | null = null;
  return await store.transact(async (batch) => {
    const found = await findByLink(batch, token);
    if (found === null) {
      // The same form was sent before, or another request was faster: what this one asked for is done.
      if (await findEnded(batch, { link: token }) !== null) return true;
      return deleting !== null && (await batch.get(ACCOUNT, [deleting])).value === null;
    }
    const { link: { accountId, entry }, account } = found;
    deleting = accountId;
    batch.check(entry);
    batch.check(account);
    putEnded(services, batch, { link: token }, "account_deletion");
    await putDeletion(services, store, batch, { id: accountId, record: account.value });
    return true;
  });
}

/**
 * Goes on with a deletion by one step. The last step completes the task.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function purgeDeletedAccount(
  { db, keyring }: Pick<Services, "db" | "keyring">,
  task: DueTask,
): Promise<void> {
  const [id = ""] = task.ids;
  using store = db.within(STORAGE_DEADLINE_MS);
  const batch = store.batch();
  if (!await deleteRemainders(store, batch, id)) {
    // A failed change of password can have been counted since the first step.
    deleteTries(batch, keyring, scopesOf(id));
    completeTask(batch, task);
  }
  await store.commit(batch);
}

/** Names what is counted under the id of an account. */
function scopesOf(id: string): TrySubject[] {
  const scopes = ["change_password", "used_link", "email_change", "email_verification"] as const;
  return scopes.map((scope) => ({ scope, name: id }));
}

async function findByLink(
  reader: Reader,
  token: string,
): Promise<{ readonly link: MailedLink; readonly account: Present<AccountRecord> } | null> {
  const link = await findMailedLink(reader, { token, purpose: "deletion" });
  if (link === null) return null;
  const { value, ...entry } = await reader.get(ACCOUNT, [link.accountId]);
  return value === null ? null : { link, account: { ...entry, value } };
}

/** Removes an account and a first part of its records, and writes the task that removes the rest and the last mail. */
async function putDeletion(
  services: DeletionServices,
  store: Store,
  batch: WriteBatch,
  { id, record }: { readonly id: string; readonly record: AccountRecord },
): Promise<void> {
  const { clock, config, keyring } = services;
  batch.delete([ACCOUNT.kind, id]);
  deleteAmazonUserIndexes(batch, keyring, { id, record });
  deleteNudge(batch, id, record);
  deleteLinks(batch, id);
  putEvents(services, batch, { accountId: id, events: [{ type: "account.deleted" }] });
  await deleteRemainders(store, batch, id);
  // A device that signs in at this moment can still write its session, so there is always a task.
  putTask(batch, { name: "purge", ids: [id] }, clock.now());
  const email = parseEmail(record.email);
  if (email === null) return;
  deleteEmailIndexes(batch, keyring, email);
  deleteTries(batch, keyring, [
    ...scopesOf(id),
    { scope: "sign_in_account", name: email.canonical },
    { scope: "mails_of_email", name: `password_reset/${email.canonical}` },
    { scope: "mails_of_email", name: `account_deletion/${email.canonical}` },
    { scope: "activation_mail_email", name: email.canonical },
  ]);
  await deleteMails(batch, keyring, { email, kinds: [...MAILS_WITH_POWER, ...NOTICES] });
  if (config.mail === null) return;
  await putMail(services, batch, { kind: "account_deleted", email, language: record.language });
}

/**
 * Removes sessions of an account, its entitlements, its events and link tickets, with the records of their codes: as
 * many as one commit takes.
 *
 * @returns Whether there can be more.
 */
async function deleteRemainders(store: Store, batch: WriteBatch, id: string): Promise<boolean> {
  // Sessions come first, then their events, and what a newer version may have stored beside them.
  const sessions = await store.list(SESSION, { under: [id], beside: true, reverse: true, limit: BATCH });
  const tickets = await store.list(LINK_TICKET, { under: [id], limit: BATCH });
  for (const { key, stored } of sessions) deleteSession(batch, { key, value: stored });
  for (const { key, stored } of tickets) deleteLinkTicket(batch, { key, value: stored });
  const entitlements = await store.list(ENTITLEMENT, { under: [id], limit: ENTITLEMENT_BATCH });
  for (const entry of entitlements) await deleteListedEntitlement(batch, entry);
  return sessions.length === BATCH || tickets.length === BATCH || entitlements.length === ENTITLEMENT_BATCH;
}
