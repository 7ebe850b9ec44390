/**
 * Declares a mail in the development mailbox.
 *
 * @module
 */

/** A mail that the development mailbox received. */
export interface ReceivedMail {
  /** The id that the mailbox gave the mail. */
  readonly id: string;
  /** Time of receipt, in milliseconds since the epoch. */
  readonly receivedAt: number;
  /** The `Idempotency-Key` of the request; null without one. */
  readonly idempotencyKey: string | null;
  /** The sender: an address, or a name with an address in angle brackets. */
  readonly from: string;
  /** The recipients, at least one. */
  readonly to: readonly string[];
  /** The subject. */
  readonly subject: string;
  /** The HTML part. */
  readonly html: string;
  /** The text part. */
  readonly text: string;
  /** Further headers, by name. */
  readonly headers: Readonly<Record<string, string>>;
}
