/**
 * What the forms with a password share.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { Texts } from "../../lib/texts/en/mod.ts";

/**
 * Marks the place of the switch that shows what is typed. The page's script puts the switch there.
 * @internal
 */
export function ShowSwitch({ texts }: { readonly texts: Texts }): Child {
  return <div data-show={texts.reset.show}></div>;
}
