/** The outbox: which mails wait, and what is stored of them. */
import { assert, assertEquals } from "@std/assert";
import { serialize } from "node:v8";
import { parseEmail } from "../../../lib/base/email.ts";
import { LEASE_MS } from "../../../lib/outbox/delivery.ts";
import { parseLinkToken } from "../../../lib/outbox/links.ts";
import { deleteMails, putMail } from "../../../lib/outbox/outbox.ts";
import { MORK } from "../../support/account_requests.ts";
import { NO_NUDGE, openMailing, openWithMail, storedMails, validLinks } from "../../support/mail_api.ts";
import { isLinkValid, tokenOf } from "../../support/mailed_links.ts";
import { findSecrets } from "../../support/secret_scan.ts";

Deno.test("putMail writes a mail and its task in the commit of the caller, or neither", async () => {
  await using mailing = await openMailing();
  const { services } = mailing.service;
  using store = services.db.within(3000);
  const batch = store.batch();
  await putMail(services, batch, { kind: "password_reset", email: parseEmail(MORK)! });
  batch.check({ key: ["account", "acc_x"], versionstamp: "00000000000000000001" });
  assertEquals(await store.commit(batch), false);
  assertEquals(await mailing.service.stored(), {});
  await mailing.enqueue(MORK);
  assertEquals(await mailing.service.stored(), { mail: 1, task: 1 });
});

Deno.test("putMail replaces the mail that waits in its slot", async () => {
  await using mailing = await openWithMail();
  await mailing.enqueue(MORK);
  assertEquals(await storedMails(mailing), { mail: 1, task: 1 });
  await mailing.advance(0);
  assertEquals(mailing.attempts.length, 1);
});

Deno.test("putMail replaces a mail that is being sent", async () => {
  await using mailing = await openWithMail();
  mailing.answers = ["hangs", 200];
  const sending = mailing.service.runDueTasks();
  await mailing.attempted(1);
  await mailing.enqueue(MORK);
  assertEquals(await storedMails(mailing), { mail: 1, task: 1, mailed_link: 1 });
  await mailing.service.answerOf(sending);
  await mailing.advance(2 * LEASE_MS);
  assertEquals(await validLinks(mailing), [false, true]);
  assertEquals(await storedMails(mailing), { mailed_link: 1 });
});

Deno.test("putMail replaces a mail that waits under an older data key", async () => {
  const DATA_KEYS = ["new", "old"].map((id) => `${id}:${btoa(id.padEnd(32, "."))}`);
  await using old = await openMailing({ env: { ...NO_NUDGE, DATA_KEYS: DATA_KEYS[1]! } });
  const { kv, simulator } = old.service;
  await using rotated = await openMailing({
    kv,
    simulator,
    env: { ...NO_NUDGE, DATA_KEYS: DATA_KEYS.join() },
  });
  await old.service.signedIn("mork.1");
  await old.enqueue(MORK);
  await rotated.enqueue(MORK);
  assertEquals(await storedMails(rotated), { mail: 1, task: 1 });
  await rotated.advance(0);
  assertEquals(rotated.attempts.length, 1);
  assert(await isLinkValid(rotated.service, rotated.attempts[0]!.mail));
});

Deno.test("deleteMails removes the waiting mails of some kinds, and they are not sent", async () => {
  await using mailing = await openWithMail();
  const { services } = mailing.service;
  await mailing.enqueue(MORK, "account_deletion");
  using store = services.db.within(3000);
  await store.transact((batch) =>
    deleteMails(batch, services.keyring, { email: parseEmail(MORK)!, kinds: ["password_reset"] })
  );
  await mailing.advance(0);
  assertEquals(mailing.attempts.map(({ mail }) => mail.subject), ["Delete your Oneclick account"]);
});

Deno.test("the database and the log show neither the recipient nor the link of a mail", async () => {
  await using mailing = await openWithMail();
  await mailing.enqueue(MORK, "account_deletion");
  await mailing.enqueue(MORK, "account_deleted");
  mailing.answers = ["answer lost"];
  await mailing.advance(0);
  assertEquals((await storedMails(mailing)).mail, 3);
  const secrets = [{ name: "email", text: MORK }];
  for (const { mail } of mailing.attempts) {
    const token = tokenOf(mail);
    if (token === "") continue;
    secrets.push({ name: "token", text: token }, { name: "secret", text: parseLinkToken(token)!.secret });
  }
  const entries = await Array.fromAsync(mailing.service.kv.list({ prefix: [] }));
  const bytes = serialize(entries.map(({ key, value }) => [key, value]));
  assertEquals(findSecrets(bytes, secrets), []);
  assertEquals(findSecrets(JSON.stringify(mailing.service.log), secrets), []);
  // The same search finds them in the mails.
  const found = findSecrets(JSON.stringify(mailing.attempts), secrets);
  assertEquals(found.toSorted(), ["email as raw", "token as raw"]);
});
