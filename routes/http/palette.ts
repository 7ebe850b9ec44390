/**
 * The colours of all pages of the service, and the content security policy that allows a page its own style and nothing
 * else.
 *
 * @module
 */
import { createHash } from "node:crypto";

/**
 * The colours by name, for a light and a dark screen. The contrast to `page` and `card` is at least 4.5 to 1 for colours of
 * text, and at least 3 to 1 for `edge` (WCAG 2.2, 1.4.3 and 1.4.11).
 */
export const COLOURS = {
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
} as const satisfies Readonly<Record<string, readonly [light: string, dark: string]>>;

/**
 * The colours as CSS variables. They are written out for light and dark, because browsers of older TVs lack
 * `light-dark()`.
 */
export const PALETTE = `
:root { color-scheme: light dark; ${variables(0)} }
@media (prefers-color-scheme: dark) { :root { ${variables(1)} } }
`;

function variables(index: 0 | 1): string {
  return Object.entries(COLOURS).map(([name, colour]) => `--${name}: ${colour[index]};`).join(" ");
}

/**
 * Returns the `Content-Security-Policy` of a page.
 *
 * @param style The whole CSS of the page, exactly as in its `<style>`.
 * @param options `forms`: whether the page sends forms. It may send them to this service only. `images`: the origin of its
 *   pictures. `script`: its script, exactly as in its `<script>`.
 */
export function contentPolicy(
  style: string,
  { forms, images, script }: {
    readonly forms: boolean;
    readonly images?: string | undefined;
    readonly script?: string | undefined;
  },
): string {
  return [
    "default-src 'none'",
    ...(images === undefined ? [] : [`img-src ${images}`]),
    ...(script === undefined ? [] : [`script-src ${hashOf(script)}`]),
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    `form-action ${forms ? "'self'" : "'none'"}`,
    "frame-ancestors 'none'",
  ].join("; ");
}

function hashOf(source: string): string {
  return `'sha256-${createHash("sha256").update(source).digest("base64")}'`;
}
