/**
 * The rules for a new password, after NIST SP 800-63B, 5.1.1.2. They are about length, and about the passwords that
 * attackers try first. No kind of character is required.
 *
 * @module
 */

import type { Problem } from "../base/problem.ts";

/** The fewest characters of a password, in code points of its NFC. */
export const LEAST_CHARACTERS = 8;
/** The most characters of a password, in code points of its NFC. */
export const MOST_CHARACTERS = 256;

/** Only words of the context with at least this many characters count: shorter ones are in too many good passwords. */
const LEAST_WORD_CHARACTERS = 4;
/** The fewest letters of a password that do not belong to a word of its context. */
const LEAST_OTHER_LETTERS = 4;

/** The rules for a new password, each with the sentence for the developer of an app. */
export const PASSWORD_RULES = {
  control_characters: "Must not have control characters",
  too_short: `Must have at least ${LEAST_CHARACTERS} characters`,
  too_long: `Must have at most ${MOST_CHARACTERS} characters`,
  sequence: "Must not be one character again and again, or a row of neighbours",
  context: "Must not be made of the email or the name of the app",
  common: "Must not be one of the passwords that many people have",
} as const;

/** The name of a rule for a new password. */
export type PasswordRule = keyof typeof PASSWORD_RULES;

/** Facts that an attacker knows about the account. */
export interface PasswordContext {
  /** The customer's address, as typed. */
  readonly email: string;
  /** The name by which customers know the app. */
  readonly appName: string;
}

/**
 * Checks a password that a customer has chosen.
 *
 * @returns The sentence of the rule that the password breaks; null when the password is good.
 */
export async function findPasswordFault(password: string, context: PasswordContext): Promise<string | null> {
  // The schema of a sign-in refuses them, but a form does not.
  if (/\p{Cc}/u.test(password)) return PASSWORD_RULES.control_characters;
  const length = countCharacters(password);
  if (length < LEAST_CHARACTERS) return PASSWORD_RULES.too_short;
  if (length > MOST_CHARACTERS) return PASSWORD_RULES.too_long;
  const folded = fold(password);
  if (isSequence(folded)) return PASSWORD_RULES.sequence;
  if (isMadeOf(folded, context)) return PASSWORD_RULES.context;
  return (await loadCommonPasswords()).has(folded) ? PASSWORD_RULES.common : null;
}

/**
 * Returns the rule that the problem `weak_password` is about, so that a page can say it in the customer's language.
 *
 * @throws {RangeError} when the problem names none
 */
export function passwordRuleOf({ details: { errors = [] } }: Problem): PasswordRule {
  const rules = Object.keys(PASSWORD_RULES) as PasswordRule[];
  const rule = rules.find((rule) => errors.some(({ message }) => message === PASSWORD_RULES[rule]));
  if (rule === undefined) throw new RangeError("The problem names no rule for passwords");
  return rule;
}

/** Returns the number of characters as a customer counts them: code points in NFC. */
export function countCharacters(password: string): number {
  return Array.from(password.normalize("NFC")).length;
}

function fold(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

/** Returns true for `aaaaaaaa`, `abcdefgh` and `87654321`: the step from each code point to the next is the same. */
function isSequence(text: string): boolean {
  const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const step = (points[1] ?? 0) - (points[0] ?? 0);
  return Math.abs(step) <= 1 && points.every((point, i) => i === 0 || point - (points[i - 1] ?? 0) === step);
}

/** Returns true when a text has a word of its context, and almost no other letters. */
function isMadeOf(text: string, { email, appName }: PasswordContext): boolean {
  const address = fold(email);
  const [local = "", domain = ""] = address.split(/@(?=[^@]*$)/u);
  const words = [address, local, domain, domain.split(".")[0] ?? "", fold(appName)];
  const rest = words.filter((word) => Array.from(word).length >= LEAST_WORD_CHARACTERS)
    .reduce((left, word) => left.replaceAll(word, ""), text);
  return rest !== text && rest.replace(/\P{L}/gu, "").length < LEAST_OTHER_LETTERS;
}

let commonPasswords: Promise<ReadonlySet<string>> | undefined;

/**
 * Returns about 18,000 common passwords, without those that are too short anyway. The list is loaded at its first use,
 * in 50 ms: a one-click sign-in does not need it.
 */
function loadCommonPasswords(): Promise<ReadonlySet<string>> {
  commonPasswords ??= import("@zxcvbn-ts/language-common").then(({ dictionary }) =>
    new Set(dictionary["passwords-common"].filter((word) => word.length >= LEAST_CHARACTERS))
  );
  return commonPasswords;
}
