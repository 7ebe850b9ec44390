/** Language tags of devices. */
import { assertEquals } from "@std/assert";
import { findLanguage, languageOf } from "../../../lib/texts/languages.ts";

Deno.test("findLanguage() knows our languages in every region, script and spelling", () => {
  const tags = {
    de: ["de", "de-DE", "DE-at", "de_CH", " de-DE ", "deu", "de-Latn-DE-u-co-phonebk"],
    en: ["en-US", "en_IN", "eng"],
    fr: ["fr-CA"],
    es: ["es-419", "es-MX"],
    it: ["it-IT"],
    pt: ["pt-BR", "pt_PT"],
    ja: ["ja-JP", "ja-JP-x-lvariant-JP", "ja-Hira"],
  };
  for (const [language, spellings] of Object.entries(tags)) {
    for (const tag of spellings) assertEquals(findLanguage(tag), language, tag);
  }
});

Deno.test("findLanguage() returns null for other languages and for what is no tag, and languageOf() English", () => {
  for (
    const tag of [
      "nl-NL",
      "zh-Hans-CN",
      "und",
      "",
      "*",
      "German",
      "d",
      "constructor",
      "x".repeat(128),
    ]
  ) {
    assertEquals(findLanguage(tag), null, tag);
    assertEquals(languageOf(tag), "en", tag);
  }
  assertEquals([languageOf(undefined), languageOf("pt_BR")], ["en", "pt"]);
});
