/**
 * Sends mail by HTTPS, for platforms that block SMTP. Speaks the API of Resend
 * (https://resend.com/docs/api-reference/emails/send-email).
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { retryAfterMs } from "../base/retry_after.ts";
import { readJson } from "../base/read_json.ts";
import type { MailConfig } from "./mail_config.ts";
import { MailDelayedError, MailRefusedError, messageId, type OutgoingMail } from "./outgoing_mail.ts";

/** How one try is made. */
export interface ApiCall {
  /** Calls the API. */
  readonly fetch: typeof globalThis.fetch;
  /** Tells the time, for a `Retry-After` with a date. */
  readonly clock: Pick<Clock, "now">;
  /** Ends the try. */
  readonly signal: AbortSignal;
}

/** The words of an answer about us: the sender, its domain, or the account with the API. */
const ABOUT_US = /\b(?:from|sender|domain|api key|testing emails|quota|plan)\b/i;

/** Statuses that are about this mail. All others, such as a wrong key or too many mails, can pass or be corrected. */
const REFUSED = [400, 413, 422];

/**
 * Sends a mail.
 *
 * @throws {MailRefusedError} when the API refuses this mail
 * @throws {MailDelayedError} when the API cannot be reached, or may accept the mail later
 */
export async function sendByApi(mail: OutgoingMail, config: MailConfig, call: ApiCall): Promise<void> {
  const response = await post(mail, config, call).catch((error) => {
    const why = call.signal.aborted ? "did not answer in time" : "could not be reached";
    // Only the error's name: its message can hold the URL.
    throw new MailDelayedError(`The mail API ${why}: ${error instanceof Error ? error.name : typeof error}`);
  });
  if (response.ok) return await response.body?.cancel();
  const { status } = response;
  const body = await readJson(response);
  // The names of errors: https://resend.com/docs/api-reference/errors
  const name = body.kind === "object" ? body.value.name : undefined;
  // An earlier try was accepted. The text of the mail has changed since then.
  if (name === "invalid_idempotent_request") return;
  const message = body.kind === "object" ? body.value.message : undefined;
  if (name === "invalid_from_address" || (typeof message === "string" && ABOUT_US.test(message))) {
    throw new MailDelayedError(`The mail API does not take MAIL_FROM: ${status}`);
  }
  if (REFUSED.includes(status)) throw new MailRefusedError(`The mail API refused it: ${status}`);
  const retryAfter = retryAfterMs(response, call.clock.now());
  throw new MailDelayedError(`The mail API did not take it: ${status}`, retryAfter);
}

/**
 * Asks the API whether it accepts the key, by a mail without anything. It sends nothing.
 *
 * @throws {MailDelayedError} when the API cannot be reached, or does not accept the key
 */
export async function tryApi({ server }: MailConfig, { fetch, signal }: ApiCall): Promise<void> {
  const response = await fetch(`${server.url}/emails`, {
    method: "POST",
    headers: { "Authorization": `Bearer ${server.password}`, "Content-Type": "application/json" },
    body: "{}",
    redirect: "manual",
    signal,
  }).catch((error) => {
    // Only the error's name: its message can hold the URL.
    throw new MailDelayedError(
      `The mail API could not be reached: ${error instanceof Error ? error.name : typeof error}`,
    );
  });
  await response.body?.cancel();
  const { status } = response;
  if (!REFUSED.includes(status)) {
    throw new MailDelayedError(`The mail API does not accept the key: ${status}`);
  }
}

async function post(
  mail: OutgoingMail,
  { server, from }: MailConfig,
  { fetch, signal }: ApiCall,
): Promise<Response> {
  return await fetch(`${server.url}/emails`, {
    method: "POST",
    headers: {
      "Authorization": `Bearer ${server.password}`,
      "Content-Type": "application/json",
      // The API remembers the key for a day: all tries in that time send one mail.
      "Idempotency-Key": mail.id,
    },
    body: JSON.stringify({
      from: from.name === "" ? from.address : `${quote(from.name)} <${from.address}>`,
      to: [mail.to],
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      headers: { "Message-ID": messageId(mail, from), "Auto-Submitted": "auto-generated" },
    }),
    redirect: "manual",
    signal,
  });
}

/** Returns a name as a quoted string (RFC 5322, 3.2.4), so that it may have any character. */
function quote(name: string): string {
  return `"${name.replaceAll(/["\\]/g, "\\$&")}"`;
}
