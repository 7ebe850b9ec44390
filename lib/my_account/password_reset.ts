/**
 * The reset of a password by a mailed link. The link proves that the account's email is the customer's.
 *
 * @module
 */
import { deleteNudge, withPassword } from "../accounts/account_password.ts";
import { assertNotBlocked } from "../accounts/accounts.ts";
import { deleteAmazonUserIndexes } from "../accounts/linking.ts";
import { parseEmail } from "../base/email.ts";
import { Problem } from "../base/problem.ts";
import { putEvents } from "../events/events.ts";
import { ACCOUNT, type AccountRecord } from "../kv/schema.ts";
import { MissingKeyProblem } from "../kv/storage_failure.ts";
import type { Store } from "../kv/store.ts";
import type { Present, Reader } from "../kv/write_batch.ts";
import { countTry } from "../limits/tries.ts";
import { deleteTries, putForgiven } from "../limits/try_records.ts";
import { deleteLinks, findMailedLink, type MailedLink, putLinkUse } from "../outbox/links.ts";
import { deleteMails, putNotice } from "../outbox/outbox.ts";
import { findPasswordFault } from "../passwords/policy.ts";
import type { Services } from "../services.ts";
import { REPLAY_MS } from "../sessions/replay.ts";
import { purgeSessions, putRevocation } from "../sessions/revocation.ts";
import { listSessions, type SessionListServices } from "../sessions/session_list.ts";
import type { Session } from "../sessions/sessions.ts";

/** The account of a reset link, as its page shows it before the customer chooses. */
export interface ResetView {
  /** The email of the account. */
  readonly email: string;
  /** Whether the customer sets a password for the first time. */
  readonly first: boolean;
  /** Whether the devices stay signed in, unless the customer unlinks Amazon. */
  readonly devicesStay: boolean;
  /** Whether an Amazon customer signs in to the account. */
  readonly amazonLinked: boolean;
  /** Whether Amazon was linked before the email was verified, in an account with a password. */
  readonly linkDoubtful: boolean;
  /** The newest sessions of the account. */
  readonly sessions: readonly Session[];
  /** Whether the account has more sessions than those. */
  readonly moreSessions: boolean;
}

/** A reset, as the customer asks for it. */
export interface PasswordReset {
  /** The token of the link. */
  readonly token: string;
  /** The password that the customer chose. */
  readonly password: string;
  /** Whether to unlink Amazon and sign every device out. */
  readonly unlinkAmazon: boolean;
}

/** The result of a reset. */
export interface ResetOutcome {
  /** Whether the devices stay signed in. */
  readonly devicesStay: boolean;
  /** Whether an Amazon customer signs in to the account from now on. */
  readonly amazonLinked: boolean;
}

/** Why a link does nothing: it was used; or it is unknown, expired or replaced by a newer one. */
export type DeadLink = "used" | "unknown";

/** Milliseconds for the whole reset, with the wait for a turn to hash. */
const DEADLINE_MS = 10_000;
const SESSIONS_SHOWN = 20;

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
export async function viewReset(
  services: SessionListServices,
  token: string,
): Promise<ResetView | DeadLink> {
  using store = services.db.within(DEADLINE_MS);
  const opened = await openLink(store, token);
  if (opened === null) return "unknown";
  if (opened.link.entry.value.used) return "used";
  const { link: { accountId }, account } = opened;
  const { email, email_verified, amazon_user_id, password } = account.value;
  const page = await listSessions(services, { accountId, account, limit: SESSIONS_SHOWN });
  const first = password.kind === "temporary";
  return {
    email,
    first,
    devicesStay: devicesStayOf(account.value),
    amazonLinked: amazon_user_id !== null,
    linkDoubtful: amazon_user_id !== null && !first && !email_verified,
    sessions: page.sessions,
    moreSessions: page.next_cursor !== null,
  };
}

/**
 * Sets the password, uses the link up and marks the email as verified, in one commit. Every device is signed out, except
 * when the customer sets a first password, has proved the email before, and leaves Amazon linked. The same form gets the
 * same outcome for 10 minutes.
 *
 * @returns The outcome; or why nothing was done.
 * @throws {Problem} `account_blocked`, `weak_password`, `rate_limited` or `storage_unavailable`
 */
