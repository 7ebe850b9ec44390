/** The choice of a language by `Accept-Language`. */
import { assertEquals } from "@std/assert";
import { chooseLanguage } from "../../../routes/http/language.ts";

const CHOICES: readonly (readonly [string | undefined, string])[] = [
  [undefined, "en"],
  ["", "en"],
  ["de", "de"],
  ["de-AT,de;q=0.9,en;q=0.8", "de"],
  ["nl-NL,nl;q=0.9,fr;q=0.5,en;q=0.4", "fr"],
  ["en;q=0.5, ja;q=0.9, it", "it"],
  ["nl, *;q=0.5, fr;q=0.1", "en"],
  ["fr;q=0, pt-BR", "pt"],
  ["nl, zh", "en"],
  ["*", "en"],
  ["en;q=0, *", "de"],
  ["en-GB;q=0, de;q=0.0, *;q=0.1", "fr"],
  ["en;q=0, de;q=0", "en"],
  ["*;q=0", "en"],
  ["en-GB-oed, es", "en"],
  ["zh-Hant-TW, zh;q=0.9, ja;q=0.1", "ja"],
  ["pt_BR", "pt"],
  ["de;q=0.3;x=y, it;Q=0.8", "it"],
  ["i-klingon, x-pig-latin, *-DE, deu", "de"],
  [";;;,,q=1,de", "de"],
  [`${"nl,".repeat(500)}de`, "en"],
];

for (const [header, language] of CHOICES) {
  Deno.test(`chooseLanguage() chooses ${language} for ${header?.slice(0, 60)}`, () => {
    assertEquals(chooseLanguage(header), language);
  });
}
