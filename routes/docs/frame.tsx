/**
 * The frame of the pages for developers and operators, in English. They load nothing else, and can be read
 * without their script.
 *
 * @module
 */
import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import { contentPolicy } from "../http/palette.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

/** A page, as it is sent. */
export interface DocsPage {
  /** The whole HTML. */
  readonly html: string;
  /** The content security policy that allows the page its own style and script, and nothing else. */
  readonly policy: string;
}

/**
 * Makes a page.
 *
 * @param page `title`: of the document. `layout`: the class of the body; with `columns` the page has the script.
 *   `body`: all that is shown.
 * @internal
 */
export async function frameDocs(
  { title, layout, body }: {
    readonly title: string;
    readonly layout: "columns" | "article";
    readonly body: Child;
  },
): Promise<DocsPage> {
  const script = layout === "columns" ? SCRIPT : undefined;
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title}</title>
        <style>{raw(STYLE)}</style>
      </head>
      <body class={layout}>
        {body}
        {script !== undefined && <script>{raw(script)}</script>}
      </body>
    </html>
  );
  return {
    html: `<!DOCTYPE html>${await page}`,
    policy: contentPolicy(STYLE, { forms: false, script }),
  };
}

/**
 * Shows a text. Words between backticks are shown as code.
 * @internal
 */
export function Prose({ text }: { readonly text: string }): Child {
  const parts: Child[] = text.split("`").map((part, i) => i % 2 === 1 ? <code>{part}</code> : part);
  return <span>{parts}</span>;
}

/**
 * Shows an example with its caption.
 * @internal
 */
export function Sample({ caption, text }: { readonly caption: string; readonly text: string }): Child {
  return (
    <figure>
      <figcaption>{caption}</figcaption>
      <pre tabindex={0}><code>{text}</code></pre>
    </figure>
  );
}