export async function resetPassword(
  services: Services,
  request: PasswordReset,
): Promise<ResetOutcome | DeadLink> {
  const { token, password, unlinkAmazon } = request;
  const { db, keyring, clock } = services;
  using store = db.within(DEADLINE_MS);
  let phc: string | null = null;
  const reset = await store.transact(async (batch) => {
    const opened = await openLink(batch, token);
    if (opened === null) return "unknown";
    const { link, account: { value: before } } = opened;
    if (link.entry.value.used) return await showAgain(services, store, link, request);
    phc ??= await hashNewPassword(services, password, before.email);

    const devicesStay = devicesStayOf(before) && !unlinkAmazon;
    const record: AccountRecord = {
      ...withPassword(before, phc),
      email_verified: true,
      amazon_user_id: unlinkAmazon ? null : before.amazon_user_id,
    };
    batch.check(opened.account);
    const { accountId } = link;
    putEvents(services, batch, {
      accountId,
      events: [
        { type: "account.password_set" },
        ...(unlinkAmazon && before.amazon_user_id !== null ? [{ type: "account.unlinked" } as const] : []),
      ],
    });
    putNotice(services, batch, { kind: "password_changed", account: record });
    if (unlinkAmazon && before.amazon_user_id !== null) {
      putNotice(services, batch, { kind: "amazon_unlinked", account: record });
    }
    if (devicesStay) batch.set(ACCOUNT, [accountId], record);
    const revoked = devicesStay
      ? null
      : await putRevocation(services, { store, batch }, { accountId, account: record, kept: null });
    const key_id = keyring.firstId;
    // Somebody who had the account before must not move it to an address of their own.
    deleteLinks(batch, accountId, ["email_change"]);
    putLinkUse(batch, link, {
      form: formOf(services, request, key_id),
      key_id,
      devices_stay: devicesStay,
      amazon_linked: record.amazon_user_id !== null,
      replay_until: clock.now() + REPLAY_MS,
    });
    if (unlinkAmazon) deleteAmazonUserIndexes(batch, keyring, { id: accountId, record: before });
    deleteNudge(batch, link.accountId, before);
    const email = parseEmail(before.email);
    if (email !== null) {
      await deleteMails(batch, keyring, { email, kinds: ["password_reset", "email_change"] });
      putForgiven(services, batch, email);
      deleteTries(batch, keyring, [
        { scope: "mails_of_email", name: `password_reset/${email.canonical}` },
      ]);
    }
    return { revoked, record };
  });
  if (typeof reset === "string" || "devicesStay" in reset) return reset;
  const { revoked, record } = reset;
  if (revoked !== null) await purgeSessions(services, store, revoked);
  return { devicesStay: revoked === null, amazonLinked: record.amazon_user_id !== null };
}

/** Returns the outcome of a used link for the form that used it. A form with another password counts as a guess. */
async function showAgain(
  services: Services,
  store: Store,
  { accountId, entry: { value: { use } } }: MailedLink,
  request: PasswordReset,
): Promise<ResetOutcome | DeadLink> {
  if (use === undefined || use.replay_until <= services.clock.now()) return "used";
  using counted = await countTry(services, store, [{ scope: "used_link", name: accountId }]);
  if (formOf(services, request, use.key_id) !== use.form) return "used";
  await store.transact((batch) => counted.takeBack(batch));
  return { devicesStay: use.devices_stay, amazonLinked: use.amazon_linked };
}

/**
 * Derives a value that only the same form gives. Nobody without the link and the data key can find the password by it.
 *
 * @throws {MissingKeyProblem}
 */
function formOf(
  { keyring }: Pick<Services, "keyring">,
  { token, password, unlinkAmazon }: PasswordReset,
  keyId: string,
): string {
  const form = keyring.deriveSecret(keyId, "reset form", [
    token,
    password.normalize("NFC"),
    `${unlinkAmazon}`,
  ]);
  if (form === null) throw new MissingKeyProblem(keyId);
  return form;
}

/**
 * Tells whether the devices of an account may stay signed in when its password is set by a mailed link: when it is the
 * first password, and somebody has proved the email before. Otherwise this link is the first proof, and what was there
 * before it can be a stranger's.
 */
function devicesStayOf({ password, email_verified }: AccountRecord): boolean {
  return password.kind === "temporary" && email_verified;
}

/** @throws {Problem} `weak_password` or `rate_limited` */
async function hashNewPassword(
  { config, hasher }: Pick<Services, "config" | "hasher">,
  password: string,
  email: string,
): Promise<string> {
  const fault = await findPasswordFault(password, { email, appName: config.appName });
  if (fault !== null) throw new Problem("weak_password", { errors: [{ path: "/password", message: fault }] });
  return await hasher.hash(password);
}

async function openLink(reader: Reader, token: string): Promise<OpenedLink | null> {
  const link = await findMailedLink(reader, { token, purpose: "password" });
  if (link === null) return null;
  const { value, ...entry } = await reader.get(ACCOUNT, [link.accountId]);
  if (value === null) return null;
  assertNotBlocked(value);
  return { link, account: { ...entry, value } };
}
