/**
 * The page `/activate`, on which the code of a TV is typed.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { Texts } from "../../lib/texts/en/mod.ts";
import type { AppContext } from "../http/env.ts";
import { type Fault, FaultSummary, type PageConfig, renderPage, Text, TextField, textsOf } from "./page.tsx";

/**
 * Makes the page on which the code of a TV is typed.
 *
 * @param state `refused`: the code that was refused, if one was.
 * @internal
 */
export function renderCodeForm(
  c: AppContext,
  config: PageConfig,
  { refused }: { readonly refused?: string } = {},
): Response {
  const texts = textsOf(c);
  const { code: t } = texts.activation;
  const message = refused?.trim() === "" ? t.empty : t.wrong;
  const faults = refused === undefined ? [] : [{ field: "code", message }];
  return renderPage(c, config, {
    status: refused === undefined ? 200 : message === t.empty ? 422 : 404,
    title: t.title,
    faulty: refused !== undefined,
    body: (
      <>
        {faults.length > 0 && <FaultSummary texts={texts} faults={faults} />}
        <p class="lead">
          <Text of={t.lead} app={<bdi>{config.appName}</bdi>} />
        </p>
        <CodeForm texts={texts} faults={faults} value={refused ?? ""} />
      </>
    ),
  });
}

/**
 * Shows the form in which the code of a TV is typed.
 *
 * @param form `action`: a relative URL. By default the form is sent to the address of the page.
 * @internal
 */
export function CodeForm(
  { texts: { activation: { code: t } }, faults = [], value = "", action }: {
    readonly texts: Texts;
    readonly faults?: readonly Fault[];
    readonly value?: string;
    readonly action?: string;
  },
): Child {
  return (
    <form class="card" method="post" novalidate {...(action === undefined ? {} : { action })}>
      <TextField
        name="code"
        type="text"
        label={t.label}
        hint={t.hint}
        autocomplete="off"
        autocapitalize="characters"
        faults={faults}
        value={value}
      />
      <button type="submit">{t.button}</button>
    </form>
  );
}
