/**
 * Sends mail by SMTP. A `smtps://` connection uses TLS from the start. A `smtp://` connection must be upgraded by
 * STARTTLS, unless the server is on this machine: then it stays plain. Certificates are checked against the system's
 * authorities, and against those in `DENO_CERT` if it is set.
 *
 * @module
 */
import { createTransport } from "nodemailer";
import { isThisMachine } from "../base/hosts.ts";
import type { MailConfig } from "./mail_config.ts";
import { MailDelayedError, MailRefusedError, messageId, type OutgoingMail } from "./outgoing_mail.ts";

const CONNECT_WITHIN_MS = 10_000;
/** Long, because a server may look for spam and viruses before it responds. */
const RESPOND_WITHIN_MS = 25_000;
const CLOSE_WITHIN_MS = 1000;

/** The fields of a nodemailer error that are used here. The log never gets `response`. */
interface SmtpFailure {
  readonly code?: string;
  readonly responseCode?: number;
  readonly command?: string;
  readonly response?: string;
}

/**
 * Sends a mail over a new connection.
 *
 * @param signal Ends the try: the connection is closed.
 * @throws {MailRefusedError} when the server refuses the recipient or the text for good (RFC 5321, 4.2.1: 5yz)
 * @throws {MailDelayedError} when the server cannot be reached, or may accept the mail later
 */
export async function sendBySmtp(mail: OutgoingMail, config: MailConfig, signal: AbortSignal): Promise<void> {
  const { server, from } = config;
  const url = new URL(server.url);
  const secure = url.protocol === "smtps:";
  const local = isThisMachine(url);
  const transport = createTransport({
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: !secure && !local,
    // A server on this machine seldom has a certificate that an authority has signed.
    ignoreTLS: local,
    ...(server.user === "" ? {} : { auth: { user: server.user, pass: server.password } }),
    // Otherwise nodemailer sends the mail without signing in when the server offers no sign-in.
    forceAuth: server.user !== "",
    connectionTimeout: CONNECT_WITHIN_MS,
    greetingTimeout: CONNECT_WITHIN_MS,
    socketTimeout: RESPOND_WITHIN_MS,
    socketCloseTimeout: CLOSE_WITHIN_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({
      messageId: messageId(mail, from),
      from: { name: from.name, address: from.address },
      to: { name: "", address: mail.to },
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      headers: { "Auto-Submitted": "auto-generated" },
      signal,
    });
  } catch (error) {
    const failure = error as SmtpFailure;
    const what = [failure.code, failure.command, failure.responseCode].filter(Boolean).join(" ");
    if (isRefusal(failure)) throw new MailRefusedError(`The mail server refused it: ${what}`);
    throw new MailDelayedError(`The mail server did not take it: ${what}`);
  }
}

/**
 * Returns true for a 5yz reply to the recipient or to the text. A 5yz reply to the sign-in or to the sender is a fault
 * of our settings and can be corrected, so it is no refusal of this mail. Many servers report such a fault only when
 * they get the recipient, as a fault of policy: X.7.Z (RFC 3463, 3.8).
 */
function isRefusal({ code = "", responseCode = 0, command, response = "" }: SmtpFailure): boolean {
  const policy = /^5\d\d[ -]5\.7\.\d/.test(response);
  return ["EENVELOPE", "EMESSAGE"].includes(code) && command !== "MAIL FROM" && responseCode >= 500 &&
    !policy;
}
