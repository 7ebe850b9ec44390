/**
 * The languages that the service speaks: those of the Appstore's marketplaces.
 *
 * @module
 */

/** The languages that the service speaks. The first is for customers whose language is not among them. */
export const LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "ja"] as const;

/** A language that the service speaks, as a BCP 47 tag. */
export type Language = typeof LANGUAGES[number];

/**
 * Finds our language for a tag of BCP 47, such as `de-AT`, or of Android, such as `de_AT`. Regions and scripts do not
 * count.
 *
 * @returns Null when we do not speak it, or when the text is no tag.
 */
export function findLanguage(tag: string): Language | null {
  const [, code] = /^\s*([a-z]{2,3})(?![a-z0-9])/i.exec(tag) ?? [];
  if (code === undefined) return null;
  // Knows every code of a language, such as `deu` for `de`.
  const { language } = new Intl.Locale(code);
  return LANGUAGES.find((ours) => ours === language) ?? null;
}

/** Chooses the language of an account or a device by its tag. English, when it has none or we do not speak it. */
export function languageOf(tag: string | undefined): Language {
  return tag === undefined ? LANGUAGES[0] : findLanguage(tag) ?? LANGUAGES[0];
}
