/** `/reset/{token}`: what the page shows, and what a reset changes. */
import { ACCOUNT } from "../../../lib/kv/schema.ts";
import { alterRecord } from "../../support/stored_records.ts";
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
} from "../../support/account_requests.ts";
import type { SignedInBody } from "../../support/bodies.ts";
import { TestService } from "../../support/test_service.ts";
import { linkIn, open, resetLink, submit } from "../../support/mailed_links.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { fieldsOf, NEW, oneClickCustomer, passwordCustomer } from "../../support/reset_requests.ts";

const HOUR_MS = 3_600_000;

/** Signs up with an email, and links the Amazon customer of a code to it. */
async function linked(service: TestService, code: string, email = MORK): Promise<SignedInBody> {
  await signedUp(service, { email });
  const link_ticket = await ticketOf(service, code);
  return await bodyOf(await signInByPassword(service, { email, link_ticket }), 200);
}

Deno.test("GET /reset/{token} shows the email, the devices and the Amazon link, and does not use the link up", async () => {
  await using service = await TestService.open();
  const { link, customer } = await oneClickCustomer(service);
  const before = await recordOf(service, customer.account.id);
  for (let count = 0; count < 3; count++) {
    const page = await open(service, link, { method: count === 0 ? "HEAD" : "GET" });
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
  assertEquals(await recordOf(service, customer.account.id), before);
  assertEquals((await submit(service, link, fieldsOf(NEW))).status, 200);
});

Deno.test("GET /reset/{token} shows the newest 20 devices, says that there are more, and escapes their names", async () => {
  await using service = await TestService.open({
    env: { AMAZON_SIGN_INS_PER_MINUTE: "0", APP_NAME: "<b>Tea & Co</b>" },
  });
  for (let count = 1; count <= 21; count++) {
    await service.signedIn(`mork.${count}`, { device: { name: `<i>Set ${count}</i>`, platform: "&vega" } });
    service.clock.jump(1000);
  }
  const page = await open(service, await resetLink(service, MORK));
  const shown = Array.from(
    page.html.matchAll(/&lt;i&gt;Set (\d+)&lt;\/i&gt;/g),
    ([, count]) => Number(count),
  );
  assertEquals(shown, Array.from({ length: 20 }, (_, i) => 21 - i));
  assert(page.text.includes("And more"));
  assert(page.html.includes("&amp;vega") && page.html.includes("&lt;b&gt;Tea &amp; Co&lt;/b&gt;"));
  assertEquals(/<i>|<b>/.test(page.html), false);
});

Deno.test("a first password that proves the email signs every device out, and keeps Amazon linked", async () => {
  await using service = await TestService.open();
  const { link, customer } = await oneClickCustomer(service);
  const before = await recordOf(service, customer.account.id);
  const page = await submit(service, link, fieldsOf(NEW));
  assertEquals([page.status, page.heading], [200, "Your password is set"]);
  assert(page.text.includes("All devices are signed out") && page.text.includes("Amazon is still linked"));
  assertEquals(await accountOf(service, customer.session_token), 401);
  const after = await recordOf(service, customer.account.id);
  const changed = { email_verified: true, session_epoch: 1, password: null };
  assertEquals({ ...after, password: null }, { ...before, ...changed });
  assertEquals((await signInByPassword(service, { email: MORK, password: NEW })).status, 200);
  assertEquals((await service.signIn("mork.2")).status, 200);
});

Deno.test("a first password keeps the devices signed in when the email was proved before", async () => {
  await using service = await TestService.open();
  const { link, customer } = await oneClickCustomer(service);
  await alterRecord(
    service,
    ACCOUNT,
    [customer.account.id],
    (account) => ({ ...account, email_verified: true }),
  );
  assert((await open(service, link)).text.includes("Your devices stay signed in"));
  const page = await submit(service, link, fieldsOf(NEW));
  assert(page.text.includes("Your devices stay signed in") && page.text.includes("Amazon is still linked"));
  const account = await accountOf(service, customer.session_token) as Record<string, unknown>;
  assertEquals([account.password, account.email_verified, account.amazon_linked], ["set", true, true]);
});

Deno.test("a first password with the box ticked signs out everywhere and unlinks Amazon", async () => {
  await using service = await TestService.open();
  const { link, customer } = await oneClickCustomer(service);
  const page = await submit(service, link, { ...fieldsOf(NEW), unlink: "on" });
  assert(page.text.includes("All devices are signed out") && page.text.includes("Amazon is not linked"));
  assertEquals(await accountOf(service, customer.session_token), 401);
  const record = await recordOf(service, customer.account.id);
  assertEquals([record.session_epoch, record.amazon_user_id, record.email_verified], [1, null, true]);
  assertEquals([(await service.stored()).session, (await service.stored()).amazon_user], [
    undefined,
    undefined,
  ]);
  // The next code of that customer finds no linked account, so the new password is needed.
  const link_ticket = await ticketOf(service, "mork.2");
  const again = await bodyOf(
    await signInByPassword(service, { email: MORK, password: NEW, link_ticket }),
    200,
  );
  assertEquals([again.account.id, again.account.amazon_linked], [customer.account.id, true]);
});

Deno.test("a later reset signs every device out, ends the old password, and leaves Amazon as it is", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await linked(service, "mork.1");
  const page = await submit(service, await resetLink(service, MORK), fieldsOf(NEW));
  assert(page.text.includes("All devices are signed out") && page.text.includes("Amazon is still linked"));
  assertEquals(await accountOf(service, token), 401);
  await assertProblem(await signInByPassword(service, { email: MORK }), "invalid_credentials");
  assertEquals((await signInByPassword(service, { email: MORK, password: NEW })).status, 200);
  assertEquals((await service.signIn("mork.2")).status, 200);
});

