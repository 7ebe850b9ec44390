/**
 * Sends mail by SMTP. A `smtps://` connection uses TLS from the start. A `smtp://` connection must be upgraded by
 * STARTTLS, unless the server is on this machine: then it stays plain. Certificates are checked against the system's
 * authorities, and against those in `DENO_CERT` if it is set.
 *
 * @module
 */
import MailComposer from "nodemailer/lib/mail-composer";
import type { MailConfig } from "./mail_config.ts";
import { MailDelayedError, MailRefusedError, messageId, type OutgoingMail } from "./outgoing_mail.ts";
import { isRecipientsFault, type SmtpFailure } from "./smtp_failures.ts";
import { SmtpSession } from "./smtp_session.ts";

/**
 * Sends a mail over a new connection.
 *
 * @param signal Ends the try: the connection is closed.
 * @throws {MailRefusedError} when the server refuses the recipient or the text for good, or cannot take the recipient's
 *   address
 * @throws {MailDelayedError} when the server cannot be reached, or may accept the mail later
 */
export async function sendBySmtp(mail: OutgoingMail, config: MailConfig, signal: AbortSignal): Promise<void> {
  const { from } = config;
  const message = new MailComposer({
    messageId: messageId(mail, from),
    from: { name: from.name, address: from.address },
    to: { name: "", address: mail.to },
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    headers: { "Auto-Submitted": "auto-generated" },
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  try {
    using smtp = new SmtpSession(config, signal);
    const { smtpUtf8 } = await smtp.open();
    if (!smtpUtf8) assertAscii(mail, config);
    await smtp.signIn();
    await smtp.send(message.getEnvelope(), message.createReadStream());
  } catch (error) {
    if (error instanceof MailRefusedError || error instanceof MailDelayedError) throw error;
    const failure = error as SmtpFailure;
    const what = [failure.code, failure.command, failure.responseCode].filter(Boolean).join(" ");
    if (isRecipientsFault(failure)) throw new MailRefusedError(`The mail server refused it: ${what}`);
    throw new MailDelayedError(`The mail server did not take it: ${what}`);
  }
}

/**
 * Connects to the server and signs in. It sends nothing.
 *
 * @param signal Ends the try.
 * @throws {MailDelayedError} when the server cannot be reached, or does not accept the user
 */
export async function trySmtp(config: MailConfig, signal: AbortSignal): Promise<void> {
  try {
    using smtp = new SmtpSession(config, signal);
    await smtp.open();
    await smtp.signIn();
  } catch (error) {
    const { code, command, responseCode } = error as SmtpFailure;
    const what = [code, command, responseCode].filter(Boolean).join(" ");
    throw new MailDelayedError(`The mail server does not work: ${what}`);
  }
}

/**
 * Checks that the addresses are in ASCII. A server that does not know other letters (RFC 6531) would get bytes that it may
 * read as another address.
 *
 * @throws {MailRefusedError} when the recipient's address has other letters
 * @throws {MailDelayedError} when `MAIL_FROM` has
 */
function assertAscii({ to }: OutgoingMail, { from }: MailConfig): void {
  const isAscii = (address: string) => /^[^\x80-\u{10ffff}]*$/u.test(address);
  if (!isAscii(to)) {
    throw new MailRefusedError("The address has letters beyond ASCII, and the mail server has no SMTPUTF8");
  }
  if (!isAscii(from.address)) {
    throw new MailDelayedError("MAIL_FROM has letters beyond ASCII, and the mail server has no SMTPUTF8");
  }
}
