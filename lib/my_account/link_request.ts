/**
 * Requests for a mailed link: to choose a password, or to delete the account.
 *
 * @module
 */
import type { Email } from "../base/email.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { pairOf } from "../limits/scopes.ts";
import { countTry } from "../limits/tries.ts";
import { delayOfAskedMail, type MailKind, putMail } from "../outbox/outbox.ts";
import type { Services } from "../services.ts";

/** A request for a mailed link. */
export interface LinkRequest {
  /** The kind of the mail, and so of the link. */
  readonly kind: Extract<MailKind, "password_reset" | "account_deletion">;
  /** The email as somebody typed it. It need not be theirs. */
  readonly email: Email;
  /** The client, as limits count it. */
  readonly client: string;
  /** The language of the page or device that asks, as a BCP 47 tag. It counts when the account has none. */
  readonly language?: string;
}

/**
 * Puts a mail into the outbox. When enough mails were sent to the email, from any address, the
 * link of the last one stays good, and no further mail is sent: so no stranger keeps the customer from a link. A
 * request costs the same trips and writes the same records whether or not the email has an account: the account is
 * looked up when the mail is sent.
 *
 * @returns When the mail is due; null when no mail is sent at all.
 * @throws {Problem} `rate_limited` or `storage_unavailable`
 */
export async function requestLink(
  services: Services,
  { kind, email, client, language }: LinkRequest,
): Promise<number | null> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  using counted = await countTry(services, store, [
    { scope: kind, name: pairOf(email, client) },
    { scope: "mails_of_email", name: `${kind}/${email.canonical}` },
    { scope: "mail_address", name: client },
  ]);
  if (services.config.mail === null || counted.over) return null;
  return await store.transact((batch) =>
    putMail(services, batch, { kind, email, language, delayMs: delayOfAskedMail() })
  );
}
