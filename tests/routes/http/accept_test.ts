/** Who gets a page, and who gets JSON. */
import { assertEquals } from "@std/assert";
import { prefersPage } from "../../../routes/http/accept.ts";

/** What browsers and other clients send. */
const ACCEPTS: Readonly<Record<string, readonly [accept: string | undefined, page: boolean]>> = {
  Chromium: [
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    true,
  ],
  Firefox: ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true],
  "an old browser": ["application/xhtml+xml, text/html;q=0.9, */*;q=0.1", true],
  "HTML alone": ["TEXT/HTML; charset=utf-8", true],
  "HTML rather than JSON": ["application/json;q=0.5, text/html;q=0.9", true],
  "nothing": [undefined, false],
  "an empty header": ["", false],
  "curl and fetch": ["*/*", false],
  "axios": ["application/json, text/plain, */*", false],
  "JSON rather than HTML": ["text/html;q=0.5, application/json", false],
  "problems": ["application/problem+json, text/html", false],
  "everything rather than HTML": ["text/html;q=0.1, */*;q=0.8", false],
  "no HTML": ["text/html;q=0, application/json;q=0", false],
  "pictures": ["image/avif,image/webp", false],
  "no header of this kind": [";;;q=,,/", false],
};

for (const [who, [accept, page]] of Object.entries(ACCEPTS)) {
  Deno.test(`prefersPage: ${who}: ${page ? "a page" : "JSON"}`, () =>
    assertEquals(prefersPage(accept), page));
}

Deno.test("prefersPage reads no header without bound", () => {
  assertEquals(prefersPage(`${"a/b, ".repeat(200)}text/html`), false);
});
