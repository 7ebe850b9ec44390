/**
 * Writes mails, as plain text and as HTML of the same words. The words are in `lib/texts/`.
 *
 * @module
 */
import type { Language } from "../texts/languages.ts";
import { fill, TEXTS } from "../texts/texts.ts";
import type { LinkPurpose } from "./links.ts";
import { MAIL_KINDS, type MailKind } from "./outbox.ts";

/** What a mail prints. */
export interface MailContext {
  /** The name by which customers know the app. */
  readonly appName: string;
  /** How customers reach the service, without a slash at the end. */
  readonly publicUrl: string;
  /** The token of the mail's link. A kind without a link does not use it. */
  readonly token: string;
  /** The language of the mail. */
  readonly language: Language;
}

/** A mail without its addresses. */
export interface WrittenMail {
  /** One line. */
  readonly subject: string;
  /** The plain text. */
  readonly text: string;
  /** The HTML: a whole document that loads nothing. */
  readonly html: string;
}

interface Words {
  readonly subject: string;
  /** Paragraphs before the link. */
  readonly before: readonly string[];
  /** The link and the text of its button; null: the mail has no link. */
  readonly action: { readonly label: string; readonly url: string } | null;
  /** Paragraphs after the link. */
  readonly after: readonly string[];
}

/** Writes the text of a mail. */
export function writeMail(kind: MailKind, context: MailContext): WrittenMail {
  const words = wordsOf(kind, context);
  const { subject, before, action, after } = words;
  const link = action === null ? [] : [`${action.label}:\n${action.url}`];
  const text = [...before, ...link, ...after, `-- \n${context.appName}\n`].join("\n\n");
  return { subject, text, html: `<!DOCTYPE html>${<Page {...context} {...words} />}` };
}

function wordsOf(kind: MailKind, { appName, publicUrl, token, language }: MailContext): Words {
  const { subject, before, action, after } = TEXTS[language].mails.kinds[kind];
  const { link } = MAIL_KINDS[kind];
  const say = (text: string) => fill(text, { app: appName });
  return {
    subject: say(subject),
    before: before.map(say),
    action: action === null || link === null
      ? null
      : { label: say(action), url: `${publicUrl}/${PATHS[link.purpose]}/${token}` },
    after: after.map(say),
  };
}

/** The page of each link, below `PUBLIC_URL`. */
const PATHS: Readonly<Record<LinkPurpose, string>> = { password: "reset", deletion: "delete-account" };

const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif";
const FRAME = "padding:36px 32px;border:1px solid #e3e0d9;border-radius:14px;background:#ffffff";
const HEADING = "margin:0 0 18px;font-size:24px;line-height:1.25;letter-spacing:-.01em;color:#1d2127";
const PARAGRAPH = "margin:0 0 16px;font-size:16px;line-height:1.55;color:#1d2127";
const BUTTON = "display:inline-block;padding:14px 24px;border-radius:10px;background:#0a5c7a;color:#ffffff;" +
  "font-size:16px;font-weight:600;text-decoration:none";
const SMALL = "font-size:13px;line-height:1.5;color:#5a616c";

/** For mail programs that know dark mode and style sheets; the inline styles are for all others. */
const DARK = `:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background:#101216!important}
.frame{background:#191c22!important;border-color:#2b2f38!important}
.text{color:#e8e6e2!important}
.small{color:#a3a9b4!important}
.link{color:#7cc7e4!important}
.button{background:#7cc7e4!important;color:#0b1a21!important}
}`;

/** Inline styles and a table for the frame: what mail programs show alike. */
function Page({ appName, language, subject, before, action, after }: Words & MailContext) {
  return (
    <html lang={language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="color-scheme" content="light dark" />
        <title>{subject}</title>
        <style>{DARK}</style>
      </head>
      <body class="page" style={`margin:0;padding:0;background:#f6f5f2;${FONT}`}>
        <table class="page" role="presentation" width="100%" cellpadding="0" cellspacing="0">
          <tr>
            <td align="center" style="padding:32px 16px">
              <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:540px">
                <tr>
                  <td class="small" style={`padding:0 4px 14px;font-weight:600;${SMALL}`}>{appName}</td>
                </tr>
                <tr>
                  <td class="frame" style={FRAME}>
                    <h1 class="text" style={HEADING}>{subject}</h1>
                    <Paragraphs texts={before} />
                    {action !== null && (
                      <p style="margin:28px 0">
                        <a class="button" href={action.url} style={BUTTON}>{action.label}</a>
                      </p>
                    )}
                    <Paragraphs texts={after} />
                    {action !== null && (
                      <p class="small" style={`margin:28px 0 0;${SMALL}`}>
                        {TEXTS[language].mails.address}
                        <br />
                        <a class="link" href={action.url} style="color:#0a5c7a;word-break:break-all">
                          {action.url}
                        </a>
                      </p>
                    )}
                  </td>
                </tr>
              </table>
            </td>
          </tr>
        </table>
      </body>
    </html>
  );
}

function Paragraphs({ texts }: { readonly texts: readonly string[] }) {
  return <>{texts.map((text) => <p class="text" style={PARAGRAPH}>{text}</p>)}</>;
}
