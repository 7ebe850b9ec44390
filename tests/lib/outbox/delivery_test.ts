/** The delivery of mails: a mail is sent at least once, or given up. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { GIVE_UP_AFTER_MS, LEASE_MS } from "../../../lib/outbox/delivery.ts";
import { MORK } from "../../support/account_requests.ts";
import { aroundKv, type KvCall, wrapKv } from "../../support/kv_hooks.ts";
import { accountEmails, NO_NUDGE, openMailing, openWithMail, storedMails } from "../../support/mail_api.ts";
import { isLinkValid, tokenOf } from "../../support/mailed_links.ts";

const MINUTE = 60_000;

Deno.test("a due mail is sent to the stored address, with a link under PUBLIC_URL, and leaves only the record of the link", async () => {
  await using mailing = await openMailing({ env: { ...NO_NUDGE, PUBLIC_URL: "https://signin.example/tv" } });
  await mailing.service.signedIn("mork.1");
  const before = await mailing.service.stored();
  await mailing.enqueue(MORK.toUpperCase());
  await mailing.advance(0);
  assertEquals(mailing.service.mails.length, 1);
  const [mail] = mailing.service.mails;
  assertEquals(mail?.to, [MORK]);
  assertEquals(mail?.from, '"Oneclick" <hello@oneclick.example>');
  assertMatch(mail?.headers["Message-ID"] ?? "", /^<[0-9a-f]{32}@oneclick\.example>$/);
  assertEquals(mail?.headers["Auto-Submitted"], "auto-generated");
  const url = `https://signin.example/tv/reset/${tokenOf(mail!)}`;
  assertStringIncludes(mail!.text, url);
  assertStringIncludes(mail!.html, `href="${url}"`);
  assert(await isLinkValid(mailing.service, mail!));
  assertEquals(await mailing.service.stored(), { ...before, mailed_link: 1 });
  assertEquals(mailing.logged("mail_sent").length, 1);
});

Deno.test("a mail to an internationalised domain is sent to the ASCII form of the domain", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  const { account } = await mailing.service.signedIn("idn.1");
  await mailing.enqueue(account.email);
  await mailing.advance(0);
  const [local, domain] = account.email.split("@");
  const ascii = new URL(`http://${domain}`).hostname;
  assert(domain !== ascii && ascii.includes("xn--"), account.email);
  assertEquals(mailing.service.mails[0]?.to, [`${local}@${ascii}`]);
});

Deno.test("a mail to an email without an account is dropped when it is due, and is not logged", async () => {
  await using mailing = await openMailing();
  await mailing.enqueue("nobody@example.com");
  await mailing.enqueue("nobody@example.com", "account_deletion");
  await mailing.advance(0);
  assertEquals([mailing.attempts.length, mailing.service.log.length], [0, 0]);
  assertEquals(await mailing.service.stored(), {});
});

Deno.test("each due mail is sent by one of two instances", async () => {
  await using one = await openMailing({ env: NO_NUDGE });
  const { kv, simulator } = one.service;
  await using other = await openMailing({ kv, simulator, env: NO_NUDGE });
  for (let i = 0; i < 20; i++) await one.service.signedIn(`new.${i}`);
  const emails = await accountEmails(one.service);
  assertEquals(emails.length, 20);
  for (const email of emails) await one.enqueue(email);
  await Promise.all([one, other].map(({ service }) => service.runDueTasks()));
  const sent = [...one.attempts, ...other.attempts].map(({ mail }) => mail.to[0]);
  assertEquals(sent.toSorted(), emails.toSorted());
});

Deno.test("an attempt whose process dies is made again after its lease, with the same Message-ID and link", async () => {
  await using dead = await openWithMail();
  const { kv, simulator } = dead.service;
  await using other = await openMailing({ kv, simulator, env: NO_NUDGE });
  dead.answers = ["hangs"];
  const dying = dead.service.runDueTasks();
  await dead.attempted(1);
  await other.advance(LEASE_MS - 1);
  assertEquals(other.attempts.length, 0);
  await other.advance(1);
  assertEquals(other.attempts.length, 1);
  assertEquals(other.attempts[0]?.key, dead.attempts[0]?.key);
  assertEquals(other.attempts[0]?.mail, dead.attempts[0]?.mail);
  assert(await isLinkValid(other.service, other.attempts[0]!.mail));
  // The first process was only slow. When it goes on, it does not send the mail again.
  await dead.service.answerOf(dying);
  await dead.service.clock.advance(2 * LEASE_MS);
  await dead.service.runDueTasks();
  assertEquals([dead.attempts.length, other.attempts.length], [1, 1]);
});

Deno.test("a mail is sent once more when the answer of the mail API is lost", async () => {
  await using mailing = await openWithMail();
  mailing.answers = ["answer lost", 200];
  await mailing.advance(0);
  await mailing.advance(MINUTE);
  const [first, second] = mailing.service.mails;
  assertEquals(first, second);
  assertEquals(mailing.logged("mail_delayed").map(({ detail }) => detail), [
    "The mail API could not be reached: TypeError",
  ]);
  assert(await isLinkValid(mailing.service, second!));
});

Deno.test("a mail that is not taken is tried again after waits that double from 1 minute to 6 hours, and given up after exactly 3 days", async () => {
  await using mailing = await openWithMail();
  mailing.answers = [503];
  await mailing.advance(0);
  const sixHours = Array.from({ length: 11 }, (_, i) => 512 + 360 * i);
  let before = 0;
  for (const [i, minute] of [1, 2, 4, 8, 16, 32, 64, 128, 256, ...sixHours].entries()) {
    await mailing.advance((minute - before) * MINUTE - 1);
    assertEquals(mailing.attempts.length, i + 1, `Before minute ${minute}`);
    await mailing.advance(1);
    assertEquals(mailing.attempts.length, i + 2, `At minute ${minute}`);
    before = minute;
  }
  assertEquals(new Set(mailing.attempts.map(({ key }) => key)).size, 1);
  await mailing.advance(GIVE_UP_AFTER_MS - before * MINUTE - 1);
  assertEquals(mailing.logged("mail_given_up"), []);
  assertEquals((await mailing.service.stored()).mail, 1);
  await mailing.advance(1);
  const [{ key } = { key: "" }] = mailing.attempts;
  assertEquals(mailing.logged("mail_given_up"), [
    { mail: key, mail_kind: "password_reset", detail: "The mail could not be delivered for 3 days" },
  ]);
  assertEquals(mailing.service.log.filter(({ level }) => level === "ERROR").length, 1);
  assertEquals((await mailing.service.stored()).mail, undefined);
  assertEquals((await mailing.service.stored()).task, undefined);
});

for (const kind of ["mail", "account"]) {
  Deno.test(`a mail is given up when its ${kind} cannot be read for 3 days, and sent when it can be read before`, async () => {
    await using mailing = await openWithMail();
    const { service, advance } = mailing;
    const [{ key, value } = { key: [], value: null }] = await Array.fromAsync(
      service.kv.list({ prefix: [kind] }),
    );
    const spoil = () => service.kv.set(key, new Uint8Array(40));
    await spoil();
    await advance(0);
    await advance(GIVE_UP_AFTER_MS - 1);
    assertEquals([mailing.logged("task_failed").length, mailing.logged("mail_given_up").length], [2, 0]);
    await service.kv.set(key, value);
    await advance(0);
    assertEquals(mailing.attempts.length, 1);

    await mailing.enqueue(MORK);
    await spoil();
    await advance(GIVE_UP_AFTER_MS);
    assertEquals(mailing.logged("mail_given_up"), [
      { detail: `A stored record of kind ${kind} cannot be read: another version, or no key for it` },
    ]);
    assertEquals(await storedMails(mailing), { mailed_link: 1 });
    await advance(MINUTE);
    assertEquals([mailing.attempts.length, mailing.logged("mail_given_up").length], [1, 1]);
  });
}

Deno.test("a mail is not given up because the database fails, however long it is due", async () => {
  let fails = false;
  await using mailing = await openWithMail({
    wrapKv: (kv) =>
      wrapKv(kv, {
        read: ({ keys: [key] }, perform) =>
          fails && key?.[0] === "mail" ? Promise.reject(new TypeError("connection reset")) : perform(),
      }),
  });
  fails = true;
  await mailing.service.clock.advance(2 * GIVE_UP_AFTER_MS);
  await mailing.service.answerOf(mailing.service.runDueTasks());
  assertEquals([mailing.logged("task_failed").length, mailing.logged("mail_given_up").length], [1, 0]);
  assertEquals(await storedMails(mailing), { mail: 1, task: 1 });
});

for (const status of [400, 413, 422]) {
  Deno.test(`a mail that the API refuses with ${status} is given up at once, and the log has its id and kind`, async () => {
    await using mailing = await openWithMail();
    mailing.answers = [status];
    await mailing.advance(0);
    const [{ key } = { key: "" }] = mailing.attempts;
    const detail = `The mail API refused it: ${status}`;
    assertEquals(mailing.logged("mail_given_up"), [{ mail: key, mail_kind: "password_reset", detail }]);
    await mailing.advance(MINUTE);
    assertEquals(mailing.attempts.length, 1);
    assertEquals((await mailing.service.stored()).mail, undefined);
  });
}

const FAULTS = ["fails once", "fails for a minute", "takes effect once and fails"] as const;

for (const fault of FAULTS) {
  Deno.test(`a mail is sent once or twice when any one operation of its delivery ${fault}`, async () => {
    for (let at = 0;; at++) {
      let operations = -1;
      let broken = false;
      let armed = false;
      const around = async <T>(name: KvCall, call: () => Promise<T>): Promise<T> => {
        if (!armed) return await call();
        const mine = ++operations === at;
        if (mine && fault === "fails for a minute") broken = true;
        if (!mine && !broken) return await call();
        if (name === "commit" && fault === "takes effect once and fails") await call();
        throw new TypeError("database is locked");
      };
      await using mailing = await openWithMail({ wrapKv: (kv) => aroundKv(kv, around) });
      const { service } = mailing;
      armed = true;
      await service.answerOf(service.runDueTasks().catch(() => {}));
      const reached = operations >= at;
      armed = broken = false;
      await mailing.advance(2 * LEASE_MS);
      await mailing.advance(2 * LEASE_MS);
      assert([1, 2].includes(service.mails.length), `operation ${at + 1}: ${service.mails.length} mails`);
      assertEquals(new Set(mailing.attempts.map(({ key }) => key)).size, 1);
      assert(await isLinkValid(service, service.mails.at(-1)!));
      assertEquals(await storedMails(mailing), { mailed_link: 1 });
      if (!reached) {
        assert(at >= 5, `Only ${at} operations`);
        return;
      }
    }
  });
}
