/**
 * Mails that tests send by a transport.
 *
 * @module
 */
import { assert } from "@std/assert";
import { systemClock } from "../../lib/base/clock.ts";
import { MAILBOX_API_KEY } from "../../lib/dev/mailbox/mailbox.ts";
import type { OutgoingMail } from "../../lib/mail/outgoing_mail.ts";
import { createTransport } from "../../lib/mail/transports.ts";
import { mailConfig, PASSWORD } from "./mail_servers.ts";

/** A mail with a link. */
export const MAIL: OutgoingMail = {
  id: "0123456789abcdef",
  to: "vera@example.com",
  subject: "Choose a password",
  text: "Choose:\nhttps://signin.example/reset/abc\n",
  html: "<!DOCTYPE html><p>Choose</p>",
};

/** Sends a mail by the transport of a URL, within 20 seconds unless the test says otherwise. */
export async function send(
  url: string,
  mail: OutgoingMail = MAIL,
  { from, endsAfterMs = 20_000, signal }: {
    readonly from?: string;
    readonly endsAfterMs?: number;
    readonly signal?: AbortSignal;
  } = {},
): Promise<void> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), endsAfterMs);
  try {
    const transport = createTransport(mailConfig(url, from), { fetch, clock: systemClock });
    await transport(mail, signal ?? controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Asserts that message, stack and cause of an error have nothing of the mail, the server's answer or a secret. */
export function assertSaysNothing(error: Error): void {
  const said = Deno.inspect(error, { depth: 10 }) + JSON.stringify(error);
  for (
    const secret of ["canary", "vera@", "hello@", PASSWORD, decodeURIComponent(PASSWORD), MAILBOX_API_KEY]
  ) {
    assert(!said.includes(secret), said);
  }
}
