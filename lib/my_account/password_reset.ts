/**
 * A new password for a customer who has a mailed link, which proves that the account's email is theirs.
 *
 * @module
 */
import { stageNoNudge } from "../accounts/accounts.ts";
import { stageNoAmazonUser } from "../accounts/linking.ts";
import { Deadline } from "../base/clock.ts";
import { parseEmail } from "../base/email.ts";
import type { Entry, ReadOptions } from "../kv/database.ts";
import { ACCOUNT, type AccountRecord } from "../kv/schema.ts";
import { findMailedLink, type MailedLink, stageLinkUse } from "../outbox/links.ts";
import { stageNoMail } from "../outbox/outbox.ts";
import { findPasswordFault } from "../passwords/policy.ts";
import { stageForgetting } from "../limits/tries.ts";
import { Problem } from "../base/problem.ts";
import type { Services } from "../services.ts";
import { purgeSessions } from "../sessions/revocation.ts";
import { listSessions, type Session } from "../sessions/sessions.ts";

/** What a customer sees before they choose. */
export interface ResetView {
  /** The account's email. */
  readonly email: string;
  /** Whether it is the first password of their own: then devices stay signed in. */
  readonly first: boolean;
  /** Whether an Amazon customer signs in to the account. */
  readonly amazonLinked: boolean;
  /** Whether that link was made before anyone proved that the email is theirs, in an account with a password. */
  readonly linkDoubtful: boolean;
  /** The newest of its devices. */
  readonly sessions: readonly Session[];
  /** Whether there are more than those. */
  readonly moreSessions: boolean;
}

/** What a customer chose. */
export interface PasswordReset {
  /** The token of the link. */
  readonly token: string;
  /** As the customer chose it. */
  readonly password: string;
  /** Whether Amazon is to be unlinked, and every device signed out with it. */
  readonly unlinkAmazon: boolean;
}

/** What a reset came to. */
export interface ResetOutcome {
  /** Whether the devices stay signed in. */
  readonly devicesStay: boolean;
  /** Whether an Amazon customer signs in to the account from now on. */
  readonly amazonLinked: boolean;
}

/** Why a link does nothing: it was used, or it is unknown, expired or ended by a newer one. */
export type DeadLink = "used" | "unknown";

/** Milliseconds for the whole of it, waiting for a turn to hash included. */
const DEADLINE_MS = 10_000;
const MOST_COMMITS = 20;
const SESSIONS_SHOWN = 20;

interface Opened {
  readonly link: MailedLink;
  readonly account: Entry<AccountRecord> & { readonly value: AccountRecord };
}

/**
 * Opens a link, which does not use it: mail scanners open links too.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function viewReset(services: Services, token: string): Promise<ResetView | DeadLink> {
  using deadline = new Deadline(services.clock, DEADLINE_MS);
  const opened = await open(services, token, { consistency: "strong", deadline });
  if (opened === null) return "unknown";
  if (opened.link.entry.value.used) return "used";
  const { link: { accountId }, account } = opened;
  const { email, email_verified, amazon_user_id, password } = account.value;
  const page = await listSessions(services, { accountId, account }, { limit: SESSIONS_SHOWN });
  const first = password.kind === "temporary";
  return {
    email,
    first,
    amazonLinked: amazon_user_id !== null,
    linkDoubtful: amazon_user_id !== null && !first && !email_verified,
    sessions: page.sessions,
    moreSessions: page.next_cursor !== null,
  };
}

/**
 * Sets the password, uses the link up and takes the email as proved, in one commit. Every device is signed out, but
 * for those of a customer whose first password it is and who leaves Amazon linked.
 *
 * @returns What it came to; or why nothing was done.
 * @throws {Problem} `weak_password`, `rate_limited` or `storage_unavailable`
 */
export async function resetPassword(
  services: Services,
  { token, password, unlinkAmazon }: PasswordReset,
): Promise<ResetOutcome | DeadLink> {
  const { db, clock, config, hasher, keyring } = services;
  using deadline = new Deadline(clock, DEADLINE_MS);
  const read = { consistency: "strong", deadline } as const;
  let phc: string | null = null;
  let outcome: ResetOutcome | null = null;
  for (let tries = 1; tries <= MOST_COMMITS; tries++) {
    const opened = await open(services, token, read);
    if (opened === null) return "unknown";
    const { link, account } = opened;
    const before = account.value;
    if (link.entry.value.used) {
      // The commit can have taken effect although it was told to have failed.
      const mine = before.password.kind === "set" && before.password.phc === phc;
      return outcome !== null && mine ? outcome : "used";
    }
    const email = parseEmail(before.email);
    if (phc === null) {
      const fault = await findPasswordFault(password, { email: before.email, appName: config.appName });
      if (fault !== null) {
        throw new Problem("weak_password", { errors: [{ path: "/password", message: fault }] });
      }
      phc = await hasher.hash(password);
    }

    const devicesStay = before.password.kind === "temporary" && !unlinkAmazon;
    const record: AccountRecord = {
      ...before,
      email_verified: true,
      password: { kind: "set", phc },
      session_epoch: before.session_epoch + (devicesStay ? 0 : 1),
      amazon_user_id: unlinkAmazon ? null : before.amazon_user_id,
    };
    const tx = db.transaction().check(account).set(ACCOUNT, [link.accountId], record);
    stageLinkUse(tx, link);
    if (unlinkAmazon) stageNoAmazonUser(tx, before, keyring);
    stageNoNudge(tx, link.accountId, before);
    if (email !== null) {
      await stageNoMail(services, tx, { email, kinds: ["password_reset"], read });
      stageForgetting(tx, keyring, [
        { scope: "sign_in_account", name: email.canonical },
        { scope: "password_reset", name: email.canonical },
      ]);
    }
    outcome = { devicesStay, amazonLinked: record.amazon_user_id !== null };
    if (await db.commit(tx, deadline) === null) continue;
    // The devices are out already: a leftover is no reason to call the reset failed.
    const ended = { accountId: link.accountId, epoch: record.session_epoch, deadline };
    if (!devicesStay) await purgeSessions(db, ended).catch(() => {});
    return outcome;
  }
  throw new Problem("storage_unavailable", { retryAfter: 1 });
}

async function open(services: Services, token: string, read: ReadOptions): Promise<Opened | null> {
  const link = await findMailedLink(services.db, { token, purpose: "password" }, read);
  if (link === null) return null;
  const account = await services.db.get(ACCOUNT, [link.accountId], read);
  return account.value === null ? null : { link, account: { ...account, value: account.value } };
}
