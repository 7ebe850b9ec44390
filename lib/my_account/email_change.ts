/**
 * The email of an account: changing it, and proving the present one. Both go by a link that is mailed to the address in
 * question, so nobody gets an address that is not theirs.
 *
 * @module
 */
import { type Email, parseEmail } from "../base/email.ts";
import { Problem } from "../base/problem.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import type { AccountRecord } from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import { type CountedTry, countTry } from "../limits/tries.ts";
import { delayOfAskedMail, putMail, putNotice } from "../outbox/outbox.ts";
import type { Services } from "../services.ts";
import { checkPassword, putProof } from "./password_confirmation.ts";
import { type Authenticated, readSession, transactAs } from "../sessions/authentication.ts";

/** A change of email, as a validated request asks for it. */
export interface EmailChangeRequest {
  /** The email that the customer wants. It need not be theirs. */
  readonly email: Email;
  /** The present password, 1 to 256 characters; undefined when the request has none, as while it is temporary. */
  readonly password: string | undefined;
  /** The client, as limits count it. */
  readonly client: string;
}

/** Milliseconds for the whole request, with the wait for a turn to hash. */
const DEADLINE_MS = 10_000;

/**
 * Asks for a change of email: a mail with a link to the new address, and a notice to the present one. Whether the new
 * address is taken is looked up when its mail is due, so the answer does not tell. The customer gives the password, unless
 * it is temporary.
 *
 * @returns When the mail to the new address is due, in milliseconds since the epoch; null when none is sent.
 * @throws {Problem} `invalid_request` without the password, `invalid_credentials`,
 *   `invalid_session`, `rate_limited`, `overloaded` or `storage_unavailable`
 */
export async function requestEmailChange(
  services: Services,
  authenticated: Authenticated,
  { email, password, client }: EmailChangeRequest,
): Promise<number | null> {
  const { db, config } = services;
  const { accountId, sessionId } = authenticated;
  using store = db.within(DEADLINE_MS);
  // The check of the token may have read a replica that is behind, and no password is refused by old data.
  const found = await readSession(store, authenticated);
  if (found === null) throw new Problem("invalid_session");
  const { password: stored } = found.account.value;
  const counted = await checkWhereThereIsOne(services, store, { accountId, stored, password });
  await countTry(services, store, [
    { scope: "email_change", name: accountId },
    { scope: "mail_address", name: client },
  ]);
  return await transactAs(store, found, async (batch, current) => {
    const { account: { value } } = current;
    // The password was checked against the one that was read first, not against a newer one.
    if (!isSamePassword(value.password, stored)) throw new Problem("invalid_credentials");
    if (counted !== null) {
      await counted.takeBack(batch);
      putProof(services, batch, current);
    }
    const present = parseEmail(value.email);
    if (config.mail === null || present === null || present.canonical === email.canonical) return null;
    const change = {
      account_id: accountId,
      email: email.display,
      session_id: sessionId,
      epoch: value.session_epoch,
    };
    putNotice(services, batch, { kind: "email_change_notice", account: value });
    return await putMail(services, batch, {
      kind: "email_change",
      email: present,
      change,
      delayMs: delayOfAskedMail(),
    });
  });
}

/**
 * Checks the password of a request. A customer whose password is temporary knows none, so the request needs none.
 *
 * @returns The counted try; null when there is no password to check.
 * @throws {Problem} `invalid_request`, `invalid_credentials`, `rate_limited`, `overloaded` or `storage_unavailable`
 */
async function checkWhereThereIsOne(
  services: Services,
  store: Store,
  { accountId, stored, password }: {
    readonly accountId: string;
    readonly stored: AccountRecord["password"];
    readonly password: string | undefined;
  },
): Promise<CountedTry | null> {
  if (stored.kind === "temporary") {
    if (password !== undefined) throw new Problem("invalid_credentials");
    return null;
  }
  if (password === undefined) {
    throw new Problem("invalid_request", { errors: [{ path: "/current_password", message: "Is missing" }] });
  }
  return await checkPassword(services, store, { accountId, password, phc: stored.phc });
}

function isSamePassword(a: AccountRecord["password"], b: AccountRecord["password"]): boolean {
  return a.kind === "set" && b.kind === "set" ? a.phc === b.phc : a.kind === b.kind;
}

/**
 * Asks for a mail with a link that proves the present email. A customer whose email is proved already gets none.
 *
 * @throws {Problem} `invalid_session`, `rate_limited` or `storage_unavailable`
 */
export async function requestEmailVerification(
  services: Services,
  authenticated: Authenticated,
  client: string,
): Promise<void> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  await countTry(services, store, [
    { scope: "email_verification", name: authenticated.accountId },
    { scope: "mail_address", name: client },
  ]);
  await transactAs(store, authenticated, async (batch, { account: { value } }) => {
    const email = parseEmail(value.email);
    if (services.config.mail === null || value.email_verified || email === null) return;
    await putMail(services, batch, { kind: "email_verification", email });
  });
}
