/** A one-click customer is asked for a password of their own, once, by mail (guide, "Best practices for account setup"). */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { NUDGE_LINK_LIFE_MS } from "../../../lib/outbox/outbox.ts";
import { MORK, PASSWORD, recordOf, signedUp } from "../../support/account_requests.ts";
import { resetPassword } from "../../../lib/my_account/password_reset.ts";
import { deleteAccountByLink } from "../../../lib/my_account/deletion.ts";
import { TestService } from "../../support/test_service.ts";
import { openMailing } from "../../support/mail_api.ts";
import { isLinkValid, tokenOf } from "../../support/mailed_links.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

Deno.test("a one-click customer is asked once, PASSWORD_NUDGE_AFTER_HOURS after the account was made, at the stored email", async () => {
  await using mailing = await openMailing({ env: { PASSWORD_NUDGE_AFTER_HOURS: "48" } });
  const { account } = await mailing.service.signedIn("mork.1");
  // The customer's email has changed at Amazon, and not in the account.
  await mailing.service.signedIn("moved.2");
  await mailing.advance(2 * DAY - 1);
  assertEquals(mailing.attempts, []);
  await mailing.advance(1);
  assertEquals(mailing.attempts.map(({ mail }) => mail.to), [[MORK]]);
  const [mail] = mailing.service.mails;
  assertEquals(mail?.subject, "Choose a password for Oneclick");
  assertStringIncludes(mail!.text, `Choose a password:\nhttp://localhost:8000/reset/${tokenOf(mail!)}\n`);
  assertEquals((await recordOf(mailing.service, account.id)).password.kind, "temporary");
  await mailing.service.clock.advance(NUDGE_LINK_LIFE_MS - 1);
  assert(await isLinkValid(mailing.service, mail!));
  await mailing.service.clock.advance(1);
  assert(!await isLinkValid(mailing.service, mail!));
  for (let day = 0; day < 400; day += 100) await mailing.advance(100 * DAY);
  await mailing.service.signedIn("mork.3");
  await mailing.advance(100 * DAY);
  assertEquals(mailing.attempts.length, 1);
  assertEquals((await mailing.service.stored()).task, undefined);
});

Deno.test("a customer who signed up with a password is never asked", async () => {
  await using mailing = await openMailing();
  await signedUp(mailing.service);
  await mailing.advance(30 * DAY);
  assertEquals(mailing.attempts, []);
});

Deno.test("a customer who has set a password meanwhile is not asked", async () => {
  await using mailing = await openMailing();
  await mailing.service.signedIn("mork.1");
  await mailing.enqueue(MORK);
  await mailing.advance(0);
  const token = tokenOf(mailing.service.mails[0]!);
  const outcome = await resetPassword(mailing.service.services, {
    token,
    password: PASSWORD,
    unlinkAmazon: false,
  });
  assertEquals(outcome, { devicesStay: true, amazonLinked: true });
  await mailing.advance(30 * DAY);
  assertEquals(mailing.attempts.length, 1);
  assertEquals((await mailing.service.stored()).task, undefined);
});

Deno.test("a waiting nudge is not sent after a password was set", async () => {
  await using mailing = await openMailing();
  await mailing.service.signedIn("mork.1");
  await mailing.enqueue(MORK);
  await mailing.advance(0);
  const token = tokenOf(mailing.service.mails[0]!);
  mailing.answers = [503];
  await mailing.service.clock.advance(LINK_MS);
  await mailing.enqueue(MORK);
  mailing.answers = [200];
  await mailing.advance(DAY - LINK_MS - 1);
  const fresh = tokenOf(mailing.service.mails.at(-1)!);
  assert(fresh !== token);
  mailing.answers = [503];
  await mailing.advance(1);
  assertEquals(mailing.attempts.length, 3);
  // The link of the failed attempt is valid now, since its mail may have arrived.
  const nudged = tokenOf(mailing.attempts.at(-1)!.mail);
  await resetPassword(mailing.service.services, { token: nudged, password: PASSWORD, unlinkAmazon: false });
  mailing.answers = [200];
  await mailing.advance(30 * DAY);
  assertEquals(mailing.attempts.length, 3);
  assertEquals((await mailing.service.stored()).mail, undefined);
});

Deno.test("a nudge is not sent to an account that has a password when it is due", async () => {
  await using mailing = await openMailing();
  const { account } = await signedUp(mailing.service);
  await mailing.enqueue(account.email, "password_nudge");
  await mailing.advance(0);
  assertEquals(mailing.attempts, []);
  assertEquals(await only(mailing.service), {});
});

Deno.test("a customer whose account is deleted is not asked", async () => {
  await using mailing = await openMailing();
  await mailing.service.signedIn("mork.1");
  await mailing.enqueue(MORK, "account_deletion");
  await mailing.advance(0);
  assert(await deleteAccountByLink(mailing.service.services, tokenOf(mailing.service.mails[0]!)));
  await mailing.advance(0);
  await mailing.advance(30 * DAY);
  assertEquals(mailing.attempts.map(({ mail }) => mail.subject), [
    "Delete your Oneclick account",
    "Your Oneclick account is deleted",
  ]);
});

const NO_MAIL = { MAIL_URL: "", MAIL_FROM: "" };

for (
  const [what, env] of [["PASSWORD_NUDGE_AFTER_HOURS=0", { PASSWORD_NUDGE_AFTER_HOURS: "0" }], [
    "no MAIL_URL",
    NO_MAIL,
  ]] as const
) {
  Deno.test(`nobody is asked with ${what}, nor once the service was started with it`, async () => {
    await using without = await openMailing({ env });
    await without.service.signedIn("mork.1");
    assertEquals((await without.service.stored()).task, undefined);

    await using before = await openMailing();
    const { kv, simulator } = before.service;
    await before.service.signedIn("mork.1");
    await using after = await openMailing({ kv, simulator, env });
    await after.advance(DAY);
    assertEquals(await only(after.service), {});
    await before.advance(30 * DAY);
    assertEquals([...before.attempts, ...after.attempts], []);
  });
}

Deno.test("a customer is asked once by two instances at the same time", async () => {
  await using one = await openMailing();
  const { kv, simulator } = one.service;
  await using other = await openMailing({ kv, simulator });
  for (let i = 0; i < 20; i++) await one.service.signedIn(`new.${i}`);
  await Promise.all([one, other].map(({ service }) => service.clock.advance(DAY)));
  await Promise.all([one, other].map(({ service }) => service.runDueTasks()));
  const asked = [...one.attempts, ...other.attempts].map(({ mail }) => mail.to[0]);
  assertEquals([asked.length, new Set(asked).size], [20, 20]);
});

const LINK_MS = HOUR;

async function only(service: TestService): Promise<Record<string, number>> {
  const { task = 0, mail = 0 } = await service.stored();
  return task + mail === 0 ? {} : { task, mail };
}
