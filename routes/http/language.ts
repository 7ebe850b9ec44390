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
 * good for `*`, but for those that have a weight of 0.
 */
export function chooseLanguage(acceptLanguage: string | undefined): Language {
  const header = acceptLanguage?.slice(0, MOST_CHARACTERS) ?? "";
  const asked = parseAccept(header);
  const refused = asked.flatMap(({ type, q }) => q > 0 ? [] : [findLanguage(type)]);
  for (const { type, q } of asked) {
    const language = type === "*" ? LANGUAGES.find((ours) => !refused.includes(ours)) : findLanguage(type);
    if (q > 0 && language) return language;
  }
  return LANGUAGES[0];
}
