/**
 * What an operator says of mail: `MAIL_URL` and `MAIL_FROM`, as `lib/config/config.ts` reads them.
 *
 * @module
 */
import { z } from "zod";
import { deliverable, parseEmail } from "../base/email.ts";
import { isThisMachine } from "../base/hosts.ts";

/** Where mail is handed in. */
export interface MailServer {
  /** `smtp://`, `smtps://` or the base of an HTTPS mail API, without user and password and a slash at the end. */
  readonly url: string;
  /** To sign in to an SMTP server with; empty: without. */
  readonly user: string;
  /** Of the user; or the key of the mail API. */
  readonly password: string;
}

/** Whom mail comes from. */
export interface Mailbox {
  /** Shown before the address; can be empty. */
  readonly name: string;
  /** The address alone, its domain in ASCII. */
  readonly address: string;
}

/** How mail leaves. */
export interface MailConfig {
  /** Where it is handed in. */
  readonly server: MailServer;
  /** Whom it comes from. */
  readonly from: Mailbox;
}

const PROTOCOLS = ["smtp:", "smtps:", "https:"];

/** @internal */
export const mailUrl = z.string().transform((text, context): MailServer => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain = url?.protocol === "http:" && isThisMachine(url);
  if (url === null || url.hostname === "" || !(PROTOCOLS.includes(url.protocol) || plain)) {
    context.addIssue("must be smtp://, smtps:// or https:// (http:// only for this machine itself)");
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
 * `name@example.com`, or a name before the address in angle brackets.
 * @internal
 */
export const mailbox = z.string().transform((text, context): Mailbox => {
  const [, name = "", address = text] = /^\s*"?([^"<>\p{Cc}]*?)"?\s*<([^<>]*)>\s*$/u.exec(text) ?? [];
  const email = parseEmail(address);
  if (email === null) {
    context.addIssue("must be an address, or a name and an address: My App <hello@example.com>");
    return z.NEVER;
  }
  return { name, address: deliverable(email) };
});
