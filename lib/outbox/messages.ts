/**
 * Writes mails, as plain text and as HTML of the same words. The words are in `lib/texts/`.
 *
 * @module
 */
import { fill, TEXTS } from "../texts/texts.ts";
import type { LinkPurpose } from "./links.ts";
import { type Letterhead, type MailWords, renderMail } from "./mail_page.tsx";
import { MAIL_KINDS, type MailKind } from "./outbox.ts";

/** What a mail prints. */
export interface MailContext extends Letterhead {
  /** How customers reach the service, without a slash at the end. */
  readonly publicUrl: string;
  /** The token of the mail's link. A kind without a link does not use it. */
  readonly token: string;
  /** The code that the TV of an activation shows. Only the mail of an activation uses it. */
  readonly userCode: string;
}

/** A mail without its addresses. */
export interface WrittenMail {
  /** One line. */
  readonly subject: string;
  /** The plain text. */
  readonly text: string;
  /** The HTML: a whole document that loads nothing but the logo. */
  readonly html: string;
}

/** The page of each link, below `PUBLIC_URL`. */
const PATHS: Readonly<Record<LinkPurpose, string>> = {
  password: "reset",
  deletion: "delete-account",
  activation: "activate",
  email_change: "confirm-email",
  email_verification: "confirm-email",
};

/** Writes the text of a mail. */
export function writeMail(kind: MailKind, context: MailContext): WrittenMail {
  const words = wordsOf(kind, context);
  const { subject, before, action, after, help } = words;
  const text = [
    ...before,
    ...(action === null ? [] : [`${action.label}:\n${action.url}`]),
    ...after,
    ...(help === null ? [] : [`${help.label}\n${help.place}`]),
    `-- \n${context.appName}\n`,
  ];
  return { subject, text: text.join("\n\n"), html: renderMail(words, context) };
}

function wordsOf(
  kind: MailKind,
  { appName, publicUrl, token, language, brand, userCode }: MailContext,
): MailWords {
  const { kinds, address, help } = TEXTS[language].mails;
  const { subject, before, action, after } = kinds[kind];
  const { link } = MAIL_KINDS[kind];
  const { supportUrl } = brand;
  const say = (text: string) => fill(text, { app: appName, code: userCode });
  return {
    subject: say(subject),
    before: before.map(say),
    action: action === null || link === null
      ? null
      : { label: say(action), url: `${publicUrl}/${PATHS[link.purpose]}/${token}`, plain: address },
    after: after.map(say),
    help: supportUrl === null ? null : { label: help, url: supportUrl, place: placeOf(supportUrl) },
  };
}

/** Names the place where customers get help: an address without `mailto:` and what may follow it, or a URL. */
function placeOf(supportUrl: string): string {
  return supportUrl.startsWith("mailto:")
    ? supportUrl.slice("mailto:".length).replace(/\?.*$/, "")
    : supportUrl;
}
