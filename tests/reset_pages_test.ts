/** `/reset/{token}`: what the page shows, what its form takes, and what a reset changes (issue 5). */
import { assert, assertEquals } from "@std/assert";
import { accountOf, bodyOf, EMAIL, recordOf, signedUp, signInByPassword, ticketOf } from "./account_calls.ts";
import { House, type SignedInBody } from "./house.ts";
import { linkIn, open, type Page, pageOf, resetLink, submit } from "./mailed_links.ts";
import { assertProblem } from "./problems.ts";

const MORK = "mhashimoto-04@plaxo.com";
const NEW = "seven quiet herons";
const CHOICE = { password: NEW, repeat: NEW };
const HOUR_MS = 3_600_000;

/** A one-click customer with a link to choose their first password. */
async function oneClick(house: House): Promise<{ link: string; customer: SignedInBody }> {
  const customer = await house.signedIn("mork.1", { device: { name: "Living room", model: "AFTKM" } });
  return { link: await resetLink(house, MORK), customer };
}

/** A customer with a password and a link for another one. */
async function withPassword(house: House): Promise<{ link: string; customer: SignedInBody }> {
  const customer = await signedUp(house, { device: { name: "Kitchen" } });
  return { link: await resetLink(house, EMAIL), customer };
}

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
    await submit(house, link, CHOICE, { headers: { "sec-fetch-site": "cross-site" } }),
    await open(house, link, { method: "DELETE" }),
    await submit(house, link, CHOICE),
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
  assertEquals((await submit(house, link, CHOICE)).status, 200);
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
  const page = await submit(house, link, CHOICE);
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
  const page = await submit(house, link, { ...CHOICE, unlink: "on" });
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
  const page = await submit(house, await resetLink(house, MORK), CHOICE);
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
  await submit(house, linkIn(house), { ...CHOICE, unlink: "on" });
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
  await submit(house, link, CHOICE);
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
  await submit(house, await resetLink(house, EMAIL), CHOICE);
  assertEquals((await signInByPassword(house, { password: NEW })).status, 200);
  // And mails for this email are not counted any more either.
  for (let count = 0; count < 3; count++) await resetLink(house, EMAIL);
});

const REFUSED: [string, Record<string, string>, string, string][] = [
  ["nothing", {}, "password", "Type the password that you choose"],
  ["no password", { repeat: NEW }, "password", "Type the password that you choose"],
  [
    "an empty repeat",
    { password: NEW, repeat: "" },
    "repeat",
    "The two passwords differ: type the same one again",
  ],
  ["another repeat", { password: NEW, repeat: `${NEW} ` }, "repeat", "The two passwords differ"],
  ["a short one", same("seven"), "password", "The password must have at least 8 characters"],
  ["a long one", same("é".repeat(257)), "password", "The password must have at most 256 characters"],
  ["a common one", same("password1"), "password", "passwords that many people have"],
  ["a row", same("23456789"), "password", "a row of neighbours"],
  ["the email", same("mhashimoto-04"), "password", "must not be made of the email"],
  ["the app", same("oneclick-1"), "password", "must not be made of the email or the name of the app"],
  ["a control character", same("seven\tquiet herons"), "password", "must not have control characters"],
];

function same(password: string): Record<string, string> {
  return { password, repeat: password };
}

Deno.test("POST /reset/{token} takes a form without the field to repeat: it is against slips of the keyboard alone", async () => {
  await using house = await House.open();
  const { link } = await oneClick(house);
  assertEquals((await submit(house, link, { password: NEW })).status, 200);
});

for (const [what, fields, field, message] of REFUSED) {
  Deno.test(`POST /reset/{token} answers 422 to ${what}, at its field, and keeps the link and the choice`, async () => {
    await using house = await House.open();
    const { link, customer } = await oneClick(house);
    const before = await recordOf(house, customer.account.id);
    const page = await submit(house, link, { ...fields, unlink: "on" });
    assertEquals([page.status, page.heading], [422, "Choose a password"]);
    assert(page.html.includes("<title>Not yet: "));
    const [, summary = ""] = /role="alert"(.*?)<\/div>/.exec(page.html) ?? [];
    assert(summary.includes(`<a href="#${field}">`) && summary.includes(message), summary);
    const [, input = ""] = new RegExp(`<input class="text" id="${field}"([^>]*)>`).exec(page.html) ?? [];
    assert(input.includes('aria-invalid="true"') && input.includes(`${field}-fault"`), input);
    assert(new RegExp(`id="${field}-fault">[^<]*${message}`).test(page.html));
    assert(/type="checkbox"[^>]* checked/.test(page.html));
    for (const value of Object.values(fields)) assertEquals(page.html.includes(`value="${value}"`), false);
    assertEquals(await recordOf(house, customer.account.id), before);
    assertEquals((await submit(house, link, CHOICE)).status, 200);
  });
}

