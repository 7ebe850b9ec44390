/**
 * Mail by HTTPS: the API of Resend (https://resend.com/docs/api-reference/emails/send-email), for platforms that
 * block SMTP.
 *
 * @module
 */
import type { Config } from "../config.ts";
import { type Mail, MailRefusedError, messageId } from "./transports.ts";

/** A fault of this one mail; anything else, such as a wrong key or too many mails, can be mended. */
const REFUSED = [400, 413, 422];

/**
 * Hands a mail in.
 *
 * @param options `fetch`: reaches the API. `signal`: ends the try.
 * @throws {MailRefusedError} when the API does not take this mail
 * @throws {Error} when it could not be asked, or may take it later
 */
export async function sendByApi(
  mail: Mail,
  config: NonNullable<Config["mail"]>,
  { fetch, signal }: { readonly fetch: typeof globalThis.fetch; readonly signal: AbortSignal },
): Promise<void> {
  const { server, from } = config;
  const response = await fetch(`${server.url}/emails`, {
    method: "POST",
    headers: {
      "Authorization": `Bearer ${server.password}`,
      "Content-Type": "application/json",
      // The API keeps it for a day: the tries of that time make one mail.
      "Idempotency-Key": mail.id,
    },
    body: JSON.stringify({
      from: from.name === "" ? from.address : `${quote(from.name)} <${from.address}>`,
      to: [mail.to],
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      headers: { "Message-ID": messageId(mail, config), "Auto-Submitted": "auto-generated" },
    }),
    redirect: "manual",
    signal,
  });
  await response.body?.cancel();
  if (REFUSED.includes(response.status)) {
    throw new MailRefusedError(`The mail API answered ${response.status}`);
  }
  if (!response.ok) throw new Error(`The mail API answered ${response.status}`);
}

/** A name as RFC 5322, 3.2.4 quotes it, whatever characters it has. */
function quote(name: string): string {
  return `"${name.replaceAll(/["\\]/g, "\\$&")}"`;
}
