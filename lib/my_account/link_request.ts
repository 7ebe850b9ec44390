/**
 * Asks for a mail with a link: to choose a password, or to delete the account.
 *
 * @module
 */
import { Deadline } from "../base/clock.ts";
import type { Email } from "../base/email.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { type MailKind, stageMail } from "../outbox/outbox.ts";
import { countTry } from "../limits/tries.ts";
import { Problem } from "../base/problem.ts";
import type { Services } from "../services.ts";

/** Who asks for which link. */
export interface LinkRequest {
  /** Which link. */
  readonly kind: Extract<MailKind, "password_reset" | "account_deletion">;
  /** As somebody typed it, whose it may not be. */
  readonly email: Email;
  /** The client's address, as limits count it. */
  readonly client: string;
}

const MOST_COMMITS = 20;

/**
 * Puts a mail into the outbox. Takes the same trips and writes the same records whether there is an account or not:
 * that is looked up when the mail is due.
 *
 * @throws {Problem} `rate_limited` or `storage_unavailable`
 */
export async function requestLink(services: Services, { kind, email, client }: LinkRequest): Promise<void> {
  const { db, clock, config } = services;
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  await countTry(services, [
    { scope: kind, name: email.canonical },
    { scope: "mail_address", name: client },
  ], deadline);
  if (config.mail === null) return;
  for (let tries = 1; tries <= MOST_COMMITS; tries++) {
    const tx = db.transaction();
    await stageMail(services, tx, { kind, email, read: { consistency: "strong", deadline } });
    if (await db.commit(tx, deadline) !== null) return;
  }
  throw new Problem("storage_unavailable", { retryAfter: 1 });
}
