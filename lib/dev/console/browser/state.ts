/**
 * Declares the body of `GET /dev/state`. Used in the browser and in the service.
 *
 * @module
 */
import type { TimelineEvent } from "./events.ts";

/** An account, decrypted and as KV holds it. */
export interface StoredAccount {
  /** The decrypted record. */
  readonly record: Readonly<Record<string, unknown>>;
  /** The account's entries in KV, unchanged. */
  readonly entries: readonly { readonly key: string; readonly value: unknown }[];
}

/** A mail in the console's list. */
export interface MailSummary {
  /** The id of the mail in the mailbox. */
  readonly id: string;
  /** The subject. */
  readonly subject: string;
  /** The recipients. */
  readonly to: readonly string[];
}

/** The state of the service for one visit to the console. */
export interface ConsoleState {
  /** The events that the visit caused in the service. */
  readonly events: readonly TimelineEvent[];
  /** The account that is signed in on the TV; null when nobody is. */
  readonly account: StoredAccount | null;
  /** The newest mails. */
  readonly mails: readonly MailSummary[];
}
