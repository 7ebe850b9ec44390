/** `/reset/{token}`: links that were used, have ended or never existed, and the way to a new link. */
import { assert, assertEquals } from "@std/assert";
import { EMAIL, recordOf, signedUp } from "../../support/account_requests.ts";
import { TestService } from "../../support/test_service.ts";
import { linkIn, open, submit } from "../../support/mailed_links.ts";
import { NEW, oneClick, same, withPassword } from "../../support/reset_requests.ts";

const HOUR_MS = 3_600_000;

Deno.test("POST /reset/{token} twice: the second is told that the link was used, and changes nothing", async () => {
  await using service = await TestService.open();
  const { link, customer } = await oneClick(service);
  await submit(service, link, same(NEW));
  const after = await recordOf(service, customer.account.id);
  for (
    const again of [same(NEW), same("another good password"), { ...same(NEW), unlink: "on" }, same("short")]
  ) {
    const page = await submit(service, link, again);
    assertEquals([page.status, page.heading], [410, "This link was used"]);
    assert(page.text.includes("If that was you just now, your password is set"));
  }
  assertEquals((await open(service, link)).status, 410);
  assertEquals(await recordOf(service, customer.account.id), after);
});

Deno.test("POST /reset/{token} after the link's end changes nothing, though its page was opened in time", async () => {
  await using service = await TestService.open();
  const { link, customer } = await withPassword(service);
  const before = await recordOf(service, customer.account.id);
  assertEquals((await open(service, link)).status, 200);
  await service.clock.advance(HOUR_MS);
  const page = await submit(service, link, same(NEW));
  assertEquals([page.status, page.heading], [404, "This link does not work any more"]);
  assertEquals(await recordOf(service, customer.account.id), before);
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
  await using service = await TestService.open();
  const { link, customer } = await oneClick(service);
  const other = (at: number) => link.slice(0, at) + (link[at] === "A" ? "B" : "A") + link.slice(at + 1);
  const paths = [...WRONG.map((token) => `/reset/${token}`), other("/reset/".length), other(link.length - 1)];
  const before = await recordOf(service, customer.account.id);
  for (const path of paths) {
    for (const page of [await open(service, path), await submit(service, path, same(NEW))]) {
      assertEquals([page.status, page.heading], [404, "This link does not work any more"], path);
      assert(page.html.includes('name="email"'));
    }
  }
  // A deletion link does not open this page, and a reset link not that of a deletion.
  assertEquals((await open(service, link.replace("/reset/", "/delete-account/"))).status, 404);
  assertEquals((await submit(service, link.replace("/reset/", "/delete-account/"), {})).status, 404);
  assertEquals(await recordOf(service, customer.account.id), before);
});

Deno.test("a dead link's page mails a new one, and says the same for any email", async () => {
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
  assertEquals((await submit(service, linkIn(service), same(NEW))).status, 200);

  const typo = await submit(service, `/reset/${TOKEN}`, { email: "<vera>@example" });
  assertEquals(typo.status, 422);
  assert(typo.html.includes('value="&lt;vera&gt;@example"') && typo.html.includes('aria-invalid="true"'));
});

Deno.test("a dead link's page limits its mails, and says how long to wait", async () => {
  await using service = await TestService.open();
  for (let count = 0; count < 3; count++) await submit(service, `/reset/${TOKEN}`, { email: EMAIL });
  const page = await submit(service, `/reset/${TOKEN}`, { email: EMAIL });
  assertEquals([page.status, page.heading, page.headers.get("retry-after")], [429, "Too many tries", "900"]);
  assert(page.text.includes("Try again in 15 minutes"));
});

Deno.test("without a way to mail, a dead link's page offers none", async () => {
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
