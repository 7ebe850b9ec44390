/**
 * Sends a mail, the first argument, by each `MAIL_URL` that follows, and prints "sent" or the error for each.
 *
 * @module
 */
import { systemClock } from "../../lib/base/clock.ts";
import { createTransport } from "../../lib/mail/transports.ts";
import { mailConfig } from "../support/mail_servers.ts";

const [mail = "", ...urls] = Deno.args;
for (const url of urls) {
  const transport = createTransport(mailConfig(url), { fetch, clock: systemClock });
  const outcome = await transport(JSON.parse(mail), AbortSignal.timeout(10_000)).then(() => "sent", String);
  console.log(outcome);
}
Deno.exit();
