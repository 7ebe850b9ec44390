/**
 * Mail by HTTPS: the API of Resend (https://resend.com/docs/api-reference/emails/send-email), for platforms that
 * block SMTP.
 *
 * @module
 */
import { readJson } from "../base/read_json.ts";
import type { MailConfig } from "../config/mail.ts";
import { type Mail, MailDelayedError, MailRefusedError, messageId } from "./transports.ts";

/** A fault of this one mail; anything else, such as a wrong key or too many mails, can be mended. */
const REFUSED = [400, 413, 422];

/**
 * Hands a mail in.
 *
 * @param options `fetch`: reaches the API. `signal`: ends the try.
 * @throws {MailRefusedError} when the API does not take this mail
 * @throws {MailDelayedError} when it could not be asked, or may take it later
 */
export async function sendByApi(
  mail: Mail,
  config: MailConfig,
  { fetch, signal }: { readonly fetch: typeof globalThis.fetch; readonly signal: AbortSignal },
): Promise<void> {
  const response = await post(mail, config, { fetch, signal }).catch((error) => {
    const why = signal.aborted ? "did not answer in time" : "could not be reached";
    // Of the error itself only the name: its message can hold the URL.
    throw new MailDelayedError(`The mail API ${why}: ${error instanceof Error ? error.name : typeof error}`);
  });
  if (response.ok) return await response.body?.cancel();
  const { status } = response;
  const body = await readJson(response);
  // Of the error: https://resend.com/docs/api-reference/errors
  const name = body.kind === "object" ? body.value.name : undefined;
  // An earlier try was taken; since then the mail has been written in other words.
  if (name === "invalid_idempotent_request") return;
  if (name === "invalid_from_address") {
    throw new MailDelayedError(`The mail API does not take MAIL_FROM: ${status}`);
  }
  if (REFUSED.includes(status)) throw new MailRefusedError(`The mail API refused it: ${status}`);
  throw new MailDelayedError(`The mail API did not take it: ${status}`);
}

async function post(
  mail: Mail,
  config: MailConfig,
  { fetch, signal }: { readonly fetch: typeof globalThis.fetch; readonly signal: AbortSignal },
): Promise<Response> {
  const { server, from } = config;
  return await fetch(`${server.url}/emails`, {
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
}

/** A name as RFC 5322, 3.2.4 quotes it, whatever characters it has. */
function quote(name: string): string {
  return `"${name.replaceAll(/["\\]/g, "\\$&")}"`;
}
