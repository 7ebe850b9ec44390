/** `/reset/{token}`: what the page shows, and what a reset changes (issue 5). */
import { assert, assertEquals } from "@std/assert";
import {
  accountOf,
  bodyOf,
  EMAIL,
  MORK,
  recordOf,
  signedUp,
  signInByPassword,
  ticketOf,
} from "./account_calls.ts";
import { House, type SignedInBody } from "./house.ts";
import { linkIn, open, type Page, resetLink, submit } from "./mailed_links.ts";
import { assertProblem } from "./problems.ts";
import { NEW, oneClick, same, withPassword } from "./reset_calls.ts";

const HOUR_MS = 3_600_000;

/** Signs up with an email, and links the Amazon customer of a code to it. */
async function linked(house: House, code: string, email = MORK): Promise<SignedInBody> {
  await signedUp(house, { email });
  const link_ticket = await ticketOf(house, code);
  return await bodyOf(await signInByPassword(house, { email, link_ticket }), 200);
}

const HEADERS = {
  "cache-control": "no-store",
  "content-type": "text/html; charset=UTF-8",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "x-robots-tag": "noindex",
};

/** Asserts what every page promises. */
async function assertPage({ headers, html }: Page): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) assertEquals(headers.get(name), value, name);
  const [, style = ""] = /<style>([^]*?)<\/style>/.exec(html) ?? [];
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
  assertEquals(
    headers.get("content-security-policy"),
    `default-src 'none'; style-src 'sha256-${
      new Uint8Array(digest).toBase64()
    }'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
  );
  assertEquals(/<(?:script|link|img|iframe|base)\b| (?:src|style|on\w+)=|url\(|@import/i.exec(html), null);
  for (const [, target = ""] of html.matchAll(/ (?:href|action)="([^"]*)"/g)) {
    assert(target === "" || target === "../delete-account" || target.startsWith("#"), target);
  }
}

Deno.test("every page keeps out of caches, frames, search engines and referrers, and asks for nothing else", async () => {
  await using house = await House.open();
  const { link } = await oneClick(house);
  const pages = [
    await open(house, link),
    await submit(house, link, { password: "short", repeat: "short" }),
    await submit(house, link, same(NEW), { headers: { "sec-fetch-site": "cross-site" } }),
    await open(house, link, { method: "DELETE" }),
    await submit(house, link, same(NEW)),
    await open(house, link),
    await open(house, "/reset/nothing"),
    await open(house, "/reset/a/b"),
    await submit(house, "/reset/nothing", { email: MORK }),
    await open(house, "/delete-account"),
    await submit(house, "/delete-account", { email: "" }),
    await submit(house, "/delete-account", { email: MORK }),
    await open(house, "/delete-account/nothing"),
  ];
  assertEquals(pages.map(({ status }) => status), [
    ...[200, 422, 403, 405, 200, 410, 404, 404, 200, 200, 422, 200, 404],
  ]);
  for (const page of pages) await assertPage(page);
});

Deno.test("GET /reset/{token} shows the email, the devices and the Amazon link, and spends nothing", async () => {
  await using house = await House.open();
  const { link, customer } = await oneClick(house);
  const before = await recordOf(house, customer.account.id);
  for (let count = 0; count < 3; count++) {
    const page = await open(house, link, { method: count === 0 ? "HEAD" : "GET" });
    assertEquals(page.status, 200);
    if (count === 0) assertEquals(page.html, "");
    else {
      assertEquals(page.heading, "Choose a password");
      for (const part of [MORK, "Living room", "AFTKM", "22 November 2026", "Linked: one click"]) {
        assert(page.text.includes(part), part);
      }
      assert(page.html.includes('value="mhashimoto-04@plaxo.com" readonly'));
    }
  }
  assertEquals(await recordOf(house, customer.account.id), before);
  assertEquals((await submit(house, link, same(NEW))).status, 200);
});

Deno.test("GET /reset/{token} shows the newest 20 devices, says that there are more, and escapes what they say", async () => {
  await using house = await House.open({
    env: { AMAZON_SIGN_INS_PER_MINUTE: "0", APP_NAME: "<b>Tea & Co</b>" },
  });
  for (let count = 1; count <= 21; count++) {
    await house.signedIn(`mork.${count}`, { device: { name: `<i>Set ${count}</i>`, platform: "&vega" } });
    house.clock.jump(1000);
  }
  const page = await open(house, await resetLink(house, MORK));
  const shown = Array.from(
    page.html.matchAll(/&lt;i&gt;Set (\d+)&lt;\/i&gt;/g),
    ([, count]) => Number(count),
  );
  assertEquals(shown, Array.from({ length: 20 }, (_, i) => 21 - i));
  assert(page.text.includes("And more"));
  assert(page.html.includes("&amp;vega") && page.html.includes("&lt;b&gt;Tea &amp; Co&lt;/b&gt;"));
  assertEquals(/<i>|<b>/.test(page.html), false);
});

Deno.test("a first password keeps the devices signed in and Amazon linked, and proves the email", async () => {
  await using house = await House.open();
  const { link, customer } = await oneClick(house);
  const before = await recordOf(house, customer.account.id);
  const page = await submit(house, link, same(NEW));
  assertEquals([page.status, page.heading], [200, "Your password is set"]);
  assert(page.text.includes("Your devices stay signed in") && page.text.includes("Amazon is still linked"));
  const account = await accountOf(house, customer.session_token) as Record<string, unknown>;
  assertEquals([account.password, account.email_verified, account.amazon_linked], ["set", true, true]);
  const after = await recordOf(house, customer.account.id);
  assertEquals({ ...after, password: null }, { ...before, email_verified: true, password: null });
  assertEquals((await signInByPassword(house, { email: MORK, password: NEW })).status, 200);
  assertEquals((await house.signIn("mork.2")).status, 200);
});

Deno.test("a first password with the box ticked signs out everywhere and unlinks Amazon", async () => {
  await using house = await House.open();
  const { link, customer } = await oneClick(house);
  const page = await submit(house, link, { ...same(NEW), unlink: "on" });
  assert(page.text.includes("All devices are signed out") && page.text.includes("Amazon is not linked"));
  assertEquals(await accountOf(house, customer.session_token), 401);
  const record = await recordOf(house, customer.account.id);
  assertEquals([record.session_epoch, record.amazon_user_id, record.email_verified], [1, null, true]);
  assertEquals([(await house.stored()).session, (await house.stored()).amazon_user], [undefined, undefined]);
  // Its next code finds no account of that customer, and asks for the new password.
  const link_ticket = await ticketOf(house, "mork.2");
  const again = await bodyOf(await signInByPassword(house, { email: MORK, password: NEW, link_ticket }), 200);
  assertEquals([again.account.id, again.account.amazon_linked], [customer.account.id, true]);
});

Deno.test("a later reset signs every device out, ends the old password, and leaves Amazon as it is", async () => {
  await using house = await House.open();
  const { session_token: token } = await linked(house, "mork.1");
  const page = await submit(house, await resetLink(house, MORK), same(NEW));
  assert(page.text.includes("All devices are signed out") && page.text.includes("Amazon is still linked"));
  assertEquals(await accountOf(house, token), 401);
  await assertProblem(await signInByPassword(house, { email: MORK }), "invalid_credentials");
  assertEquals((await signInByPassword(house, { email: MORK, password: NEW })).status, 200);
  assertEquals((await house.signIn("mork.2")).status, 200);
});

Deno.test("a later reset can unlink Amazon: the box is there when it is linked, ticked when that is in doubt", async () => {
  await using house = await House.open();
  const { link } = await withPassword(house);
  assertEquals((await open(house, link)).html.includes("checkbox"), false);

  await linked(house, "mork.1");
  const doubtful = await open(house, await resetLink(house, MORK));
  assert(/type="checkbox"[^>]* checked/.test(doubtful.html));
  assert(doubtful.text.includes("before anybody had shown that this email is theirs"));
  await submit(house, linkIn(house), { ...same(NEW), unlink: "on" });
  const link_ticket = await ticketOf(house, "mork.2");
  await bodyOf(await signInByPassword(house, { email: MORK, password: NEW, link_ticket }), 200);

  // Now that the email is proved, who links it has shown the password of its owner.
  const proved = await open(house, await resetLink(house, MORK));
  assert(/type="checkbox"/.test(proved.html) && !/type="checkbox"[^>]* checked/.test(proved.html));
});

Deno.test("a first password needs no mail that asks for one", async () => {
  await using house = await House.open();
  const { link } = await oneClick(house);
  assertEquals((await house.stored()).task, 1);
  await submit(house, link, same(NEW));
  assertEquals((await house.stored()).task, undefined);
  await house.clock.advance(48 * HOUR_MS);
  await house.runDueTasks();
  assertEquals(house.mails.length, 1);
});

Deno.test("a customer whom wrong passwords have locked out gets in at once after a reset", async () => {
  await using house = await House.open();
  await signedUp(house);
  for (let count = 0; count < 10; count++) {
    await signInByPassword(house, { password: "guessed wrong" }, { address: "198.51.100.7" });
  }
  await assertProblem(await signInByPassword(house), "rate_limited");
  await submit(house, await resetLink(house, EMAIL), same(NEW));
  assertEquals((await signInByPassword(house, { password: NEW })).status, 200);
  // And mails for this email are not counted any more either.
  for (let count = 0; count < 3; count++) await resetLink(house, EMAIL);
});

Deno.test("methods that these pages do not have, and paths below them, are pages too", async () => {
  await using house = await House.open();
  const { link } = await oneClick(house);
  for (const path of [link, "/delete-account", link.replace("/reset/", "/delete-account/")]) {
    const { status, headers, html } = await open(house, path, { method: "PUT" });
    assertEquals([status, headers.get("allow"), html.slice(0, 9)], [405, "GET, HEAD, POST", "<!DOCTYPE"]);
  }
  for (const path of ["/reset", "/reset/", `${link}/`, "/delete-account/", "/delete-account/a/b"]) {
    const { status, html } = await open(house, path);
    assertEquals([status, html.slice(0, 9)], [404, "<!DOCTYPE"], path);
  }
  assertEquals((await house.request("/resets")).headers.get("content-type"), "application/problem+json");
});

Deno.test("the log has the pattern of these pages and never a token", async () => {
  await using house = await House.open();
  const { link } = await oneClick(house);
  await open(house, link);
  await open(house, link, { method: "PUT" });
  await open(house, `${link}/more`);
  await submit(house, link, { password: "short" });
  await submit(house, link, same(NEW));
  await open(house, link);
  const routes = house.log.filter(({ message }) => message === "request").slice(2).map(({ route }) => route);
  assertEquals(routes, [
    ...Array(2).fill("/reset/:token"),
    "/*",
    ...Array(3).fill("/reset/:token"),
  ]);
  const token = link.slice("/reset/".length);
  assertEquals(JSON.stringify(house.log).includes(token.slice(0, 20)), false);
  assertEquals(JSON.stringify(house.log).includes(token.slice(-20)), false);
});

Deno.test("an unexpected exception on these pages is a page that does not say its message", async () => {
  await using house = await House.open();
  const { link } = await oneClick(house);
  house.services.hasher.hash = () => Promise.reject(new RangeError("canary"));
  const page = await submit(house, link, same(NEW));
  assertEquals([page.status, page.heading], [500, "Something went wrong here"]);
  assertEquals(JSON.stringify([page.html, house.log]).includes("canary"), false);
  assertEquals(house.log.at(-1)?.problem, "internal");
});
