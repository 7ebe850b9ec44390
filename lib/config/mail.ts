/**
 * Reads `MAIL_URL` and `MAIL_FROM`, the settings of outgoing mail.
 *
 * @module
 */
import { z } from "zod";
import { deliveryAddress, parseEmail } from "../base/email.ts";
import { isThisMachine } from "../base/hosts.ts";
import type { MailServer, Sender } from "../mail/mail_config.ts";

const PROTOCOLS = ["smtp:", "smtps:", "https:"];

/**
 * Reads `MAIL_URL`: an SMTP server or an HTTPS mail API, with its user and password in the URL.
 * @internal
 */
export const mailServer = z.string().transform((text, context): MailServer => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const local = url?.protocol === "http:" && isThisMachine(url);
  if (url === null || url.hostname === "" || !(PROTOCOLS.includes(url.protocol) || local)) {
    context.addIssue("must be smtp://, smtps:// or https:// (http:// only for this machine itself)");
    return z.NEVER;
  }
  if (url.protocol.startsWith("smtp") && (url.port === "0" || /[^/]/.test(url.pathname))) {
    context.addIssue("must be a host and a port alone: smtp://user:password@smtp.example.com:587");
    return z.NEVER;
  }
  if (url.search !== "" || url.hash !== "") {
    context.addIssue("must not have a query or a fragment");
    return z.NEVER;
  }
  try {
    const user = decodeURIComponent(url.username);
    const password = decodeURIComponent(url.password);
    const api = url.protocol.startsWith("http");
    if (api && (user !== "" || password === "")) {
      context.addIssue("must have the key of the mail API as its password: https://:key@api.resend.com");
    } else if (!api && (user === "") !== (password === "")) {
      context.addIssue("must have both user and password, or neither");
    }
    url.username = "";
    url.password = "";
    return { url: url.href.replace(/\/+$/, ""), user, password };
  } catch {
    context.addIssue("must have user and password percent-encoded");
    return z.NEVER;
  }
});

/**
 * Reads `MAIL_FROM`: `hello@example.com`, or `My App <hello@example.com>`.
 * @internal
 */
export const sender = z.string().transform((text, context): Sender => {
  const [, name = "", address = text] = /^\s*"?([^"<>\p{Cc}]*?)"?\s*<([^<>]*)>\s*$/u.exec(text) ?? [];
  const email = parseEmail(address);
  if (email === null) {
    context.addIssue("must be an address, or a name and an address: My App <hello@example.com>");
    return z.NEVER;
  }
  return { name, address: deliveryAddress(email) };
});

/**
 * Returns the name by which the service greets an SMTP server: its host, or an address literal of it (RFC 5321, 4.1.3).
 */
export function greetingNameOf(publicUrl: string): string {
  const { hostname } = new URL(publicUrl);
  if (hostname.startsWith("[")) return `[IPv6:${hostname.slice(1, -1)}]`;
  return /^[\d.]+$/.test(hostname) ? `[${hostname}]` : hostname;
}
