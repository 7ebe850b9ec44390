/**
 * How a mail leaves: handed in to an SMTP server or to an HTTPS mail API, as `MAIL_URL` says.
 *
 * @module
 */
import type { Config } from "../config/config.ts";
import type { MailConfig } from "../config/mail.ts";

/** A mail, written. */
export interface Mail {
  /** The same in every try: its `Message-ID`, without the host. */
  readonly id: string;
  /** The address of the recipient, its domain in ASCII. */
  readonly to: string;
  /** One line. */
  readonly subject: string;
  /** The plain part. */
  readonly text: string;
  /** The HTML part. */
  readonly html: string;
}

/**
 * Hands a mail in; when it resolves, somebody else is responsible for it. Rejects with {@linkcode MailRefusedError}
 * when another try would be refused as well, with {@linkcode MailDelayedError} when another try may do.
 *
 * @param signal Ends the try.
 */
export type Transport = (mail: Mail, signal: AbortSignal) => Promise<void>;

/** Thrown when a mail was refused for good. Its message is for the log: it has nothing of the mail or of the answer. */
export class MailRefusedError extends Error {
  /** What a log calls it. */
  override name = "MailRefusedError";
}

/** Thrown when a mail was not taken now. Its message is for the log: it has nothing of the mail or of the answer. */
export class MailDelayedError extends Error {
  /** What a log calls it. */
  override name = "MailDelayedError";
}

/**
 * The transport that `MAIL_URL` stands for; null when no mail is sent. What it needs is imported with the first mail.
 *
 * @param options `fetch`: reaches the mail API.
 */
export function createTransport(
  { mail: config }: Pick<Config, "mail">,
  options: { readonly fetch: typeof fetch },
): Transport | null {
  if (config === null) return null;
  if (!config.server.url.startsWith("smtp")) {
    return async (mail, signal) => {
      const { sendByApi } = await import("./mail_api.ts");
      await sendByApi(mail, config, { ...options, signal });
    };
  }
  return async (mail, signal) => {
    const { sendBySmtp } = await import("./smtp.ts");
    await sendBySmtp(mail, config, signal);
  };
}

/** The `Message-ID` of a mail: the same in every try, so that who gets it twice can tell. */
export function messageId({ id }: Mail, { from }: MailConfig): string {
  return `<${id}@${from.address.slice(from.address.lastIndexOf("@") + 1)}>`;
}
