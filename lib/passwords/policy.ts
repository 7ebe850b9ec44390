/**
 * Which passwords are taken, by NIST SP 800-63B, 5.1.1.2: length, and what attackers try first. No rule on which
 * kinds of characters one needs.
 *
 * @module
 */
/** The fewest characters of a password, in code points of its NFC. */
export const LEAST_CHARACTERS = 8;
/** The most characters of a password, in code points of its NFC. */
export const MOST_CHARACTERS = 256;

/** Shorter words of an address are part of too many good passwords. */
const LEAST_CONTEXT = 4;
/** Letters that a password must have besides the words that everybody knows of the account. */
const LEAST_OWN_LETTERS = 4;

/** What an attacker knows of the account. */
export interface PasswordContext {
  /** The address as it was typed. */
  readonly email: string;
  /** The name by which customers know the app. */
  readonly appName: string;
}

/**
 * What is wrong with a password that a customer has chosen.
 *
 * @returns One sentence to show to the customer, or null when it is taken.
 */
export async function findPasswordFault(password: string, context: PasswordContext): Promise<string | null> {
  // A sign-in would not take them, whatever a form let through.
  if (/\p{Cc}/u.test(password)) return "Must not have control characters";
  const length = countCharacters(password);
  if (length < LEAST_CHARACTERS) return `Must have at least ${LEAST_CHARACTERS} characters`;
  if (length > MOST_CHARACTERS) return `Must have at most ${MOST_CHARACTERS} characters`;
  const folded = fold(password);
  if (isRow(folded)) return "Must not be one character again and again, or a row of neighbours";
  if (isMadeOf(folded, context)) return "Must not be made of the email or the name of the app";
  if ((await loadCommonPasswords()).has(folded)) {
    return "Must not be one of the passwords that many people have";
  }
  return null;
}

/** How many characters a customer sees as typed: code points in NFC. */
export function countCharacters(password: string): number {
  return Array.from(password.normalize("NFC")).length;
}

function fold(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

/** `aaaaaaaa`, `abcdefgh` and `87654321`: each code point the same step after the one before. */
function isRow(text: string): boolean {
  const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const step = (points[1] ?? 0) - (points[0] ?? 0);
  return Math.abs(step) <= 1 && points.every((point, i) => i === 0 || point - (points[i - 1] ?? 0) === step);
}

/** Whether next to nothing is left of the text without the words of its context. */
function isMadeOf(text: string, { email, appName }: PasswordContext): boolean {
  const address = fold(email);
  const [local = "", domain = ""] = address.split(/@(?=[^@]*$)/u);
  const words = [address, local, domain, domain.split(".")[0] ?? "", fold(appName)];
  const rest = words.filter((word) => Array.from(word).length >= LEAST_CONTEXT)
    .reduce((left, word) => left.replaceAll(word, ""), text);
  return rest !== text && rest.replace(/\P{L}/gu, "").length < LEAST_OWN_LETTERS;
}

let commonPasswords: Promise<ReadonlySet<string>> | undefined;

/** About 18,000 of the length that is taken. Loaded when first asked for, in 50 ms: a one-click sign-in has no use for it. */
function loadCommonPasswords(): Promise<ReadonlySet<string>> {
  commonPasswords ??= import("@zxcvbn-ts/language-common").then(({ dictionary }) =>
    new Set(dictionary["passwords-common"].filter((word) => word.length >= LEAST_CHARACTERS))
  );
  return commonPasswords;
}
