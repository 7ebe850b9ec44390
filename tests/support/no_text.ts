/**
 * What is not text.
 *
 * @module
 */

/** Texts that no text of a customer or device may hold. */
export const NO_TEXT = [
  ["a lone high surrogate", "a\ud800b"],
  ["a lone low surrogate", "\udc00"],
  ["NUL", "a\u0000b"],
  ["a line feed", "a\nb"],
  ["an escape", "a\u001b[31mb"],
  ["DEL", "a\u007fb"],
  ["a C1 control", "a\u0085b"],
  ["a line separator", "a\u2028b"],
  ["a paragraph separator", "a\u2029b"],
  ...Array.from("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", (mark) => [
    `U+${mark.charCodeAt(0).toString(16)}`,
    `a${mark}b`,
  ]),
] as const;
