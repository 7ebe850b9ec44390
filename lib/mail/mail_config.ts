/**
 * Settings of outgoing mail. `lib/config/mail.ts` reads them from the environment.
 *
 * @module
 */

/** The SMTP server or mail API that delivers our mail. */
export interface MailServer {
  /** `smtp://`, `smtps://` or the base of an HTTPS mail API; without user, password and trailing slash. */
  readonly url: string;
  /** User name on the SMTP server. Empty: the service does not sign in. Always empty for a mail API. */
  readonly user: string;
  /** Password of the user on the SMTP server, or the key of the mail API. */
  readonly password: string;
}

/** The sender of every mail. */
export interface Sender {
  /** Shown before the address; may be empty. */
  readonly name: string;
  /** Bare address; its domain is in ASCII. */
  readonly address: string;
}

/** Settings of outgoing mail. */
export interface MailConfig {
  /** The server or API that delivers the mail. */
  readonly server: MailServer;
  /** The sender of every mail. */
  readonly from: Sender;
  /** The name by which the service greets an SMTP server (RFC 5321, 4.1.1.1): the host of `PUBLIC_URL`. */
  readonly hostName: string;
}