Deno.test("a later reset can unlink Amazon: the box is shown when Amazon is linked, and ticked when the link is doubtful", async () => {
  await using service = await TestService.open();
  const { link } = await passwordCustomer(service);
  assertEquals((await open(service, link)).html.includes("checkbox"), false);

  await linked(service, "mork.1");
  const doubtful = await open(service, await resetLink(service, MORK));
  assert(/type="checkbox"[^>]* checked/.test(doubtful.html));
  assert(doubtful.text.includes("before anybody had shown that this email is theirs"));
  await submit(service, linkIn(service), { ...fieldsOf(NEW), unlink: "on" });
  const link_ticket = await ticketOf(service, "mork.2");
  await bodyOf(await signInByPassword(service, { email: MORK, password: NEW, link_ticket }), 200);

  // The email is proved now, so that a later link was made with the owner's password.
  const proved = await open(service, await resetLink(service, MORK));
  assert(/type="checkbox"/.test(proved.html) && !/type="checkbox"[^>]* checked/.test(proved.html));
});

Deno.test("a first password cancels the mail that asks for one", async () => {
  await using service = await TestService.open();
  const { link } = await oneClickCustomer(service);
  assertEquals((await service.stored()).task, 1);
  await submit(service, link, fieldsOf(NEW));
  await service.services.background.idle();
  assertEquals((await service.stored()).task, undefined);
  await service.clock.advance(48 * HOUR_MS);
  await service.runDueTasks();
  assertEquals(service.mails.length, 2);
});

Deno.test("a customer who is locked out by wrong passwords can sign in at once after a reset", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  for (let count = 0; count < 10; count++) {
    await signInByPassword(service, { password: "typed wrong" });
  }
  await assertProblem(await signInByPassword(service), "rate_limited");
  await submit(service, await resetLink(service, EMAIL), fieldsOf(NEW));
  // The tries of the address over all accounts stay. Those of this account do not, from any address.
  const elsewhere = { address: "198.51.100.7" };
  assertEquals((await signInByPassword(service, { password: NEW }, elsewhere)).status, 200);
  await service.clock.advance(15 * 60_000);
  assertEquals((await signInByPassword(service, { password: NEW })).status, 200);
  // The mails for this email are not counted any more, either.
  for (let count = 0; count < 3; count++) await resetLink(service, EMAIL);
});

Deno.test("the log has the route of a page and never its token", async () => {
  await using service = await TestService.open();
  const { link } = await oneClickCustomer(service);
  await open(service, link);
  await open(service, link, { method: "PUT" });
  await open(service, `${link}/more`);
  await submit(service, link, { password: "short" });
  await submit(service, link, fieldsOf(NEW));
  await open(service, link);
  const routes = service.log.filter(({ message }) => message === "request").slice(2).map(({ route }) =>
    route
  );
  assertEquals(routes, [
    ...Array(2).fill("/reset/:token"),
    "/*",
    ...Array(3).fill("/reset/:token"),
  ]);
  const token = link.slice("/reset/".length);
  assertEquals(JSON.stringify(service.log).includes(token.slice(0, 20)), false);
  assertEquals(JSON.stringify(service.log).includes(token.slice(-20)), false);
});
