/** The page of `/reset/{token}` for a link that is not valid, and its form for a new link. */
import { assert, assertEquals } from "@std/assert";
import { EMAIL, recordOf, signedUp } from "../../support/account_requests.ts";
import { TestService } from "../../support/test_service.ts";
import { linkIn, open, submit } from "../../support/mailed_links.ts";
import { fieldsOf, NEW, oneClickCustomer } from "../../support/reset_requests.ts";

/** A token of the right length and alphabet that no mail has. */
const TOKEN = "A".repeat(64);

const INVALID = [
  "A",
  TOKEN.slice(1),
  `${TOKEN}A`,
  TOKEN,
  `${TOKEN.slice(1)}+`,
  "%00",
  "%F0%9F%9A%80",
  "..%2F..%2Fv1",
];

Deno.test("/reset/{token} answers 404 with a form for a new link, to a token of another length, alphabet or secret", async () => {
  await using service = await TestService.open();
  const { link, customer } = await oneClickCustomer(service);
  const other = (at: number) => link.slice(0, at) + (link[at] === "A" ? "B" : "A") + link.slice(at + 1);
  const paths = [
    ...INVALID.map((token) => `/reset/${token}`),
    other("/reset/".length),
    other(link.length - 1),
  ];
  const before = await recordOf(service, customer.account.id);
  for (const path of paths) {
    for (const page of [await open(service, path), await submit(service, path, fieldsOf(NEW))]) {
      assertEquals([page.status, page.heading], [404, "This link does not work any more"], path);
      assert(page.html.includes('name="email"'));
    }
  }
  // A deletion link does not open this page, and a reset link not that of a deletion.
  assertEquals((await open(service, link.replace("/reset/", "/delete-account/"))).status, 404);
  assertEquals((await submit(service, link.replace("/reset/", "/delete-account/"), {})).status, 404);
  assertEquals(await recordOf(service, customer.account.id), before);
});

Deno.test("the page of an invalid link mails a new one, and answers the same for any email", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const pages: string[] = [];
  for (const email of [EMAIL, "nobody@example.com"]) {
    const page = await submit(service, `/reset/${TOKEN}`, { email });
    assertEquals([page.status, page.heading], [200, "Look into your mailbox"]);
    pages.push(page.text.replaceAll(email, "…"));
  }
  assertEquals(pages[0], pages[1]);
  await service.runDueTasks();
  assertEquals(service.mails.map(({ to }) => to[0]), [EMAIL]);
  assertEquals((await submit(service, linkIn(service), fieldsOf(NEW))).status, 200);

  const typo = await submit(service, `/reset/${TOKEN}`, { email: "<vera>@example" });
  assertEquals(typo.status, 422);
  assert(typo.html.includes('value="&lt;vera&gt;@example"') && typo.html.includes('aria-invalid="true"'));
});

Deno.test("the page of an invalid link limits its mails, and says how long to wait", async () => {
  await using service = await TestService.open();
  for (let count = 0; count < 3; count++) await submit(service, `/reset/${TOKEN}`, { email: EMAIL });
  const page = await submit(service, `/reset/${TOKEN}`, { email: EMAIL });
  assertEquals([page.status, page.heading, page.headers.get("retry-after")], [429, "Too many tries", "900"]);
  assert(page.text.includes("Try again in 15 minutes"));
});

Deno.test("the page of an invalid link has no form when the service cannot send mails", async () => {
  await using service = await TestService.open({ env: { MAIL_URL: "", MAIL_FROM: "" } });
  for (
    const page of [
      await open(service, `/reset/${TOKEN}`),
      await submit(service, `/reset/${TOKEN}`, { email: EMAIL }),
    ]
  ) {
    assertEquals([page.status, page.html.includes("<form")], [404, false]);
    assert(page.text.includes("cannot be mailed"));
  }
  assertEquals(await service.stored(), {});
});
