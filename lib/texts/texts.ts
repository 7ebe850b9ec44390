/**
 * The texts that customers read, in mails and on pages, by language. Each language has a folder, with one file a subject.
 * English is the model: its type is the type of all others.
 *
 * A text can have placeholders in braces, such as `{app}`. {@linkcode fill} and the pages put values in their places.
 *
 * @module
 */
import { DE } from "./de/mod.ts";
import { EN, type Texts } from "./en/mod.ts";
import { ES } from "./es/mod.ts";
import { FR } from "./fr/mod.ts";
import { IT } from "./it/mod.ts";
import { JA } from "./ja/mod.ts";
import type { Language } from "./languages.ts";
import { PT } from "./pt/mod.ts";

/** The texts of each language. */
export const TEXTS: Readonly<Record<Language, Texts>> = {
  en: EN,
  de: DE,
  fr: FR,
  es: ES,
  it: IT,
  pt: PT,
  ja: JA,
};

/** Puts values into the placeholders of a text. A placeholder without a value stays as it is. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(
    /\{(\w+)\}/g,
    (placeholder, name) => Object.hasOwn(values, name) ? String(values[name]) : placeholder,
  );
}
