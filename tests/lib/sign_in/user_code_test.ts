/** User codes: how they are made, and every way in which a customer may type one. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { formatUserCode, newUserCode, readUserCode } from "../../../lib/sign_in/user_code.ts";
import { numRuns } from "../../support/num_runs.ts";

const ALPHABET = "BCDFGHJKLMNPQRSTVWXZ";

Deno.test("newUserCode draws eight letters, and each letter of the alphabet", () => {
  const codes = Array.from({ length: 500 }, newUserCode);
  for (const code of codes) assertMatch(code, /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/);
  assertEquals(new Set(codes.join("")).size, 20);
  assertEquals(new Set(codes).size, 500);
});

Deno.test("readUserCode reads a code in either case, with any blanks and hyphens", () => {
  const separators = fc.array(fc.constantFrom("", " ", "-", "–", "‑", "\u00a0", "  ", ".", "_"), {
    minLength: 9,
    maxLength: 9,
  });
  const letters = fc.array(fc.tuple(fc.constantFrom(...ALPHABET), fc.boolean()), {
    minLength: 8,
    maxLength: 8,
  });
  fc.assert(
    fc.property(letters, separators, (letters, [first = "", ...between]) => {
      const typed = letters.map(([letter, lower], i) => (lower ? letter.toLowerCase() : letter) + between[i]);
      const code = letters.map(([letter]) => letter).join("");
      assertEquals(readUserCode(first + typed.join("")), code);
      assertEquals(readUserCode(formatUserCode(code)), code);
    }),
    { numRuns: numRuns({ quick: 200, full: 2000 }) },
  );
});

Deno.test("readUserCode takes a character that no code has for the letter that it looks like", () => {
  const meant = {
    "0": "Q",
    O: "Q",
    o: "Q",
    "1": "L",
    I: "L",
    i: "L",
    "2": "Z",
    "5": "S",
    "6": "G",
    "7": "T",
  };
  const more = { "8": "B", E: "F", e: "F", U: "V", u: "V", Y: "V", "Ｗ": "W", "С": "C", "Χ": "X", "в": "B" };
  for (const [typed, letter] of Object.entries({ ...meant, ...more })) {
    assertEquals(readUserCode(`WDJB-MJH${typed}`), `WDJBMJH${letter}`, typed);
  }
});

Deno.test("readUserCode never changes a letter that a code can have", () => {
  for (const letter of ALPHABET) assertEquals(readUserCode(letter.repeat(8)), letter.repeat(8));
});

Deno.test("readUserCode returns null for what cannot be a code", () => {
  const wrong = ["", " ", "WDJB-MJH", "WDJB-MJHTT", "WDJB-MJHA", "WDJB-MJH3", "WDJB-MJH😀", "WDJBMJHß"];
  assertEquals(wrong.filter((text) => readUserCode(text) !== null), []);
  assertEquals(readUserCode(`${"-".repeat(100)}WDJBMJHT`), null);
  assert(readUserCode(`${"-".repeat(50)}WDJBMJHT`) !== null);
});
