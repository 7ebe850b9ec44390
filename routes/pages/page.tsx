/**
 * The frame of the pages for customers, and the parts of their forms. A page loads nothing else, and runs no
 * script but the one that shows what is typed.
 *
 * @module
 */
import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Brand } from "../../lib/config/brand.ts";
import type { Config } from "../../lib/config/config.ts";
import type { Texts } from "../../lib/texts/en/mod.ts";
import type { Language } from "../../lib/texts/languages.ts";
import { fill, TEXTS } from "../../lib/texts/texts.ts";
import type { AppContext } from "../http/env.ts";
import { languageOfRequest } from "../http/language.ts";
import { lookOf } from "./look.ts";
import { SCRIPT } from "./script.ts";

/** The configuration that pages use. */
export type PageConfig = Pick<Config, "appName" | "brand" | "mail">;

/** The content of a page. */
export interface PageContent {
  /** The heading. Together with the app's name it is the title of the document, too. */
  readonly title: string;
  /**
   * Everything below the heading.
   * @internal
   */
  readonly body: Child;
  /** Whether a form of the page was refused. */
  readonly faulty?: boolean;
  /** The sign above the heading: it worked, it failed, or neither. */
  readonly sign?: "good" | "bad" | "plain";
  /** Whether the body has `columns`, which stand side by side on a wide screen. */
  readonly wide?: boolean;
  /** Whether a password is typed here. Then the page has the script. */
  readonly passwords?: boolean;
}

const SIGNS = { good: "✓", bad: "!", plain: "i" } as const;

/** Returns the texts in the language of the response to a request. */
export function textsOf(c: AppContext): Texts {
  return TEXTS[languageOfRequest(c)];
}

/**
 * Shows a text with elements in the places of its placeholders.
 *
 * @param props `of`: the text. All others: the element for the placeholder of that name.
 * @internal
 */
export function Text({ of, ...values }: { readonly of: string } & Readonly<Record<string, Child>>): Child {
  return <>{of.split(/\{(\w+)\}/).map((part, i) => i % 2 === 1 ? values[part] : part)}</>;
}

/**
 * Makes the response of a page, in the language that the browser asks for. No cache and no search engine keeps the
 * page, and no other site can frame it or learn its address.
 *
 * @param content `status`: 200 by default.
 * @internal
 */
export function renderPage(
  c: AppContext,
  { appName, brand }: Pick<Config, "appName" | "brand">,
  { status = 200, ...content }: PageContent & { readonly status?: ContentfulStatusCode },
): Response {
  const { style, policy, policyWithScript } = lookOf(brand);
  c.set("contentPolicy", content.passwords ? policyWithScript : policy);
  c.header("Cache-Control", "no-store");
  c.header("X-Robots-Tag", "noindex");
  const language = languageOfRequest(c);
  c.header("Content-Language", language);
  c.header("Vary", "Accept-Language", { append: true });
  const frame = { ...content, appName, brand, style, language };
  return c.body(`<!DOCTYPE html>${<Frame {...frame} />}`, status, {
    "Content-Type": "text/html; charset=UTF-8",
  });
}

