/**
 * A new password for a customer who knows the old one.
 *
 * @module
 */
import { Deadline } from "../base/clock.ts";
import { parseEmail } from "../base/email.ts";
import { stageNoLinks } from "../outbox/links.ts";
import { stageNoMail } from "../outbox/outbox.ts";
import { Problem } from "../base/problem.ts";
import type { Services } from "../services.ts";
import { commitAs, purgeSessions, stageRevocation } from "../sessions/revocation.ts";
import { type Authenticated, readSession } from "../sessions/sessions.ts";
import { findPasswordFault } from "../passwords/policy.ts";
import { countTry } from "../limits/tries.ts";

/** A change of password as a device asks for it, validated. */
export interface PasswordChange {
  /** 1 to 256 characters; undefined when the request has none. */
  readonly current: string | undefined;
  /** As the customer chose it. */
  readonly next: string;
}

/** Milliseconds for the whole of it, waiting for turns to hash included. */
const DEADLINE_MS = 10_000;

/**
 * Changes the password and signs every other device out, in one commit: whoever got in with the old password is
 * out with it.
 *
 * @throws {Problem} `password_temporary`, `invalid_request` without the current password, `weak_password`,
 *   `invalid_credentials`, `invalid_session`, `rate_limited` or `storage_unavailable`
 */
export async function changePassword(
  services: Services,
  who: Authenticated,
  { current, next }: PasswordChange,
): Promise<void> {
  const { db, clock, config, hasher } = services;
  using deadline = new Deadline(clock, DEADLINE_MS);
  // What the token check read can be a moment old: too old to refuse a password by.
  const found = await readSession(db, who, { consistency: "strong", deadline });
  if (found === null) throw new Problem("invalid_session");
  const { email, password: stored } = found.account.value;
  if (stored.kind === "temporary") throw new Problem("password_temporary");
  if (current === undefined) {
    throw new Problem("invalid_request", { errors: [{ path: "/current_password", message: "Is missing" }] });
  }
  const fault = await findPasswordFault(next, { email, appName: config.appName });
  if (fault !== null) {
    throw new Problem("weak_password", { errors: [{ path: "/new_password", message: fault }] });
  }

  hasher.queue.assertRoom();
  const counted = await countTry(services, [{ scope: "change_password", name: who.accountId }], deadline);
  if (!await hasher.verify(current, stored.phc)) throw new Problem("invalid_credentials");
  const phc = await hasher.hash(next);
  const epoch = await commitAs(db, found, deadline, async (tx, latest) => {
    const { password } = latest.account.value;
    // Someone else's change came between, which the current password was not checked against.
    const known = password.kind === "set" && [stored.phc, phc].includes(password.phc);
    if (!known) throw new Problem("invalid_credentials");
    counted.stageSuccess(tx);
    // Whoever was in the mailbox before is not to undo this.
    stageNoLinks(tx, who.accountId);
    const address = parseEmail(email);
    const kinds = ["password_reset", "account_deletion"] as const;
    const read = { consistency: "strong", deadline } as const;
    if (address !== null) await stageNoMail(services, tx, { email: address, kinds, read });
    const account = { ...latest.account.value, password: { kind: "set", phc } as const };
    return stageRevocation(tx, latest, { account, keepCurrent: true });
  });
  // The others are out already: a leftover is no reason to call the change failed.
  await purgeSessions(db, { accountId: who.accountId, epoch, deadline }).catch(() => {});
}
