/** `/delete-account`: the page that the Appstore requires, the mailed link, and the confirmation. */
import { assert, assertEquals } from "@std/assert";
import { accountOf, EMAIL, signedUp, signInByPassword } from "../../support/account_requests.ts";
import { TestService } from "../../support/test_service.ts";
import { deletionLink, linkIn, open, pageOf, submit } from "../../support/mailed_links.ts";

const NO_MAIL = { MAIL_URL: "", MAIL_FROM: "" };
const HOUR_MS = 3_600_000;
const DEAD = "This link does not work any more";

Deno.test("GET /delete-account names the app, says what is deleted and what is not, and asks for the email", async () => {
  await using service = await TestService.open({ env: { APP_NAME: "Tea & Telly" } });
  const page = await open(service, "/delete-account");
  assertEquals([page.status, page.heading], [200, "Delete your Tea &amp; Telly account"]);
  const parts = ["mail you a link", "email, name, postal code and password", "All devices are signed out"];
  for (const part of [...parts, "Not a subscription in the Amazon Appstore"]) {
    assert(page.text.includes(part), part);
  }
  assert(page.html.includes('<form class="card" method="post" novalidate'));
  assertEquals((await open(service, "/delete-account", { method: "HEAD" })).status, 200);
});

Deno.test("POST /delete-account mails a link to the account's address, and shows the same page for any email", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const pages: string[] = [];
  for (const email of [EMAIL, "nobody@example.com"]) {
    const page = await submit(service, "/delete-account", { email });
    assertEquals([page.status, page.heading], [200, "Look into your mailbox"]);
    pages.push(page.text.replaceAll(email, "…"));
  }
  assertEquals(pages[0], pages[1]);
  await service.runDueTasks();
  assertEquals(service.mails.map(({ to }) => to[0]), [EMAIL]);
  assert(/^\/delete-account\/[A-Za-z0-9_-]{64}$/.test(linkIn(service)));
});

Deno.test("POST /delete-account answers 422 to a text that is not an email, with the fault at its field", async () => {
  await using service = await TestService.open();
  for (
    const email of [
      undefined,
      "",
      "vera",
      `${EMAIL}\r\nBcc: mallory@example.com`,
      `${"v".repeat(320)}@a.example`,
    ]
  ) {
    const page = await submit(service, "/delete-account", email === undefined ? {} : { email });
    assertEquals([page.status, page.heading], [422, "Delete your Oneclick account"]);
    assert(/id="email"[^>]*aria-invalid="true"/.test(page.html) && page.html.includes('<a href="#email">'));
  }
  assertEquals(await service.stored(), {});
});

Deno.test("POST /delete-account limits its mails, and these do not count as mails for a password", async () => {
  await using service = await TestService.open();
  for (let count = 0; count < 3; count++) {
    assertEquals((await submit(service, "/delete-account", { email: EMAIL })).status, 200);
  }
  const page = await submit(service, "/delete-account", { email: EMAIL });
  assertEquals([page.status, page.headers.get("retry-after")], [429, "900"]);
  assertEquals((await service.send("POST", "/v1/password-resets", { email: EMAIL })).status, 202);
});

Deno.test("without MAIL_URL, /delete-account sends customers to the app and has no form", async () => {
  await using service = await TestService.open({ env: NO_MAIL });
  for (
    const page of [
      await open(service, "/delete-account"),
      await submit(service, "/delete-account", { email: EMAIL }),
    ]
  ) {
    assertEquals([page.status, page.html.includes("<form")], [200, false]);
    assert(page.text.includes("on a device that is signed in, and delete the account there"));
  }
  assertEquals(await service.stored(), {});
});

