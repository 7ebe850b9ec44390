/**
 * The texts of the mails, as plain text and as HTML of the same words.
 *
 * @module
 */
import type { MailKind } from "./outbox.ts";

/** What a mail prints. */
export interface MailContext {
  /** The name by which customers know the app. */
  readonly appName: string;
  /** How customers reach the service, without a slash at the end. */
  readonly publicUrl: string;
  /** The token of the mail's link. A kind without a link does not use it. */
  readonly token: string;
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
  const words = WORDS[kind](context);
  const { subject, before, action, after } = words;
  const link = action === null ? [] : [`${action.label}:\n${action.url}`];
  const text = [...before, ...link, ...after, `-- \n${context.appName}\n`].join("\n\n");
  return { subject, text, html: `<!DOCTYPE html>${<Page {...words} appName={context.appName} />}` };
}

const WORDS: Readonly<Record<MailKind, (context: MailContext) => Words>> = {
  password_nudge: ({ appName, publicUrl, token }) => ({
    subject: `Choose a password for ${appName}`,
    before: [
      `You signed in to ${appName} on your TV with Amazon, so you did not need a password.`,
      "Choose one now, and you can also sign in with this email address where Amazon is not available.",
    ],
    action: { label: "Choose a password", url: `${publicUrl}/reset/${token}` },
    after: [
      "The link is valid for 7 days and works once. Your TV stays signed in.",
      "If you do not want a password, there is nothing to do: we will not ask again.",
    ],
  }),
  password_reset: ({ appName, publicUrl, token }) => ({
    subject: `Choose a new password for ${appName}`,
    before: [
      `Somebody asked for a new password for ${appName} with this email address. If it was you, go on here.`,
    ],
    action: { label: "Choose a new password", url: `${publicUrl}/reset/${token}` },
    after: [
      "The link is valid for 1 hour and works once.",
      "If it was not you, there is nothing to do: your password stays as it is.",
    ],
  }),
  account_deletion: ({ appName, publicUrl, token }) => ({
    subject: `Delete your ${appName} account`,
    before: [
      `Somebody asked to delete the ${appName} account with this email address. If it was you, go on here: ` +
      "you will see what will be deleted first.",
    ],
    action: { label: "See what is deleted", url: `${publicUrl}/delete-account/${token}` },
    after: [
      "The link is valid for 1 hour.",
      "If it was not you, there is nothing to do: nothing is deleted without your confirmation.",
    ],
  }),
  account_deleted: ({ appName }) => ({
    subject: `Your ${appName} account is deleted`,
    before: [
      `Your ${appName} account is deleted, with everything that was stored in it. All devices are signed out.`,
      "This is the last mail about it. A subscription in the Amazon Appstore is not ended by this: " +
      "you find it in your Amazon account.",
    ],
    action: null,
    after: [],
  }),
};

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
function Page({ appName, subject, before, action, after }: Words & { readonly appName: string }) {
  return (
    <html lang="en">
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
                        If the button does not work, open this address:
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
  return <>{texts.map((text) => <p key={text} class="text" style={PARAGRAPH}>{text}</p>)}</>;
}
