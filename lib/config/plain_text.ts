/**
 * Finds characters that got into a variable by mistake, such as the line feed of a file or a byte order mark.
 *
 * @module
 */
import { z } from "zod";

/** JSON may be written on several lines. What mails and pages show is trimmed. */
const MAY_HAVE_SPACE = [
  "AMAZON_CLIENTS",
  "SIGNING_KEYS",
  "APP_NAME",
  "APP_COLOR",
  "MAIL_FROM",
  "ACCESS_TOKEN_AUDIENCES",
];

/**
 * Reads a secret or an id that Amazon or another service issued: 1 to `most` visible ASCII characters.
 * @internal
 */
export const issuedText = (most: number) =>
  z.string().min(1).max(most, `must have at most ${most} characters`)
    .regex(
      /^[\x21-\x7e]*$/,
      "must have visible ASCII characters alone: look for a blank, a quote or a cut copy",
    );

/** Returns true for a text in quotes, as some programs leave them around the values of an `.env` file. */
export function isQuoted(text: string): boolean {
  return /^(["'`]).*\1$/s.test(text) && text.length > 1;
}

/**
 * Finds the variables with a character that was not meant. Returns a fault for each, by the name of the variable.
 * @internal
 */
export function findStrayCharacters(given: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const faults = new Map<string, string>();
  for (const [name, value] of Object.entries(given)) {
    if (isQuoted(value)) faults.set(name, `${name} must not be in quotes`);
    if (MAY_HAVE_SPACE.includes(name)) continue;
    const fault = /\p{Cc}/u.test(value)
      ? "must not have line feeds or other control characters"
      : /[\p{Cf}\u2028\u2029]/u.test(value) || !value.isWellFormed()
      ? "must not have invisible characters, such as a byte order mark"
      : value !== value.trim()
      ? "must not begin or end with a blank"
      : null;
    if (fault !== null) faults.set(name, `${name} ${fault}`);
  }
  return faults;
}
