/**
 * A mail that the development mailbox has received.
 *
 * @module
 */

/** A mail, as the service handed it in. */
export interface ReceivedMail {
  /** The id of the mail in the mailbox, as in the response of the API. */
  readonly id: string;
  /** When the mail was received, in milliseconds since the epoch. */
  readonly receivedAt: number;
  /** The `Idempotency-Key` of the request; null without one. */
  readonly idempotencyKey: string | null;
  /** The sender: an address, or a name and an address in angle brackets. */
  readonly from: string;
  /** The recipients, at least one. */
  readonly to: readonly string[];
  /** The subject. */
  readonly subject: string;
  /** The HTML. */
  readonly html: string;
  /** The plain text. */
  readonly text: string;
  /** Further headers, by name. */
  readonly headers: Readonly<Record<string, string>>;
}
