/** The texts of all languages: none is missing, left in English, or without a value that English shows. */
import { assert, assertEquals } from "@std/assert";
import { LANGUAGES } from "../../../lib/texts/languages.ts";
import { fill, TEXTS } from "../../../lib/texts/texts.ts";

/** The texts that may be the same as in English: names. */
const NAMES = ["reset.amazon.heading"];

/** Lists the texts below a value by their paths, such as `mails.kinds.password_reset.after.0`. */
function listTexts(value: unknown, path: readonly string[] = []): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [[path.join("."), value]];
  return Object.entries(value).flatMap(([key, inner]) => listTexts(inner, [...path, key]));
}

function placeholdersOf(text: unknown): string[] {
  return Array.from(String(text).matchAll(/\{\w+\}/g), ([placeholder]) => placeholder).toSorted();
}

const ENGLISH = new Map(listTexts(TEXTS.en));

Deno.test("English has texts", () => {
  assert(ENGLISH.size > 100);
  assertEquals(placeholdersOf(ENGLISH.get("common.mail_sent.lead")), ["{app}", "{email}"]);
});

for (const language of LANGUAGES.filter((language) => language !== "en")) {
  const texts = new Map(listTexts(TEXTS[language]));

  Deno.test(`the texts in ${language} have the keys of the English ones, in their order`, () => {
    assertEquals([...texts.keys()], [...ENGLISH.keys()]);
  });

  Deno.test(`the texts in ${language} show the values that the English ones show`, () => {
    for (const [path, text] of texts) {
      assertEquals(placeholdersOf(text), placeholdersOf(ENGLISH.get(path)), path);
    }
  });

  Deno.test(`the texts in ${language} are translated, and none stands in two places by mistake`, () => {
    const seen = new Map<unknown, string>();
    for (const [path, text] of texts) {
      if (text === null || NAMES.includes(path)) continue;
      assert(typeof text === "string" && text.trim() === text && text !== "", path);
      assert(text !== ENGLISH.get(path), `${path} is in English`);
      const twin = seen.get(text);
      assert(
        twin === undefined || looksAlike(ENGLISH.get(path), ENGLISH.get(twin)),
        `${path} and ${twin} are the same text, and are not in English`,
      );
      seen.set(text, path);
    }
  });

  Deno.test(`the texts in ${language} end as the English ones do`, () => {
    for (const [path, text] of texts) {
      const expected = endOf(ENGLISH.get(path));
      // Japanese ends a label with a full stop where English has a colon.
      assert(endOf(text) === expected || (language === "ja" && expected !== "?"), `${path}: ${text}`);
    }
  });
}

function endOf(text: unknown): string | undefined {
  return /[.?:。？：]$/.exec(String(text))?.[0].normalize("NFKC").replace("。", ".");
}

/** Tells whether two English texts may have one translation: they share at least a word of four letters. */
function looksAlike(one: unknown, other: unknown): boolean {
  const words = (text: unknown): string[] => String(text).toLowerCase().match(/\p{L}{4,}/gu) ?? [];
  return words(one).some((word) => words(other).includes(word));
}

Deno.test("fill() puts values into their places, and leaves other braces", () => {
  assertEquals(
    fill("{app}: {count} {unknown} {app}", { app: "{count} & Co", count: 2 }),
    "{count} & Co: 2 {unknown} {count} & Co",
  );
  assertEquals(fill("{toString}", {}), "{toString}");
});
