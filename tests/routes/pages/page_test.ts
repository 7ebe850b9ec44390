/** What holds for every page for customers: headers, and nothing to load. */
import { assert, assertEquals } from "@std/assert";
import { MORK } from "../../support/account_requests.ts";
import { open, type Page, submit } from "../../support/mailed_links.ts";
import { fieldsOf, NEW, oneClickCustomer } from "../../support/reset_requests.ts";
import { TestService } from "../../support/test_service.ts";

const HEADERS = {
  "cache-control": "no-store",
  "content-type": "text/html; charset=UTF-8",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "x-robots-tag": "noindex",
};

/** The pages to which the start page and the page of a missing path link. */
const SITE = ["/", "/delete-account", "/docs", "/openapi.json"];

/** Asserts the headers of every page, and that it loads nothing. */
async function assertPage({ headers, html }: Page): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) assertEquals(headers.get(name), value, name);
  const [, style = ""] = /<style>([^]*?)<\/style>/.exec(html) ?? [];
  // Only a page on which a password is typed has a script.
  const [, script] = /<script>([^]*?)<\/script>/.exec(html) ?? [];
  assertEquals(script !== undefined, html.includes('type="password"'));
  assertEquals(
    headers.get("content-security-policy"),
    `default-src 'none'; ${
      script === undefined ? "" : `script-src ${await hashOf(script)}; `
    }style-src ${await hashOf(
      style,
    )}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
  );
  assert(!/fetch|import|eval|cookie|localStorage|innerHTML/.test(script ?? ""));
  const rest = html.replace(script ?? "", "").replace("<script>", "");
  assertEquals(/<(?:script|link|img|iframe|base)\b| (?:src|style|on\w+)=|url\(|@import/i.exec(rest), null);
  for (const [, target = ""] of html.matchAll(/ (?:href|action)="([^"]*)"/g)) {
    assert(["", "../delete-account", ...SITE].includes(target) || target.startsWith("#"), target);
  }
}

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${new Uint8Array(digest).toBase64()}'`;
}

Deno.test("each page keeps out of caches, frames, search engines and referrers, and loads nothing else", async () => {
  await using service = await TestService.open();
  const { link } = await oneClickCustomer(service);
  const pages = [
    await open(service, link),
    await submit(service, link, { password: "short", repeat: "short" }),
    await submit(service, link, fieldsOf(NEW), { headers: { "sec-fetch-site": "cross-site" } }),
    await open(service, link, { method: "DELETE" }),
    await submit(service, link, fieldsOf(NEW)),
    await open(service, link),
    await open(service, "/reset/nothing"),
    await open(service, "/reset/a/b"),
    await submit(service, "/reset/nothing", { email: MORK }),
    await open(service, "/delete-account"),
    await submit(service, "/delete-account", { email: "" }),
    await submit(service, "/delete-account", { email: MORK }),
    await open(service, "/delete-account/nothing"),
    await open(service, "/", { headers: { accept: "text/html" } }),
    await open(service, "/nothing", { headers: { accept: "text/html" } }),
  ];
  assertEquals(pages.map(({ status }) => status), [
    ...[200, 422, 403, 405, 200, 410, 404, 404, 200, 200, 422, 200, 404, 200, 404],
  ]);
  for (const page of pages) await assertPage(page);
});