function Frame(
  { appName, brand, style, language, title, body, faulty = false, sign, wide = false, passwords = false }:
    & PageContent
    & {
      readonly appName: string;
      readonly brand: Brand;
      readonly style: string;
      readonly language: Language;
    },
) {
  const { common } = TEXTS[language];
  const heading = faulty ? fill(common.not_yet, { title }) : title;
  return (
    <html lang={language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${heading} – ${appName}`}</title>
        <style>{raw(style)}</style>
        {passwords && <script>{raw(SCRIPT)}</script>}
      </head>
      <body class={wide ? "wide" : ""}>
        <header class="brand">
          <Mark appName={appName} brand={brand} />
          <bdi>{appName}</bdi>
        </header>
        <main>
          {sign !== undefined && <p class={`sign ${sign}`} aria-hidden="true">{SIGNS[sign]}</p>}
          <h1>{title}</h1>
          {body}
        </main>
        {brand.supportUrl !== null && (
          <footer>
            <a href={brand.supportUrl}>{common.help}</a>
          </footer>
        )}
      </body>
    </html>
  );
}

/** Shows the logo of the app, or else the first letter of its name. The name stands beside it. */
function Mark({ appName, brand: { logoUrl } }: { readonly appName: string; readonly brand: Brand }) {
  const [initial = ""] = appName;
  if (logoUrl !== null) return <img class="logo" src={logoUrl} alt="" />;
  return <span class="mark" aria-hidden="true">{initial.toUpperCase()}</span>;
}

/** A fault in a form: the field, and what is wrong with it. */
export interface Fault {
  /** The `id` of the field. */
  readonly field: string;
  /** A sentence without a full stop. */
  readonly message: string;
}

/** Makes the fault of a field `email` that does not hold an email address. */
export function emailFault({ common }: Texts): Fault {
  return { field: "email", message: common.email_fault };
}

/**
 * Shows the faults of a form. Each fault links to its field. The first of these fields has the focus when the page opens.
 *
 * @param props `emptied`: whether passwords were typed, which the page does not hold again.
 * @internal
 */
export function FaultSummary(
  { texts, faults, emptied = false }: {
    readonly texts: Texts;
    readonly faults: readonly Fault[];
    readonly emptied?: boolean;
  },
): Child {
  return (
    <div class="summary" role="alert">
      <h2>{texts.common.faults_heading}</h2>
      <ul>
        {faults.map(({ field, message }) => (
          <li>
            <a href={`#${field}`}>{message}</a>
          </li>
        ))}
      </ul>
      {emptied && <p>{texts.common.passwords_emptied}</p>}
    </div>
  );
}

/**
 * Shows a field to type into, with its label, its hint and its fault.
 *
 * @param field `id`: its name by default. `value`: the text in the field when the page opens.
 * @internal
 */
export function TextField(
  { name, id = name, label, hint, optional = false, faults, ...input }: {
    readonly name: string;
    readonly id?: string;
    readonly label: string;
    readonly hint?: string;
    readonly faults: readonly Fault[];
    readonly type: "email" | "password" | "text";
    readonly autocomplete: string;
    readonly autocapitalize?: "characters" | "words";
    readonly optional?: boolean;
    readonly value?: string;
  },
): Child {
  const fault = faults.find(({ field }) => field === id);
  const described = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ");
  return (
    <div class={fault === undefined ? "field" : "field faulty"}>
      <label for={id}>{label}</label>
      {hint !== undefined && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {fault !== undefined && <p class="fault" id={`${id}-fault`}>{fault.message}</p>}
      <input
        class="text"
        id={id}
        name={name}
        required={!optional}
        autocapitalize="none"
        spellcheck={false}
        {...(described === "" ? {} : { "aria-describedby": described })}
        {...(fault === undefined ? {} : { "aria-invalid": "true" })}
        autofocus={fault !== undefined && fault === faults[0]}
        {...input}
      />
    </div>
  );
}

/**
 * Shows the field for the email of an account.
 *
 * @param field `autocomplete`: `username` beside a password. `value`: the text in the field when the page opens.
 * @internal
 */
export function EmailField(
  { texts, ...field }: {
    readonly texts: Texts;
    readonly id?: string;
    readonly autocomplete: "email" | "username";
    readonly faults: readonly Fault[];
    readonly value: string;
  },
): Child {
  return <TextField name="email" type="email" label={texts.common.email_label} {...field} />;
}

/**
 * Shows the form in which a customer asks for a mail.
 *
 * @param form `action`: a relative URL. By default the form is sent to the address of the page.
 * @internal
 */
export function EmailForm(
  { texts, button, action, faults = [], value = "" }: {
    readonly texts: Texts;
    readonly button: string;
    readonly action?: string;
    readonly faults?: readonly Fault[];
    readonly value?: string;
  },
): Child {
  return (
    <form class="card" method="post" novalidate {...(action === undefined ? {} : { action })}>
      <EmailField texts={texts} autocomplete="email" faults={faults} value={value} />
      <button type="submit">{button}</button>
    </form>
  );
}