Deno.test("GET /delete-account/{token} shows the email and what is deleted, and deletes nothing", async () => {
  await using service = await TestService.open();
  const { session_token: token, account } = await service.signedIn("mork.1");
  const link = await deletionLink(service, account.email);
  for (const method of ["HEAD", "GET", "GET"]) {
    const page = await open(service, link, { method });
    assertEquals(page.status, 200);
    if (method === "HEAD") continue;
    assertEquals(page.heading, "Delete this account?");
    for (
      const part of [account.email, "The link to your Amazon account", "subscription in the Amazon Appstore"]
    ) {
      assert(page.text.includes(part), part);
    }
  }
  assertEquals(typeof await accountOf(service, token), "object");

  await signedUp(service);
  const unlinked = await open(service, await deletionLink(service, EMAIL));
  assertEquals(unlinked.text.includes("The link to your Amazon account"), false);
});

Deno.test("POST /delete-account/{token} deletes the account, signs its devices out and sends a last mail", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  const link = await deletionLink(service, EMAIL);
  const page = await submit(service, link, { confirm: "yes" });
  assertEquals([page.status, page.heading], [200, "Your account is deleted"]);
  assert(page.text.includes("not ended by this"));
  assertEquals(await accountOf(service, token), 401);
  assertEquals((await signInByPassword(service)).status, 401);
  await service.services.background.idle();
  assertEquals(service.mails.at(-1)?.subject, "Your Oneclick account is deleted");

  const same = await submit(service, link, { confirm: "yes" });
  assertEquals([same.status, same.text], [200, page.text]);
  await service.clock.advance(10 * 60_000);
  const again = await submit(service, link, { confirm: "yes" });
  assertEquals([again.status, again.heading], [404, DEAD]);
  assert(again.text.includes("If you have just confirmed with it, your account is deleted"));
});

Deno.test("POST /delete-account/{token} deletes nothing without the ticked box, as a scanner sends it, and says so", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  const link = await deletionLink(service, EMAIL);
  const shown = await open(service, link);
  assert(/<input id="confirm" name="confirm" type="checkbox" value="yes" required=""\/>/.test(shown.html));
  for (const fields of [{}, { confirm: "" }, { confirmed: "yes" }]) {
    const page = await submit(service, link, { ...fields });
    assertEquals([page.status, page.heading], [422, "Delete this account?"]);
    assert(page.html.includes('<a href="#confirm">Tick the box'), page.html);
    assert(/id="confirm"[^>]*aria-invalid="true" aria-describedby="confirm-fault"/.test(page.html));
  }
  assertEquals(typeof await accountOf(service, token), "object");
  assertEquals((await submit(service, link, { confirm: "on" })).heading, "Your account is deleted");
});

Deno.test("a deletion link ends after an hour or with a newer link, and its page offers another one", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  const first = await deletionLink(service, EMAIL);
  const second = await deletionLink(service, EMAIL);
  assertEquals((await submit(service, first, {})).status, 404);
  await service.clock.advance(HOUR_MS);
  for (
    const link of [
      first,
      second,
      `/delete-account/${"A".repeat(64)}`,
      "/delete-account/%F0%9F%9A%80",
      "/delete-account/A",
    ]
  ) {
    for (const page of [await open(service, link), await submit(service, link, {})]) {
      assertEquals([page.status, page.heading], [404, DEAD]);
      assert(page.html.includes('action="../delete-account"'));
    }
  }
  assertEquals(typeof await accountOf(service, token), "object");
});

for (
  const [what, headers, status] of [
    ["another site", { "sec-fetch-site": "cross-site" }, 403],
    ["a neighbouring site", { "sec-fetch-site": "same-site" }, 403],
    ["a script of JSON", { "content-type": "application/json" }, 415],
  ] as const
) {
  Deno.test(`POST /delete-account and POST /delete-account/{token} refuse a form from ${what}`, async () => {
    await using service = await TestService.open();
    const { session_token: token } = await signedUp(service);
    const link = await deletionLink(service, EMAIL);
    const mails = service.mails.length;
    for (const path of ["/delete-account", link]) {
      const body = new URLSearchParams({ email: EMAIL });
      const page = await pageOf(await service.request(path, { method: "POST", body, headers }));
      assertEquals(page.status, status);
    }
    await service.runDueTasks();
    assertEquals([service.mails.length, typeof await accountOf(service, token)], [mails, "object"]);
  });
}
