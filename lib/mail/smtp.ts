/**
 * Mail by SMTP: `smtps://` is TLS from the start, `smtp://` must be upgraded by STARTTLS unless the server is on this
 * machine. Certificates are checked against the system's, and `DENO_CERT`'s if that is set.
 *
 * @module
 */
import { createTransport } from "nodemailer";
import type { Config } from "../config.ts";
import { type Mail, MailRefusedError, messageId } from "./transports.ts";

const ANSWER_WITHIN_MS = 10_000;
const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Hands a mail in, on a connection of its own.
 *
 * @param signal Ends the try: the connection is closed.
 * @throws {MailRefusedError} when the server refuses the recipient or the text for good (RFC 5321, 4.2.1: 5yz)
 * @throws {Error} when it could not be asked, or may take it later
 */
export async function sendBySmtp(
  mail: Mail,
  config: NonNullable<Config["mail"]>,
  signal: AbortSignal,
): Promise<void> {
  const { server, from } = config;
  const { protocol, hostname, port } = new URL(server.url);
  const secure = protocol === "smtps:";
  const transport = createTransport({
    host: hostname,
    port: port === "" ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: !secure && !LOCAL.includes(hostname),
    ...(server.user === "" ? {} : { auth: { user: server.user, pass: server.password } }),
    connectionTimeout: ANSWER_WITHIN_MS,
    greetingTimeout: ANSWER_WITHIN_MS,
    socketTimeout: ANSWER_WITHIN_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  try {
    const sending = transport.sendMail({
      messageId: messageId(mail, config),
      from: { name: from.name, address: from.address },
      to: { name: "", address: mail.to },
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      headers: { "Auto-Submitted": "auto-generated" },
    });
    await Promise.race([sending, aborted]);
  } catch (error) {
    if (isRefusal(error)) throw new MailRefusedError("The mail server refused it");
    throw error;
  } finally {
    transport.close();
  }
}

/** A 5yz to the envelope or to the text; one to the sign-in is a fault of the set-up, which can be mended. */
function isRefusal(error: unknown): boolean {
  const { code, responseCode = 0 } = error as { readonly code?: string; readonly responseCode?: number };
  return (code === "EENVELOPE" || code === "EMESSAGE") && responseCode >= 500;
}
