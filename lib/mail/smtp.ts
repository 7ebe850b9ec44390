/**
 * Mail by SMTP: `smtps://` is TLS from the start, `smtp://` must be upgraded by STARTTLS unless the server is on this
 * machine, where it stays plain. Certificates are checked against the system's, and `DENO_CERT`'s if that is set.
 *
 * @module
 */
import { createTransport } from "nodemailer";
import { isThisMachine } from "../base/hosts.ts";
import type { MailConfig } from "../config/mail.ts";
import { type Mail, MailDelayedError, MailRefusedError, messageId } from "./transports.ts";

const CONNECT_WITHIN_MS = 10_000;
/** A server that looks for spam and viruses before it takes a mail is slow to answer. */
const ANSWER_WITHIN_MS = 25_000;
const CLOSE_WITHIN_MS = 1000;

/** What nodemailer says of a failure, as far as it holds nothing of the mail, of the answer or of us. */
interface Failure {
  readonly code?: string;
  readonly responseCode?: number;
  readonly command?: string;
  readonly response?: string;
}

/**
 * Hands a mail in, on a connection of its own.
 *
 * @param signal Ends the try: the connection is closed.
 * @throws {MailRefusedError} when the server refuses the recipient or the text for good (RFC 5321, 4.2.1: 5yz)
 * @throws {MailDelayedError} when it could not be asked, or may take it later
 */
export async function sendBySmtp(
  mail: Mail,
  config: MailConfig,
  signal: AbortSignal,
): Promise<void> {
  const { server, from } = config;
  const url = new URL(server.url);
  const secure = url.protocol === "smtps:";
  const local = isThisMachine(url);
  const transport = createTransport({
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: !secure && !local,
    // A certificate for this machine itself is seldom one that anybody vouches for.
    ignoreTLS: local,
    ...(server.user === "" ? {} : { auth: { user: server.user, pass: server.password } }),
    // Without it a server that offers no sign-in would be handed the mail all the same.
    forceAuth: server.user !== "",
    connectionTimeout: CONNECT_WITHIN_MS,
    greetingTimeout: CONNECT_WITHIN_MS,
    socketTimeout: ANSWER_WITHIN_MS,
    socketCloseTimeout: CLOSE_WITHIN_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({
      messageId: messageId(mail, config),
      from: { name: from.name, address: from.address },
      to: { name: "", address: mail.to },
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      headers: { "Auto-Submitted": "auto-generated" },
      signal,
    });
  } catch (error) {
    const { code = "", responseCode = 0, command = "", response = "" } = error as Failure;
    const what = [code, command, responseCode || ""].filter(Boolean).join(" ");
    if (isRefusal({ code, responseCode, command, response })) {
      throw new MailRefusedError(`The mail server refused it: ${what}`);
    }
    throw new MailDelayedError(`The mail server did not take it: ${what}`);
  }
}

/**
 * A 5yz to the recipient or to the text. One to the sign-in or to the sender is a fault of the set-up: it says nothing
 * of this mail and can be mended. Many servers tell of that only when they are given the recipient, as a fault of
 * policy: X.7.Z (RFC 3463, 3.8).
 */
function isRefusal({ code = "", responseCode = 0, command, response = "" }: Failure): boolean {
  const policy = /^5\d\d[ -]5\.7\.\d/.test(response);
  return ["EENVELOPE", "EMESSAGE"].includes(code) && command !== "MAIL FROM" && responseCode >= 500 &&
    !policy;
}