Deno.test("POST /reset/{token} takes two spellings of one password, and any of them signs in", async () => {
  await using house = await House.open();
  const { link } = await oneClick(house);
  const page = await submit(house, link, {
    password: "kä se brö tchen",
    repeat: "ka\u0308 se bro\u0308 tchen",
  });
  assertEquals(page.status, 200);
  for (const password of ["kä se brö tchen", "ka\u0308 se bro\u0308 tchen"]) {
    assertEquals((await signInByPassword(house, { email: MORK, password })).status, 200);
  }
});

Deno.test("POST /reset/{token} twice: the second is told that the link was used, and changes nothing", async () => {
  await using house = await House.open();
  const { link, customer } = await oneClick(house);
  await submit(house, link, CHOICE);
  const after = await recordOf(house, customer.account.id);
  for (const again of [CHOICE, same("another good password"), { ...CHOICE, unlink: "on" }, same("short")]) {
    const page = await submit(house, link, again);
    assertEquals([page.status, page.heading], [410, "This link was used"]);
    assert(page.text.includes("If that was you just now, your password is set"));
  }
  assertEquals((await open(house, link)).status, 410);
  assertEquals(await recordOf(house, customer.account.id), after);
});

Deno.test("POST /reset/{token} after the link's end changes nothing, though its page was opened in time", async () => {
  await using house = await House.open();
  const { link, customer } = await withPassword(house);
  const before = await recordOf(house, customer.account.id);
  assertEquals((await open(house, link)).status, 200);
  await house.clock.advance(HOUR_MS);
  const page = await submit(house, link, CHOICE);
  assertEquals([page.status, page.heading], [404, "This link does not work any more"]);
  assertEquals(await recordOf(house, customer.account.id), before);
});

const TOKEN = "A".repeat(64);
const WRONG = [
  "A",
  TOKEN.slice(1),
  `${TOKEN}A`,
  TOKEN,
  `${TOKEN.slice(1)}+`,
  "%00",
  "%F0%9F%9A%80",
  "..%2F..%2Fv1",
];

Deno.test("/reset/{token} is a page that offers a mail for links of any other length, alphabet or secret", async () => {
  await using house = await House.open();
  const { link, customer } = await oneClick(house);
  const other = (at: number) => link.slice(0, at) + (link[at] === "A" ? "B" : "A") + link.slice(at + 1);
  const paths = [...WRONG.map((token) => `/reset/${token}`), other("/reset/".length), other(link.length - 1)];
  const before = await recordOf(house, customer.account.id);
  for (const path of paths) {
    for (const page of [await open(house, path), await submit(house, path, CHOICE)]) {
      assertEquals([page.status, page.heading], [404, "This link does not work any more"], path);
      assert(page.html.includes('name="email"'));
    }
  }
  // A deletion's link is none of these, nor the other way round.
  assertEquals((await open(house, link.replace("/reset/", "/delete-account/"))).status, 404);
  assertEquals((await submit(house, link.replace("/reset/", "/delete-account/"), {})).status, 404);
  assertEquals(await recordOf(house, customer.account.id), before);
});

Deno.test("a dead link's page mails a new one, and says the same for any email", async () => {
  await using house = await House.open();
  await signedUp(house);
  const pages: string[] = [];
  for (const email of [EMAIL, "nobody@example.com"]) {
    const page = await submit(house, `/reset/${TOKEN}`, { email });
    assertEquals([page.status, page.heading], [200, "Look into your mailbox"]);
    pages.push(page.text.replaceAll(email, "…"));
  }
  assertEquals(pages[0], pages[1]);
  await house.runDueTasks();
  assertEquals(house.mails.map(({ to }) => to[0]), [EMAIL]);
  assertEquals((await submit(house, linkIn(house), CHOICE)).status, 200);

  const typo = await submit(house, `/reset/${TOKEN}`, { email: "<vera>@example" });
  assertEquals(typo.status, 422);
  assert(typo.html.includes('value="&lt;vera&gt;@example"') && typo.html.includes('aria-invalid="true"'));
});

