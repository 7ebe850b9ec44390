/**
 * The approval of a TV by a mailed link: for customers without a password. The link proves that the account's email is
 * the customer's.
 *
 * @module
 */
import { withoutPassword } from "../accounts/account_password.ts";
import { deleteAmazonUserIndexes } from "../accounts/linking.ts";
import { type Email, parseEmail } from "../base/email.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { ACCOUNT, type AccountRecord, ACTIVATION } from "../kv/schema.ts";
import type { Present, Reader } from "../kv/write_batch.ts";
import { pairOf } from "../limits/scopes.ts";
import { countTry } from "../limits/tries.ts";
import { findMailedLink, type MailedLink, putLinkUse } from "../outbox/links.ts";
import { delayOfAskedMail, deleteMails, putMail } from "../outbox/outbox.ts";
import type { Services } from "../services.ts";
import { purgeSessions, putRevocation, type Revocation } from "../sessions/revocation.ts";
import { activationIdOf, type ActivationView, describeActivation } from "./activation.ts";
import { type Decision, putApproval, putDenial } from "./activation_approval.ts";

/** A request for a mail with a link that approves a TV. */
export interface ActivationMailRequest {
  /** The token of the page. */
  readonly pageToken: string;
  /** The email as somebody typed it. It need not be theirs. */
  readonly email: Email;
  /** The client, as limits count it. */
  readonly client: string;
  /** The language of the page, as a BCP 47 tag. It counts when the account has none. */
  readonly language: string;
}

/**
 * Puts a mail into the outbox. A request costs the same trips and writes the same records whether or not the email has
 * an account: the account is looked up when the mail is sent.
 *
 * @returns When the mail is due; null when no mail is sent at all.
 * @throws {Problem} `rate_limited` or `storage_unavailable`
 */
export async function requestActivationMail(
  services: Services,
  { pageToken, email, client, language }: ActivationMailRequest,
): Promise<number | null> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  await countTry(services, store, [
    { scope: "activation_mail", name: pairOf(email, client) },
    { scope: "activation_mail_email", name: email.canonical },
    { scope: "mail_address", name: client },
  ]);
  if (services.config.mail === null) return null;
  const activation = activationIdOf(pageToken);
  return await store.transact((batch) =>
    putMail(services, batch, { kind: "activation", email, language, activation, delayMs: delayOfAskedMail() })
  );
}

/** An activation that a mailed link approves, as its page shows it. */
export interface MailedActivationView extends ActivationView {
  /** The email of the account. */
  readonly email: string;
  /** Whether somebody has shown before that the email is theirs. */
  readonly proved: boolean;
}

/**
 * Opens a link without using it: mail scanners open links too.
 *
 * @returns Null when the link is unknown, expired or replaced by a newer one, or its activation is gone.
 * @throws {Problem} `storage_unavailable`
 */
export async function viewMailedActivation(
  { db, clock }: Pick<Services, "db" | "clock">,
  token: string,
): Promise<MailedActivationView | null> {
  using store = db.within(STORAGE_DEADLINE_MS);
  const opened = await openLink(store, token);
  if (opened === null) return null;
  const { value } = await store.get(ACTIVATION, [opened.activationId]);
  if (value === null) return null;
  const { email, email_verified: proved } = opened.account.value;
  return { ...describeActivation(value, clock.now()), email, proved };
}

/**
 * Approves a TV, uses the link up and marks the email as verified, in one commit.
 *
 * @param approval `claim`: whether the customer says that somebody else has made the account. Until the email is proved
 *   for the first time, this takes the password and the Amazon customer of the account away and signs all other devices
 *   out.
 * @throws {Problem} `account_blocked` or `storage_unavailable`
 */
export async function approveByMail(
  services: Services,
  { token, claim }: { readonly token: string; readonly claim: boolean },
): Promise<Decision> {
  const { db, keyring } = services;
  using store = db.within(STORAGE_DEADLINE_MS);
  let revoked: Revocation | null = null;
  const decision = await store.transact(async (batch): Promise<Decision> => {
    revoked = null;
    const opened = await openLink(batch, token);
    if (opened === null) return { is: "unknown" };
    const { link, activationId: id, account: { value: before, ...entry } } = opened;
    const { accountId } = link;
    const claims = claim && !before.email_verified;
    const record = { ...(claims ? claimed(before) : before), email_verified: true };
    const account = { id: accountId, record, created: false };
    const { result, record: changed } = await putApproval(services, batch, { id, account });
    // A link that was used finds its own approval, and changes nothing.
    if (result.is !== "approved" || link.entry.value.used) return result;
    batch.check(entry);
    if (claims) {
      if (before.amazon_user_id !== changed.amazon_user_id) {
        deleteAmazonUserIndexes(batch, keyring, { id: accountId, record: before });
      }
      const latest = { ...changed, session_epoch: before.session_epoch };
      revoked = await putRevocation(services, { store, batch }, { accountId, account: latest, kept: null });
    } else batch.set(ACCOUNT, [accountId], changed);
    putLinkUse(batch, link);
    const email = parseEmail(before.email);
    if (email !== null) await deleteMails(batch, keyring, { email, kinds: ["activation"] });
    return result;
  });
  if (revoked !== null) await purgeSessions(services, store, revoked);
  return decision;
}

/**
 * Returns an account that a stranger has made, as the owner of its email takes it over: the stranger's ways in are
 * gone.
 */
function claimed(account: AccountRecord): AccountRecord {
  return { ...withoutPassword(account), amazon_user_id: null, session_epoch: account.session_epoch + 1 };
}

/**
 * Denies a TV by the link of a mail.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function denyByMail(
  services: Pick<Services, "db" | "clock">,
  token: string,
): Promise<Decision> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  return await store.transact(async (batch): Promise<Decision> => {
    const opened = await openLink(batch, token);
    return opened === null ? { is: "unknown" } : await putDenial(services, batch, opened.activationId);
  });
}

async function openLink(reader: Reader, token: string): Promise<
  {
    readonly link: MailedLink;
    readonly activationId: string;
    readonly account: Present<AccountRecord>;
  } | null
> {
  const link = await findMailedLink(reader, { token, purpose: "activation" });
  const activationId = link?.entry.value.activation;
  if (link === null || activationId === undefined) return null;
  const { value, ...entry } = await reader.get(ACCOUNT, [link.accountId]);
  return value === null ? null : { link, activationId, account: { ...entry, value } };
}
