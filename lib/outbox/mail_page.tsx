/**
 * The HTML of mails: inline styles and tables, which all mail programs show, and a style sheet for dark mode.
 *
 * @module
 */
import { contrast, EDGE_CONTRAST, readableOn, textOn } from "../base/colours.ts";
import type { Brand } from "../config/brand.ts";
import type { Language } from "../texts/languages.ts";

/** What all mails of a language have around their words. */
export interface Letterhead {
  /** The name by which customers know the app. */
  readonly appName: string;
  /** The logo and the colour of the app. */
  readonly brand: Brand;
  /** The language of the mail. */
  readonly language: Language;
}

/** The words of a mail. */
export interface MailWords {
  /** One line. */
  readonly subject: string;
  /** Paragraphs before the link. */
  readonly before: readonly string[];
  /** The link, the text of its button and the words before the written out link; null: the mail has no link. */
  readonly action: { readonly label: string; readonly url: string; readonly plain: string } | null;
  /** Paragraphs after the link. */
  readonly after: readonly string[];
  /** The question, the link to help and its text; null: the mail names no place for help. */
  readonly help: { readonly label: string; readonly url: string; readonly place: string } | null;
}

/** Makes the HTML of a mail: a whole document that loads nothing but the logo. */
export function renderMail(words: MailWords, { appName, brand, language }: Letterhead): string {
  return `<!DOCTYPE html>${<Page {...words} appName={appName} brand={brand} language={language} />}`;
}

const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif";
const FRAME = "padding:36px 32px;border:1px solid #e3e0d9;border-radius:14px;background:#ffffff";
const HEADING = "margin:0 0 18px;font-size:24px;line-height:1.25;letter-spacing:-.01em;color:#1d2127";
const PARAGRAPH = "margin:0 0 16px;font-size:16px;line-height:1.55;color:#1d2127";
const BUTTON =
  "display:inline-block;padding:13px 23px;border-width:1px;border-style:solid;border-radius:10px;" +
  "font-size:16px;font-weight:600;text-decoration:none";
const SMALL = "font-size:13px;line-height:1.5;color:#5a616c";

const LOGO = "height:32px;max-width:160px;margin-right:10px;vertical-align:middle;border:0";

/** Our own colours of links and buttons, in light and dark. */
const OWN = { light: "#0a5c7a", dark: "#7cc7e4" };
const LIGHT_FRAME = "#ffffff";
const DARK_FRAME = "#191c22";

/** The colours of a link, and of a button with its text and its edge. */
interface Accent {
  readonly link: string;
  readonly button: string;
  readonly label: string;
  readonly edge: string;
}

/** Chooses the colours of links and buttons on a frame, so that all can be read. */
function accentOn(frame: string, brand: string | null): Accent {
  const button = brand ?? (frame === LIGHT_FRAME ? OWN.light : OWN.dark);
  const link = readableOn(button, [frame]);
  return {
    link,
    button,
    label: textOn(button),
    edge: contrast(button, frame) >= EDGE_CONTRAST ? button : link,
  };
}

/** For mail programs that know dark mode and style sheets; the inline styles are for all others. */
function darkStyle({ link, button, label, edge }: Accent): string {
  return `:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background:#101216!important}
.frame{background:${DARK_FRAME}!important;border-color:#2b2f38!important}
.text{color:#e8e6e2!important}
.small{color:#a3a9b4!important}
.link{color:${link}!important}
.button{background:${button}!important;border-color:${edge}!important;color:${label}!important}
}`;
}

/** Inline styles and a table for the frame: what mail programs show alike. */
function Page({ appName, language, brand, subject, before, action, after, help }: MailWords & Letterhead) {
  const light = accentOn(LIGHT_FRAME, brand.colour);
  const button = `${BUTTON};border-color:${light.edge};background:${light.button};color:${light.label}`;
  return (
    <html lang={language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="color-scheme" content="light dark" />
        <title>{subject}</title>
        <style>{darkStyle(accentOn(DARK_FRAME, brand.colour))}</style>
      </head>
      <body class="page" style={`margin:0;padding:0;background:#f6f5f2;${FONT}`}>
        <table class="page" role="presentation" width="100%" cellpadding="0" cellspacing="0">
          <tr>
            <td align="center" style="padding:32px 16px">
              <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:540px">
                <tr>
                  <td class="small" style={`padding:0 4px 14px;font-weight:600;${SMALL}`}>
                    {brand.logoUrl !== null && <img src={brand.logoUrl} alt="" height="32" style={LOGO} />}
                    {appName}
                  </td>
                </tr>
                <tr>
                  <td class="frame" style={FRAME}>
                    <h1 class="text" style={HEADING}>{subject}</h1>
                    <Paragraphs texts={before} />
                    {action !== null && (
                      <p style="margin:28px 0">
                        <a class="button" href={action.url} style={button}>{action.label}</a>
                      </p>
                    )}
                    <Paragraphs texts={after} />
                    {action !== null && (
                      <p class="small" style={`margin:28px 0 0;${SMALL}`}>
                        {action.plain}
                        <br />
                        <a class="link" href={action.url} style={`color:${light.link};word-break:break-all`}>
                          {action.url}
                        </a>
                      </p>
                    )}
                    {help !== null && (
                      <p class="small" style={`margin:28px 0 0;${SMALL}`}>
                        {help.label}
                        <br />
                        <a class="link" href={help.url} style={`color:${light.link}`}>{help.place}</a>
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
