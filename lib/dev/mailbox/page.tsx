/**
 * Renders the pages of the development mailbox.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { html as template, raw } from "hono/html";
import type { Child } from "hono/jsx";
import { PALETTE } from "../../../routes/http/palette.ts";
import type { ReceivedMail } from "./received_mail.ts";

/** A page with its content security policy. */
export interface Page {
  /** The whole document. */
  readonly html: string;
  /** The value of the `Content-Security-Policy` header. */
  readonly policy: string;
}

const STYLE = `${PALETTE}
* { box-sizing: border-box; }
body {
  margin: 0 auto;
  max-width: 52rem;
  padding: 2.5rem 1.25rem 4rem;
  background: var(--page);
  color: var(--text);
  font: 1rem/1.55 "Inter", "Segoe UI", "Helvetica Neue", Arial, sans-serif;
}
a { color: var(--link); text-underline-offset: .2em; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: .25rem; }
h1 { margin: .5rem 0 1.5rem; font-size: 1.9rem; line-height: 1.2; letter-spacing: -.02em; }
h2 { margin: 0; padding: .75rem 1.1rem; color: var(--soft); font-size: .85rem; font-weight: 600; }
.card { margin: 0 0 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .8rem; overflow: hidden; }
ul { margin: 0; padding: 0; list-style: none; }
li + li { border-top: 1px solid var(--line); }
li a { display: grid; grid-template-columns: 1fr auto; gap: .1rem 1rem; padding: .8rem 1.1rem; color: inherit; text-decoration: none; }
li a:hover strong { text-decoration: underline; }
li span, time, dt, .empty { color: var(--soft); font-size: .9rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.25rem; margin: 0; padding: 1rem 1.1rem; }
dd { margin: 0; overflow-wrap: anywhere; }
iframe { display: block; width: 100%; height: 26rem; border: 0; border-top: 1px solid var(--line); background: #fff; color-scheme: light; }
pre { margin: 0; padding: .9rem 1.1rem; border-top: 1px solid var(--line); white-space: pre-wrap; font: .875rem/1.6 ui-monospace, Menlo, Consolas, monospace; }
.empty { padding: 1.1rem; margin: 0; }
`;

const POLICY =
  `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; ` +
  "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Renders the list of mails, in the given order. */
export function renderMailList(mails: readonly ReceivedMail[]): Page {
  return page(
    "Development mailbox",
    <>
      <nav>
        <a href="/dev">Console</a>
      </nav>
      <h1>Mailbox</h1>
      <main class="card">
        {mails.length === 0
          ? (
            <p class="empty">
              No mail yet. In development every mail of the service arrives here, and nowhere else.
            </p>
          )
          : (
            <ul>
              {mails.map(({ id, subject, to, receivedAt }) => (
                <li>
                  <a href={`/dev/mail/${id}`}>
                    <strong>{subject}</strong>
                    {timeOf(receivedAt)}
                    <span>{to.join(", ")}</span>
                  </a>
                </li>
              ))}
            </ul>
          )}
      </main>
    </>,
  );
}

/** Renders one mail: its headers, its HTML part in a frame without scripts, and its text part. */
export function renderMail({ id, subject, from, to, receivedAt, headers, text }: ReceivedMail): Page {
  const fields: [string, Child][] = [
    ["From", from],
    ["To", to.join(", ")],
    ["Received", timeOf(receivedAt)],
    ...Object.entries(headers),
  ];
  return page(
    subject,
    <>
      <nav>
        <a href="/dev/mail">Mailbox</a>
      </nav>
      <main>
        <h1>{subject}</h1>
        <dl class="card">
          {fields.map(([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          ))}
        </dl>
        <section class="card" aria-labelledby="html">
          <h2 id="html">HTML part</h2>
          <iframe
            title="HTML part"
            src={`/dev/mail/${id}/html`}
            sandbox="allow-popups allow-top-navigation-by-user-activation"
          />
        </section>
        <section class="card" aria-labelledby="text">
          <h2 id="text">Text part</h2>
          <pre>{withLinks(text)}</pre>
        </section>
      </main>
    </>,
  );
}

function page(title: string, body: Child): Page {
  const html = template`<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <style>${raw(STYLE)}</style>
  </head>
  <body>${body}</body>
</html>`;
  return { html: String(html), policy: POLICY };
}

function timeOf(at: number): Child {
  const iso = new Date(at).toISOString();
  return template`<time datetime="${iso}">${iso.slice(0, 19).replace("T", " ")}</time>`;
}

function withLinks(text: string): Child[] {
  const parts = text.split(/(https?:\/\/[^\s<>"]+)/);
  return parts.map((part, i) => i % 2 === 1 ? template`<a href="${part}">${part}</a>` : part);
}
