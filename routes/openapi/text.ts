/**
 * Schemas of text that customers and devices send. Each text that is stored uses one of them.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { type Email, parseEmail } from "../../lib/base/email.ts";

/** The most characters of an email, as it was typed. */
export const MOST_EMAIL_CHARACTERS = 320;

// The description gives these patterns to tools of every language, and JSON Schema takes a pattern without flags.
// Python has no \p, and Go no \u: what all of them read alike is \x with two digits, and beyond that the characters
// themselves.
const CONTROLS = "\\x00-\\x1f\\x7f-\\x9f";
/** Line separators, and marks that turn the direction of text. A page could show such a name as another one. */
const DIRECTIONS = [[0x061c], [0x200e, 0x200f], [0x2028, 0x202e], [0x2066, 0x2069]]
  .map((range) => range.map((point) => String.fromCodePoint(point)).join("-")).join("");
const NO_CONTROLS = `^[^${CONTROLS}]*$`;
const NO_DIRECTIONS = `^[^${CONTROLS}${DIRECTIONS}]*$`;

const wellFormed = z.string().refine((value) => value.isWellFormed(), "Must be well-formed Unicode");

/**
 * Text without control characters, for a password: it is compared and never shown.
 * @internal
 */
export const secretText = wellFormed.regex(new RegExp(NO_CONTROLS), "Must not have control characters");

const visible = (value: string) => new RegExp(NO_DIRECTIONS).test(value);

/**
 * A line of text as a device sends it, of at most `most` characters.
 * @internal
 */
export const deviceText = (most: number) =>
  wellFormed.max(most, `Must have at most ${most} characters`)
    .regex(new RegExp(NO_DIRECTIONS), "Must not have control characters")
    .openapi({ pattern: NO_DIRECTIONS });

/**
 * A line of text as a customer types or pastes it, of at most `most` characters. Space around it is left out, and an empty
 * text is null.
 * @internal
 */
export const typedText = (most: number) =>
  wellFormed.transform((value) => value.normalize("NFC").trim())
    .refine(visible, "Must not have control characters")
    .refine((value) => Array.from(value).length <= most, `Must have at most ${most} characters`)
    .transform((value) => value || null)
    .openapi({ type: "string", pattern: NO_DIRECTIONS, maxLength: most });

/**
 * An email as a customer types or pastes it. Space and invisible marks around it are left out.
 * @internal
 */
export const emailText = wellFormed.transform((value, context): Email => {
  const parsed = parseEmail(value);
  if (parsed !== null && parsed.display.length <= MOST_EMAIL_CHARACTERS) return parsed;
  context.addIssue("Must be an email address");
  return z.NEVER;
}).openapi({ type: "string", format: "email", maxLength: MOST_EMAIL_CHARACTERS });