Deno.test("a dead link's page limits its mails, and says how long to wait", async () => {
  await using house = await House.open();
  for (let count = 0; count < 3; count++) await submit(house, `/reset/${TOKEN}`, { email: EMAIL });
  const page = await submit(house, `/reset/${TOKEN}`, { email: EMAIL });
  assertEquals([page.status, page.heading, page.headers.get("retry-after")], [429, "Too many tries", "900"]);
  assert(page.text.includes("Try again in 15 minutes"));
});

Deno.test("without a way to mail, a dead link's page offers none", async () => {
  await using house = await House.open({ env: { MAIL_URL: "", MAIL_FROM: "" } });
  for (
    const page of [
      await open(house, `/reset/${TOKEN}`),
      await submit(house, `/reset/${TOKEN}`, { email: EMAIL }),
    ]
  ) {
    assertEquals([page.status, page.html.includes("<form")], [404, false]);
    assert(page.text.includes("cannot be mailed"));
  }
  assertEquals(await house.stored(), {});
});

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const MALFORMED: [string, BodyInit | null, Record<string, string>, number][] = [
  ["JSON", JSON.stringify(CHOICE), { "content-type": "application/json" }, 415],
  ["no content type", new TextEncoder().encode(`password=${NEW}`), {}, 415],
  ["another form", "password=x", { "content-type": "multipart/form-data; boundary=x" }, 415],
  ["a field twice", `password=${NEW}&repeat=${NEW}&password=other`, FORM, 400],
  ["17 KiB", `password=${"x".repeat(17 * 1024)}`, FORM, 413],
  ["17 KiB, streamed", new Blob(["x".repeat(17 * 1024)]).stream(), FORM, 413],
  ["another site's form", new URLSearchParams(CHOICE), { ...FORM, "sec-fetch-site": "cross-site" }, 403],
  ["a neighbour's form", new URLSearchParams(CHOICE), { ...FORM, "sec-fetch-site": "same-site" }, 403],
];

for (const [what, body, headers, status] of MALFORMED) {
  Deno.test(`POST /reset/{token} answers ${status} with a page to ${what}, and the link is still good`, async () => {
    await using house = await House.open();
    const { link, customer } = await oneClick(house);
    const before = await recordOf(house, customer.account.id);
    const page = await pageOf(await house.request(link, { method: "POST", body, headers }));
    assertEquals([page.status, page.html.startsWith("<!DOCTYPE html>")], [status, true]);
    assertEquals(await recordOf(house, customer.account.id), before);
    assertEquals((await submit(house, link, CHOICE)).status, 200);
  });
}

Deno.test("a form is taken from browsers that say where it comes from, and from those that do not", async () => {
  for (
    const headers of [{ origin: "null", "sec-fetch-site": "same-origin" }, { "sec-fetch-site": "none" }, {}]
  ) {
    await using house = await House.open();
    const { link } = await oneClick(house);
    const init = { method: "POST", body: new URLSearchParams(CHOICE), headers: { ...headers } };
    assertEquals((await pageOf(await house.request(link, init as RequestInit))).status, 200);
  }
});

Deno.test("POST /reset/{token} answers 429 when too many wait to hash, and the link is still good", async () => {
  await using house = await House.open();
  const { link } = await oneClick(house);
  const { queue } = house.services.hasher;
  const { promise, resolve } = Promise.withResolvers<void>();
  const busy = Array.from({ length: 34 }, () => queue.run(() => promise));
  const page = await submit(house, link, CHOICE);
  assertEquals([page.status, page.headers.get("retry-after")], [429, "2"]);
  assert(page.text.includes("Try again in a moment") && page.html.includes('<a href="">'));
  resolve();
  await Promise.all(busy);
  assertEquals((await submit(house, link, CHOICE)).status, 200);
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
  await submit(house, link, CHOICE);
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
  const page = await submit(house, link, CHOICE);
  assertEquals([page.status, page.heading], [500, "Something went wrong here"]);
  assertEquals(JSON.stringify([page.html, house.log]).includes("canary"), false);
  assertEquals(house.log.at(-1)?.problem, "internal");
});
