/** A reset uses its link up, and ends the other links of the account. The pages are tested in `tests/routes/pages`. */
import { assert, assertEquals } from "@std/assert";
import { EMAIL, recordOf, signedUp } from "../../support/account_requests.ts";
import { openMailing } from "../../support/mail_api.ts";
import { mailsWithLink, open, resetLink, submit } from "../../support/mailed_links.ts";
import {
  fieldsOf,
  NEW,
  oneClickCustomer,
  passwordCustomer,
  submitPassword,
} from "../../support/reset_requests.ts";
import { TestService } from "../../support/test_service.ts";

const HOUR_MS = 3_600_000;

Deno.test("a reset link works once; another form answers 410, as the same one does later, and changes nothing", async () => {
  await using service = await TestService.open();
  const { link, customer } = await oneClickCustomer(service);
  const first = await submit(service, link, fieldsOf(NEW));
  const after = await recordOf(service, customer.account.id);
  for (
    const again of [
      fieldsOf("another good password"),
      { ...fieldsOf(NEW), unlink: "on" },
      fieldsOf("short"),
    ]
  ) {
    const page = await submit(service, link, again);
    assertEquals([page.status, page.heading], [410, "This link was used"]);
    assert(page.text.includes("If that was you just now, your password is set"));
  }
  assertEquals((await open(service, link)).status, 410);
  const same = await submit(service, link, fieldsOf(NEW));
  assertEquals([same.status, same.text], [200, first.text]);
  // The mail that tells of the new password is on its way.
  await service.services.background.idle();
  service.clock.jump(10 * 60_000);
  assertEquals((await submit(service, link, fieldsOf(NEW))).status, 410);
  assertEquals(await recordOf(service, customer.account.id), after);
});

Deno.test("a reset link that has expired since its page was opened answers 404, and changes nothing", async () => {
  await using service = await TestService.open();
  const { link, customer } = await passwordCustomer(service);
  const before = await recordOf(service, customer.account.id);
  assertEquals((await open(service, link)).status, 200);
  await service.clock.advance(HOUR_MS);
  const page = await submit(service, link, fieldsOf(NEW));
  assertEquals([page.status, page.heading], [404, "This link does not work any more"]);
  assertEquals(await recordOf(service, customer.account.id), before);
});

Deno.test("a second attempt to send a mail does not make its used link valid", async () => {
  await using mailing = await openMailing();
  const { service } = mailing;
  await signedUp(service);
  mailing.answers = ["answer lost", 200];
  const link = await resetLink(service, EMAIL);
  assertEquals((await submitPassword(service, link)).status, 200);
  await mailing.advance(HOUR_MS / 2);
  assertEquals([mailsWithLink(service).length, (await open(service, link)).status], [1, 410]);
});

for (const [used, which] of ["older", "newer"].entries()) {
  Deno.test(`a reset by the ${which} of two valid links ends the other one, and the mail that waits`, async () => {
    await using mailing = await openMailing();
    const { service } = mailing;
    await signedUp(service);
    mailing.answers = [200, "answer lost", 200];
    const links = [await resetLink(service, EMAIL), await resetLink(service, EMAIL)];
    const statuses = () => Promise.all(links.map(async (link) => (await open(service, link)).status));
    assertEquals(await statuses(), [200, 200]);
    assertEquals((await submitPassword(service, links[used] ?? "")).status, 200);
    const expected = links.map((_, i) => i === used ? 410 : 404);
    assertEquals(await statuses(), expected);
    await mailing.advance(HOUR_MS / 2);
    assertEquals([mailsWithLink(service).length, await statuses()], [2, expected]);
  });
}
