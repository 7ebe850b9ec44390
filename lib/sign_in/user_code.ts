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
 * Characters that no code has, each followed by the letter of the alphabet that it is most easily taken for. A customer
 * who reads an O or types a zero means the one round letter of the alphabet that is closed, Q. Keyboards of Greek and
 * Cyrillic have letters that look exactly like ours.
 */
const LOOK_ALIKES = new Map(
  [..."0Q OQ 1L IL 2Z 5S 6G 7T 8B EF UV YV ВB СC ФQ НH КK МM РP ТT ХX ОQ ΒB ΗH ΚK ΜM ΝN ΡP ΤT ΧX ΖZ ΟQ".split(
    " ",
  )]
    .map(([typed = "", meant = ""]) => [typed, meant] as const),
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
  const code = Array.from(typed, (letter) => LOOK_ALIKES.get(letter) ?? letter).join("");
  return code.length === LETTERS && Array.from(code).every((letter) => ALPHABET.includes(letter))
    ? code
    : null;
}
