/**
 * The palette of all our pages, and their content policy, which allows a page its own style and nothing else.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** The colours by name, in light and in dark. Text has a contrast of at least 4.5 to 1 to `page` and `card`, `edge` of 3 to 1. */
const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  page: ["#fbfaf8", "#14161a"],
  card: ["#ffffff", "#1b1e24"],
  sunk: ["#f4f2ee", "#101216"],
  line: ["#e5e1da", "#2c3038"],
  edge: ["#7d838d", "#7b828f"],
  text: ["#1d2127", "#e7e5e1"],
  soft: ["#5d6470", "#a0a6b1"],
  link: ["#0a5c7a", "#7cc7e4"],
  good: ["#1c6b3c", "#7fd6a2"],
  bad: ["#9c3412", "#f0a583"],
  change: ["#7a5200", "#e6bd6a"],
  over: ["#ffffff", "#14161a"],
};

/** The colours as CSS variables, in a form that the browsers of older TVs understand too. */
export const PALETTE = `
:root { color-scheme: light dark; ${variables(0)} }
@media (prefers-color-scheme: dark) { :root { ${variables(1)} } }
`;

function variables(index: 0 | 1): string {
  return Object.entries(COLOURS).map(([name, colour]) => `--${name}: ${colour[index]};`).join(" ");
}

/**
 * Makes the `Content-Security-Policy` of a page.
 *
 * @param style The CSS of the page, as it stands there.
 * @param options `forms`: whether the page may send forms to this service.
 */
export function contentPolicy(style: string, { forms }: { readonly forms: boolean }): string {
  const hash = createHash("sha256").update(style).digest("base64");
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; ` +
    `form-action ${forms ? "'self'" : "'none'"}; frame-ancestors 'none'`;
}
