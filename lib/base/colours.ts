/**
 * Colours and their contrast, after WCAG 2.2.
 *
 * @module
 */

/** The least contrast of a text to what is behind it (WCAG 2.2, 1.4.3). */
export const TEXT_CONTRAST = 4.5;
/** The least contrast of the edge of a control to what is around it (WCAG 2.2, 1.4.11). */
export const EDGE_CONTRAST = 3;

const WHITE = "#ffffff";
const BLACK = "#000000";
const STEPS = 50;

/**
 * Returns the contrast of two colours, from 1 to 21.
 *
 * @param one, other `#` and six hexadecimal digits.
 */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Returns black or white: the one that is easier to read on a colour. Its contrast is always above 4.5. */
export function textOn(colour: string): string {
  return contrast(colour, WHITE) >= contrast(colour, BLACK) ? WHITE : BLACK;
}

/**
 * Returns the shade of a colour that is nearest to it and can be read as a text on all given backgrounds. The colour is
 * made darker on light backgrounds, and lighter on dark ones.
 */
export function readableOn(colour: string, backgrounds: readonly [string, ...string[]]): string {
  const end = textOn(backgrounds[0]);
  for (let step = 0; step < STEPS; step++) {
    const shade = mix(colour, end, step / STEPS);
    if (backgrounds.every((background) => contrast(shade, background) >= TEXT_CONTRAST)) return shade;
  }
  return end;
}

function mix(one: string, other: string, share: number): string {
  const [from, to] = [channelsOf(one), channelsOf(other)];
  const mixed = from.map((channel, i) => Math.round(channel + ((to[i] ?? 0) - channel) * share));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channelsOf(colour).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function channelsOf(colour: string): number[] {
  return [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
}
