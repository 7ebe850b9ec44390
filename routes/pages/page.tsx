/**
 * The shell of the pages for customers, and the parts that they are made of. No script, nothing to load: what a page
 * needs stands in it.
 *
 * @module
 */
import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Config } from "../../lib/config/config.ts";
import type { AppContext } from "../http/env.ts";
import { contentPolicy } from "../http/palette.ts";
import { STYLE } from "./style.ts";

/** What pages need of the configuration. */
export type PageConfig = Pick<Config, "appName" | "mail">;

/** What a page shows. */
export interface PageContent {
  /** Its heading, and with the app's name its title. */
  readonly title: string;
  /**
   * All below the heading.
   * @internal
   */
  readonly body: Child;
  /** Whether a form on it was not taken as it was. */
  readonly faulty?: boolean;
  /** A mark above the heading: it is done, it is not, or neither. */
  readonly sign?: "good" | "bad" | "plain";
  /** Whether its body has `columns`, side by side where there is room. */
  readonly wide?: boolean;
}

const POLICY = contentPolicy(STYLE, { forms: true });
const SIGNS = { good: "✓", bad: "!", plain: "i" } as const;

/**
 * Answers with a page, which no cache, search engine or frame keeps and no other site learns the address of.
 *
 * @param status 200 by default.
 * @internal
 */
export function renderPage(
  c: AppContext,
  { appName }: Pick<Config, "appName">,
  { status = 200, ...content }: PageContent & { readonly status?: ContentfulStatusCode },
): Response {
  c.set("contentPolicy", POLICY);
  c.header("Cache-Control", "no-store");
  c.header("X-Robots-Tag", "noindex");
  return c.body(`<!DOCTYPE html>${<Shell {...content} appName={appName} />}`, status, {
    "Content-Type": "text/html; charset=UTF-8",
  });
}

function Shell({ appName, title, body, faulty = false, sign, wide = false }: PageContent & {
  readonly appName: string;
}) {
  const [initial = ""] = appName;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${faulty ? "Not yet: " : ""}${title} – ${appName}`}</title>
        <style>{raw(STYLE)}</style>
      </head>
      <body class={wide ? "wide" : ""}>
        <header class="brand">
          <span class="mark" aria-hidden="true">{initial.toUpperCase()}</span>
          <bdi>{appName}</bdi>
        </header>
        <main>
          {sign !== undefined && <p class={`sign ${sign}`} aria-hidden="true">{SIGNS[sign]}</p>}
          <h1>{title}</h1>
          {body}
        </main>
      </body>
    </html>
  );
}

/** A field that was not taken, and why. */
export interface Fault {
  /** The name of the field, which is its `id` too. */
  readonly field: string;
  /** A sentence without a full stop. */
  readonly message: string;
}

/**
 * What is wrong with a form, each with the way to its field. Is focused when the page opens. Not to be shown without a fault.
 * @internal
 */
export function FaultSummary({ faults }: { readonly faults: readonly Fault[] }): Child {
  return (
    <div class="summary" role="alert" tabindex={-1} autofocus>
      <h2>That did not work yet</h2>
      <ul>
        {faults.map(({ field, message }) => (
          <li>
            <a href={`#${field}`}>{message}</a>
          </li>
        ))}
      </ul>
    </div>
  );
}

/**
 * A field to type into, with its label, a hint and what was wrong with it.
 *
 * @param field `value`: what stands in it at first.
 * @internal
 */
export function TextField(
  { name, label, hint, faults, ...input }: {
    readonly name: string;
    readonly label: string;
    readonly hint?: string;
    readonly faults: readonly Fault[];
    readonly type: "email" | "password";
    readonly autocomplete: string;
    readonly value?: string;
  },
): Child {
  const fault = faults.find(({ field }) => field === name);
  const described = [hint && `${name}-hint`, fault && `${name}-fault`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {hint !== undefined && <p class="hint" id={`${name}-hint`}>{hint}</p>}
      {fault !== undefined && <p class="fault" id={`${name}-fault`}>{fault.message}</p>}
      <input
        class="text"
        id={name}
        name={name}
        required
        autocapitalize="none"
        spellcheck={false}
        {...(described === "" ? {} : { "aria-describedby": described })}
        {...(fault === undefined ? {} : { "aria-invalid": "true" })}
        {...input}
      />
    </div>
  );
}

/**
 * The form that asks for a mail.
 *
 * @param form `action`: relative; the page's own address by default.
 * @internal
 */
export function EmailForm(
  { button, action, faults = [], value }: {
    readonly button: string;
    readonly action?: string;
    readonly faults?: readonly Fault[];
    readonly value?: string;
  },
): Child {
  return (
    <form class="card" method="post" novalidate {...(action === undefined ? {} : { action })}>
      <TextField
        name="email"
        type="email"
        label="Your email"
        autocomplete="email"
        faults={faults}
        {...(value === undefined ? {} : { value })}
      />
      <button type="submit">{button}</button>
    </form>
  );
}
