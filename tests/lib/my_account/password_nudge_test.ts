/** A one-click customer is asked for a password of their own, once, by mail (guide, "Best practices for account setup"). */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { NUDGE_LINK_LIFE_MS } from "../../../lib/outbox/outbox.ts";
import { MORK, PASSWORD, recordOf, signedUp } from "../../support/account_requests.ts";
import { resetPassword } from "../../../lib/my_account/password_reset.ts";
import { deleteAccountByLink } from "../../../lib/my_account/deletion.ts";
import { type Mailing, NO_NUDGE, openMailing, openWithMail, storedMails } from "../../support/mail_api.ts";
import { isLinkValid, tokenOf } from "../../support/mailed_links.ts";

const DAY = 24 * 3_600_000;
const NUDGE = { PASSWORD_NUDGE_AFTER_HOURS: "24" };

Deno.test("a one-click customer is asked once, at the stored email, PASSWORD_NUDGE_AFTER_HOURS after the account was made", async () => {
  await using mailing = await openMailing({ env: { PASSWORD_NUDGE_AFTER_HOURS: "48" } });
  const { account } = await mailing.service.signedIn("mork.1");
  // The customer has changed their email at Amazon. The email of the account stays.
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

Deno.test("a customer who has set a password before the nudge is due is not asked", async () => {
  await using mailing = await openWithMail({ env: NUDGE });
  await mailing.advance(0);
  const outcome = await setPassword(mailing);
  assertEquals(outcome, { devicesStay: false, amazonLinked: true });
  await mailing.advance(30 * DAY);
  assertEquals(mailing.attempts.length, 1);
  assertEquals(await waiting(mailing), [0, 0]);
});

Deno.test("a waiting nudge is not sent after a password was set", async () => {
  await using mailing = await openMailing();
  await mailing.service.signedIn("mork.1");
  mailing.answers = [503];
  await mailing.advance(DAY);
  assertEquals([mailing.attempts.length, await waiting(mailing)], [1, [1, 1]]);
  // The link of the failed attempt is valid, because its mail may have arrived.
  await setPassword(mailing);
  mailing.answers = [200];
  await mailing.advance(30 * DAY);
  assertEquals([mailing.attempts.length, await waiting(mailing)], [1, [0, 0]]);
});

Deno.test("a nudge is not sent to an account that has a password when it is due", async () => {
  await using mailing = await openMailing();
  const { account } = await signedUp(mailing.service);
  await mailing.enqueue(account.email, "password_nudge");
  await mailing.advance(0);
  assertEquals(mailing.attempts, []);
  assertEquals(await waiting(mailing), [0, 0]);
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

const NEVER: Record<string, Record<string, string>> = {
  "with PASSWORD_NUDGE_AFTER_HOURS=0": NO_NUDGE,
  "without MAIL_URL": { MAIL_URL: "", MAIL_FROM: "" },
};

for (const [how, env] of Object.entries(NEVER)) {
  Deno.test(`a service ${how} asks nobody, and drops the nudges that are due`, async () => {
    await using without = await openMailing({ env });
    await without.service.signedIn("mork.1");
    assertEquals((await without.service.stored()).task, undefined);

    await using before = await openMailing();
    const { kv, simulator } = before.service;
    await before.service.signedIn("mork.1");
    await using after = await openMailing({ kv, simulator, env });
    await after.advance(DAY);
    assertEquals(await waiting(after), [0, 0]);
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

/** Sets a password by the link of the newest attempt. */
function setPassword({ service, attempts }: Mailing) {
  const token = tokenOf(attempts.at(-1)!.mail);
  return resetPassword(service.services, { token, password: PASSWORD, unlinkAmazon: false });
}

/** Counts the stored mails and tasks. */
async function waiting(mailing: Mailing): Promise<[mails: number, tasks: number]> {
  const { mail = 0, task = 0 } = await storedMails(mailing);
  return [mail, task];
}
