/**
 * The language of a response: the one that the browser asks for by `Accept-Language` (RFC 9110, 12.5.4).
 *
 * @module
 */
import { parseAccept } from "hono/utils/accept";
import { findLanguage, type Language, LANGUAGES } from "../../lib/texts/languages.ts";
import type { AppContext } from "./env.ts";

/** Browsers send fewer than ten. */
const MOST_CHARACTERS = 500;

/** Chooses the language of the response to a request. English, when the browser asks for none that we speak. */
export function languageOfRequest(c: AppContext): Language {
  return chooseLanguage(c.req.header("accept-language"));
}

/**
 * Chooses the first language of an `Accept-Language` that we speak, by its weight and then by its place. Every language is
 * good for `*`, and none for a weight of 0.
 */
export function chooseLanguage(acceptLanguage: string | undefined): Language {
  const header = acceptLanguage?.slice(0, MOST_CHARACTERS) ?? "";
  for (const { type, q } of parseAccept(header)) {
    const language = type === "*" ? LANGUAGES[0] : findLanguage(type);
    if (q > 0 && language !== null) return language;
  }
  return LANGUAGES[0];
}
