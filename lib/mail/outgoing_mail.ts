/**
 * A mail that is ready to be sent, and the two ways in which sending can fail.
 *
 * @module
 */
import { DelayedError, RefusedError } from "../base/delivery_errors.ts";
import type { Sender } from "./mail_config.ts";

/** A mail that is ready to be sent. */
export interface OutgoingMail {
  /** Identifies the mail; the same in every try. {@linkcode messageId} is made from it. */
  readonly id: string;
  /** The recipient's address; its domain is in ASCII. */
  readonly to: string;
  /** One line. */
  readonly subject: string;
  /** The plain text part. */
  readonly text: string;
  /** The HTML part. */
  readonly html: string;
}

/**
 * Thrown when the server refused a mail for good: another try would be refused too. The message is for the log, so it
 * holds no part of the mail and none of the server's response text.
 */
export class MailRefusedError extends RefusedError {
  /** The error's name in the log. */
  override name = "MailRefusedError";
}

/**
 * Thrown when a mail was not accepted now: another try may succeed. The message is for the log, so it holds no part of
 * the mail and none of the server's response text.
 */
export class MailDelayedError extends DelayedError {
  /** The error's name in the log. */
  override name = "MailDelayedError";
}

/**
 * Returns the `Message-ID` of a mail. It is the same in every try, so a mail program can recognize a mail that arrives
 * twice.
 */
export function messageId({ id }: OutgoingMail, from: Sender): string {
  return `<${id}@${from.address.slice(from.address.lastIndexOf("@") + 1)}>`;
}
