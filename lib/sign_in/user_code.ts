/**
 * User codes: the eight letters that a TV shows and a customer types on a phone (RFC 8628, 6.1).
 *
 * The alphabet has no vowels, so a code is never a word, and no digits. There are 20^8 codes, about 26 thousand million.
 *
 * @module
 */
import { randomInt } from "node:crypto";

const ALPHABET = "BCDFGHJKLMNPQRSTVWXZ";
const LETTERS = 8;
/** The most characters that are read: a code with generous separators. */
const MOST_TYPED = 64;

/**
 * Characters that no code has, by the letter of the alphabet that they are most easily taken for. A customer who types a
 * zero or an O means the round letter of the alphabet that is closed, Q. Greek and Cyrillic keyboards have letters that
 * look exactly like ours.
 */
const LOOK_ALIKES = {
  Q: "0O\u041e\u039f",
  L: "1I\u0406\u0399",
  Z: "2\u0396",
  S: "5\u0405",
  G: "6",
  T: "7\u0422\u03a4",
  B: "8\u0412\u0392",
  F: "E\u0415\u0395",
  V: "UY",
  C: "\u0421",
  H: "\u041d\u0397",
  J: "\u0408",
  K: "\u041a\u039a",
  M: "\u041c\u039c",
  N: "\u039d",
  P: "\u0420\u03a1",
  X: "\u0425\u03a7",
};
const MEANT = new Map(
  Object.entries(LOOK_ALIKES).flatMap(([letter, typed]) =>
    Array.from(typed, (one) => [one, letter] as const)
  ),
);

/** Makes a random code of eight letters. */
export function newUserCode(): string {
  return Array.from({ length: LETTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
}

/** Formats a code as a TV shows it: `WDJB-MJHT`. */
export function formatUserCode(code: string): string {
  return `${code.slice(0, LETTERS / 2)}-${code.slice(LETTERS / 2)}`;
}

/**
 * Reads a code as a customer types it: in either case, with or without spaces and hyphens, and with look-alikes in the
 * place of letters.
 *
 * @returns Eight letters; null when the text cannot be a code.
 */
export function readUserCode(text: string): string | null {
  if (text.length > MOST_TYPED) return null;
  const typed = text.normalize("NFKC").toUpperCase().replace(/[^\p{L}\p{N}]/gu, "");
  const code = Array.from(typed, (letter) => MEANT.get(letter) ?? letter).join("");
  return code.length === LETTERS && Array.from(code).every((letter) => ALPHABET.includes(letter))
    ? code
    : null;
}
