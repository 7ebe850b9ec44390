/** The form of `POST /reset/{token}`: what it accepts and what it refuses. A refusal leaves the link valid. */
import { assert, assertEquals } from "@std/assert";
import { MORK, recordOf, signInByPassword } from "../../support/account_requests.ts";
import { TestService } from "../../support/test_service.ts";
import { pageOf, submit } from "../../support/mailed_links.ts";
import { fieldsOf, NEW, oneClickCustomer } from "../../support/reset_requests.ts";

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
  ["a short one", fieldsOf("seven"), "password", "The password must have at least 8 characters"],
  ["a long one", fieldsOf("é".repeat(257)), "password", "The password must have at most 256 characters"],
  ["a common one", fieldsOf("password1"), "password", "passwords that many people have"],
  ["a row", fieldsOf("23456789"), "password", "a row of neighbours"],
  ["the email", fieldsOf("mhashimoto-04"), "password", "must not be made of the email"],
  ["the app", fieldsOf("oneclick-1"), "password", "must not be made of the email or the name of the app"],
  ["a control character", fieldsOf("seven\tquiet herons"), "password", "must not have control characters"],
];

Deno.test("POST /reset/{token} accepts a form without `repeat`, which only catches typing errors", async () => {
  await using service = await TestService.open();
  const { link } = await oneClickCustomer(service);
  assertEquals((await submit(service, link, { password: NEW })).status, 200);
});

for (const [what, fields, field, message] of REFUSED) {
  Deno.test(`POST /reset/{token} answers 422 to ${what}, with the fault at its field, and keeps the link and the ticked box`, async () => {
    await using service = await TestService.open();
    const { link, customer } = await oneClickCustomer(service);
    const before = await recordOf(service, customer.account.id);
    const page = await submit(service, link, { ...fields, unlink: "on" });
    assertEquals([page.status, page.heading], [422, "Choose a password"]);
    assert(page.html.includes("<title>Not yet: "));
    const [, summary = ""] = /role="alert"(.*?)<\/div>/.exec(page.html) ?? [];
    assert(summary.includes(`<a href="#${field}">`) && summary.includes(message), summary);
    const [, input = ""] = new RegExp(`<input class="text" id="${field}"([^>]*)>`).exec(page.html) ?? [];
    assert(input.includes('aria-invalid="true"') && input.includes(`${field}-fault"`), input);
    assert(new RegExp(`id="${field}-fault">[^<]*${message}`).test(page.html));
    assert(/type="checkbox"[^>]* checked/.test(page.html));
    for (const value of Object.values(fields)) assertEquals(page.html.includes(`value="${value}"`), false);
    assertEquals(await recordOf(service, customer.account.id), before);
    assertEquals((await submit(service, link, fieldsOf(NEW))).status, 200);
  });
}

Deno.test("POST /reset/{token} accepts two Unicode compositions of one password, and both sign in", async () => {
  await using service = await TestService.open();
  const { link } = await oneClickCustomer(service);
  const page = await submit(service, link, {
    password: "kä se brö tchen",
    repeat: "ka\u0308 se bro\u0308 tchen",
  });
  assertEquals(page.status, 200);
  for (const password of ["kä se brö tchen", "ka\u0308 se bro\u0308 tchen"]) {
    assertEquals((await signInByPassword(service, { email: MORK, password })).status, 200);
  }
});

const FORM = { "content-type": "application/x-www-form-urlencoded" };

const MALFORMED: [string, BodyInit | null, Record<string, string>, number][] = [
  ["JSON", JSON.stringify(fieldsOf(NEW)), { "content-type": "application/json" }, 415],
  ["no content type", new TextEncoder().encode(`password=${NEW}`), {}, 415],
  ["another form", "password=x", { "content-type": "multipart/form-data; boundary=x" }, 415],
  ["a field twice", `password=${NEW}&repeat=${NEW}&password=other`, FORM, 400],
  ["17 KiB", `password=${"x".repeat(17 * 1024)}`, FORM, 413],
  ["17 KiB, streamed", new Blob(["x".repeat(17 * 1024)]).stream(), FORM, 413],
  [
    "another site's form",
    new URLSearchParams(fieldsOf(NEW)),
    { ...FORM, "sec-fetch-site": "cross-site" },
    403,
  ],
  [
    "a neighbouring site's form",
    new URLSearchParams(fieldsOf(NEW)),
    { ...FORM, "sec-fetch-site": "same-site" },
    403,
  ],
];

for (const [what, body, headers, status] of MALFORMED) {
  Deno.test(`POST /reset/{token} answers ${status} with a page to ${what}, and the link still works`, async () => {
    await using service = await TestService.open();
    const { link, customer } = await oneClickCustomer(service);
    const before = await recordOf(service, customer.account.id);
    const page = await pageOf(await service.request(link, { method: "POST", body, headers }));
    assertEquals([page.status, page.html.startsWith("<!DOCTYPE html>")], [status, true]);
    assertEquals(await recordOf(service, customer.account.id), before);
    assertEquals((await submit(service, link, fieldsOf(NEW))).status, 200);
  });
}

Deno.test("a form is accepted from browsers with and without Sec-Fetch-Site", async () => {
  for (
    const headers of [{ origin: "null", "sec-fetch-site": "same-origin" }, { "sec-fetch-site": "none" }, {}]
  ) {
    await using service = await TestService.open();
    const { link } = await oneClickCustomer(service);
    const init = { method: "POST", body: new URLSearchParams(fieldsOf(NEW)), headers: { ...headers } };
    assertEquals((await pageOf(await service.request(link, init as RequestInit))).status, 200);
  }
});

Deno.test("POST /reset/{token} answers 503 when too many passwords wait to be hashed, and the link still works", async () => {
  await using service = await TestService.open();
  const { link } = await oneClickCustomer(service);
  const { queue } = service.services.hasher;
  const { promise, resolve } = Promise.withResolvers<void>();
  const busy = Array.from({ length: 34 }, () => queue.run(() => promise));
  const page = await submit(service, link, fieldsOf(NEW));
  assertEquals(page.status, 503);
  assert(/^[2-5]$/.test(page.headers.get("retry-after") ?? "") && page.html.includes('<a href="">'));
  resolve();
  await Promise.all(busy);
  assertEquals((await submit(service, link, fieldsOf(NEW))).status, 200);
});
