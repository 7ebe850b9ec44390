/**
 * Chooses how mail leaves the service: by an SMTP server or by an HTTPS mail API.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { MailConfig } from "./mail_config.ts";
import type { OutgoingMail } from "./outgoing_mail.ts";

/**
 * Sends a mail. When the promise resolves, the server or the mail API has accepted the mail and is responsible for its
 * delivery. It rejects with a `MailRefusedError` when another try would fail too, and with a `MailDelayedError` when
 * another try may succeed.
 *
 * @param signal Ends the try.
 */
export type Transport = (mail: OutgoingMail, signal: AbortSignal) => Promise<void>;

/**
 * Returns the transport for the scheme of the server's URL. The module of the transport is imported with the first
 * mail, so that the service starts faster.
 *
 * @param options `fetch`: calls the mail API. `clock`: tells the time of a try.
 */
export function createTransport(
  config: MailConfig,
  options: { readonly fetch: typeof fetch; readonly clock: Pick<Clock, "now"> },
): Transport {
  if (config.server.url.startsWith("smtp")) {
    return async (mail, signal) => {
      const { sendBySmtp } = await import("./smtp.ts");
      await sendBySmtp(mail, config, signal);
    };
  }
  return async (mail, signal) => {
    const { sendByApi } = await import("./mail_api.ts");
    await sendByApi(mail, config, { ...options, signal });
  };
}
