/**
 * The change of a password by a customer who knows the present one.
 *
 * @module
 */
import { withPassword } from "../accounts/account_password.ts";
import { parseEmail } from "../base/email.ts";
import { Problem } from "../base/problem.ts";
import { putEvents } from "../events/events.ts";
import { countTry } from "../limits/tries.ts";
import { deleteLinks } from "../outbox/links.ts";
import { deleteMails, MAILS_WITH_POWER, putNotice } from "../outbox/outbox.ts";
import { findPasswordFault } from "../passwords/policy.ts";
import type { Services } from "../services.ts";
import { withProof } from "./password_confirmation.ts";
import { type Authenticated, readSession, transactAs } from "../sessions/authentication.ts";
import { purgeSessions, putRevocation } from "../sessions/revocation.ts";

/** A change of password, as a validated request asks for it. */
export interface PasswordChange {
  /** The present password, 1 to 256 characters; undefined when the request has none. */
  readonly current: string | undefined;
  /** The password that the customer chose. */
  readonly next: string;
}

/** Milliseconds for the whole change, with the waits for turns to hash. */
const DEADLINE_MS = 10_000;

/**
 * Changes the password and signs every other device out, in one commit: a stranger who got in with the old password is
 * signed out too. The same change, sent again, changes nothing.
 *
 * @throws {Problem} `password_temporary`, `invalid_request` without the current password, `weak_password`,
 *   `invalid_credentials`, `invalid_session`, `rate_limited`, `overloaded` or `storage_unavailable`
 */
export async function changePassword(
  services: Services,
  authenticated: Authenticated,
  { current, next }: PasswordChange,
): Promise<void> {
  const { db, config, hasher, keyring } = services;
  const { accountId } = authenticated;
  using store = db.within(DEADLINE_MS);
  // The check of the token may have read a replica that is behind, and no password is refused by old data.
  const found = await readSession(store, authenticated);
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

  using place = hasher.queue.keepPlace();
  const counted = await countTry(services, store, [{ scope: "change_password", name: accountId }]);
  // A change that was made can be sent again: then its current password is the one that was replaced.
  const changes = await hasher.verify(current, stored.phc, place);
  if (!changes && !await hasher.verify(next, stored.phc, place)) throw new Problem("invalid_credentials");
  const phc = changes ? await hasher.hash(next, place) : stored.phc;
  const revoked = await transactAs(store, found, async (batch, latest) => {
    const { password } = latest.account.value;
    // The passwords were checked against the hash that was read first, not against a newer one.
    const same = password.kind === "set" && password.phc === stored.phc;
    const made = same ? !changes : password.kind === "set" && await hasher.verify(next, password.phc, place);
    if (!same && !made) throw new Problem("invalid_credentials");
    await counted.takeBack(batch);
    if (made) return null;
    // A stranger who can read the customer's mail must not undo this change by an older link.
    deleteLinks(batch, accountId);
    const address = parseEmail(email);
    if (address !== null) await deleteMails(batch, keyring, { email: address, kinds: MAILS_WITH_POWER });
    const account = withPassword(latest.account.value, phc);
    putEvents(services, batch, { accountId, events: [{ type: "account.password_set" }] });
    putNotice(services, batch, { kind: "password_changed", account });
    return await putRevocation(services, { store, batch }, {
      accountId,
      account,
      kept: withProof(services, latest),
    });
  });
  if (revoked !== null) await purgeSessions(services, store, revoked);
}
