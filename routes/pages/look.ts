/**
 * The look of the pages: their style with the app's own colour, and the content security policy that goes with it.
 *
 * @module
 */
import { contrast, EDGE_CONTRAST, readableOn, textOn } from "../../lib/base/colours.ts";
import type { Brand } from "../../lib/config/brand.ts";
import { COLOURS, contentPolicy } from "../http/palette.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

/** The look of all pages of one service. */
export interface Look {
  /** The whole CSS of a page. */
  readonly style: string;
  /** The `Content-Security-Policy` of a page. */
  readonly policy: string;
  /** That of a page on which a password is typed: it allows the script, too. */
  readonly policyWithScript: string;
}

const looks = new WeakMap<Brand, Look>();

/** Returns the look for a brand. It is made with the first page. */
export function lookOf(brand: Brand): Look {
  const made = looks.get(brand);
  if (made !== undefined) return made;
  const style = brand.colour === null ? STYLE : STYLE + brandStyle(brand.colour);
  const images = brand.logoUrl === null ? undefined : new URL(brand.logoUrl).origin;
  const look = {
    style,
    policy: contentPolicy(style, { forms: true, images }),
    policyWithScript: contentPolicy(style, { forms: true, images, script: SCRIPT }),
  };
  looks.set(brand, look);
  return look;
}

/**
 * Returns the CSS variables of the app's own colour. Areas have it as it is, with black or white text and, where it would
 * not stand out, with an edge. Text and the focus have a shade of it that can be read, in light and in dark.
 *
 * @param colour `#` and six hexadecimal digits.
 */
export function brandStyle(colour: string): string {
  return `:root { ${variables(colour, 0)} }
@media (prefers-color-scheme: dark) { :root { ${variables(colour, 1)} } }
`;
}

function variables(colour: string, index: 0 | 1): string {
  const { page, card, edge } = COLOURS;
  const stands = [page, card].every((around) => contrast(colour, around[index]) >= EDGE_CONTRAST);
  return Object.entries({
    brand: colour,
    "on-brand": textOn(colour),
    "brand-edge": stands ? colour : edge[index],
    link: readableOn(colour, [page[index], card[index]]),
  }).map(([name, value]) => `--${name}: ${value};`).join(" ");
}
