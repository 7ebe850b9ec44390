/**
 * The use of a link that changes the email of an account, or proves the present one.
 *
 * @module
 */
import { deleteEmailIndexes, findOwners, putIndexes } from "../accounts/account_indexes.ts";
import { assertNotBlocked } from "../accounts/accounts.ts";
import { parseEmail } from "../base/email.ts";
import { putEvents } from "../events/events.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { ACCOUNT, type AccountRecord, type EmailChange, SESSION } from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import type { Present, Reader, WriteBatch } from "../kv/write_batch.ts";
import { deleteLinks, findMailedLink, type MailedLink, putLinkUse } from "../outbox/links.ts";
import { deleteMails, MAILS_WITH_POWER } from "../outbox/outbox.ts";
import type { Services } from "../services.ts";
import { purgeSessions, putRevocation, type Revocation } from "../sessions/revocation.ts";

/** What a link does, as its page shows it before the customer confirms. */
export interface EmailLinkView {
  /** The email that the account gets, or that is proved. */
  readonly email: string;
  /** The email that the account has now; null when the link changes none. */
  readonly from: string | null;
}

/**
 * Why a link does nothing: it was used; it is unknown, expired or replaced by a newer one; or another account has the
 * email by now.
 */
export type DeadEmailLink = "used" | "unknown" | "taken";

/** A link with its account. */
interface OpenedLink {
  readonly link: MailedLink;
  readonly account: Present<AccountRecord>;
}

/**
 * Opens a link without using it: mail scanners open links too.
 *
 * @throws {Problem} `account_blocked` or `storage_unavailable`
 */
export async function viewEmailLink(
  { db, keyring }: Pick<Services, "db" | "keyring">,
  token: string,
): Promise<EmailLinkView | DeadEmailLink> {
  using store = db.within(STORAGE_DEADLINE_MS);
  const opened = await openLink(store, token);
  if (opened === null) return "unknown";
  if (opened.link.entry.value.used) return "used";
  const { link: { entry: { value: { change } } }, account: { value: { email } } } = opened;
  if (change === undefined) return { email, from: null };
  const { ofEmail } = await findOwners(store, keyring, { email: parseEmail(change.email) });
  return ofEmail === null ? { email: change.email, from: email } : "taken";
}

/**
 * Does what a link says. A change signs every device out but the one that asked, and ends all other links. The same link,
 * sent again, gets the same outcome.
 *
 * @returns What was done; or why nothing was done.
 * @throws {Problem} `account_blocked` or `storage_unavailable`
 */
export async function confirmEmail(
  services: Services,
  token: string,
): Promise<EmailLinkView | DeadEmailLink> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  const done = await store.transact(async (batch) => {
    const opened = await openLink(batch, token);
    if (opened === null) return "unknown";
    const { link, account } = opened;
    const { used, change } = link.entry.value;
    const { email } = account.value;
    if (used) return { revoked: null, view: { email, from: change === undefined ? null : email } };
    batch.check(account);
    if (change === undefined) {
      putVerification(services, batch, opened);
      return { revoked: null, view: { email, from: null } };
    }
    const revoked = await putChange(services, store, batch, { ...opened, change });
    return revoked === null ? "taken" : { revoked, view: { email: change.email, from: email } };
  });
  if (typeof done === "string") return done;
  if (done.revoked !== null) await purgeSessions(services, store, done.revoked);
  return done.view;
}

/** Finds a link that can be used, or that was used. */
async function openLink(reader: Reader, token: string): Promise<OpenedLink | null> {
  for (const purpose of ["email_change", "email_verification"] as const) {
    const link = await findMailedLink(reader, { token, purpose });
    if (link === null) continue;
    const { value, ...entry } = await reader.get(ACCOUNT, [link.accountId]);
    if (value === null) return null;
    assertNotBlocked(value);
    const { used, change, proves } = link.entry.value;
    // A sign-out of all devices and a new password end the change. A link proves only the email that it was mailed to.
    const alive = purpose === "email_change" ? change?.epoch === value.session_epoch : proves === value.email;
    return used || alive ? { link, account: { ...entry, value } } : null;
  }
  return null;
}

function putVerification(services: Services, batch: WriteBatch, { link, account }: OpenedLink): void {
  const { accountId } = link;
  putLinkUse(batch, link);
  if (account.value.email_verified) return;
  batch.set(ACCOUNT, [accountId], { ...account.value, email_verified: true });
  putEvents(services, batch, { accountId, events: [{ type: "account.updated" }] });
}

/** Writes a change. Returns null when another account has the new email. */
async function putChange(
  services: Services,
  store: Store,
  batch: WriteBatch,
  { link, account, change }: OpenedLink & { readonly change: EmailChange },
): Promise<Revocation | null> {
  const { keyring } = services;
  const { accountId } = link;
  const { value } = account;
  const email = parseEmail(change.email);
  const owners = await findOwners(batch, keyring, { email });
  if (email === null || owners.ofEmail !== null) return null;
  for (const index of owners.proofOfEmail) batch.check(index);
  const before = parseEmail(value.email);
  if (before !== null) {
    deleteEmailIndexes(batch, keyring, before);
    // Somebody who reads the mail of the old address must not get back into the account by a link.
    await deleteMails(batch, keyring, { email: before, kinds: MAILS_WITH_POWER });
  }
  putIndexes(batch, accountId, owners);
  deleteLinks(batch, accountId, ["password", "deletion", "activation", "email_verification"]);
  putLinkUse(batch, link);
  const { value: session, ...entry } = await batch.get(SESSION, [accountId, change.session_id]);
  batch.check(entry);
  const alive = session !== null && session.epoch === value.session_epoch;
  putEvents(services, batch, { accountId, events: [{ type: "account.email_changed" }] });
  return await putRevocation(services, { store, batch }, {
    accountId,
    account: { ...value, email: email.display, email_verified: true },
    kept: alive ? { sessionId: change.session_id, session: { ...entry, value: session } } : null,
  });
}
