/** A mail is part of the commit that causes it, and is delivered at least once or given up. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { serialize } from "node:v8";
import { parseEmail } from "../../../lib/base/email.ts";
import { GIVE_UP_AFTER_MS, LEASE_MS } from "../../../lib/outbox/delivery.ts";
import { parseLinkToken } from "../../../lib/outbox/links.ts";
import { deleteMails, LINK_LIFE_MS, putMail } from "../../../lib/outbox/outbox.ts";
import { findSecrets } from "../../support/secret_scan.ts";
import { openMailing } from "../../support/mail_api.ts";
import { isLinkValid, tokenOf } from "../../support/mailed_links.ts";
import { aroundKv, type KvCall, wrapKv } from "../../support/kv_hooks.ts";

const MORK = "mhashimoto-04@plaxo.com";
const MINUTE = 60_000;
const NO_NUDGE = { PASSWORD_NUDGE_AFTER_HOURS: "0" };

Deno.test("putMail puts the mail and its task into the commit that causes it, or neither", async () => {
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

Deno.test("a due mail goes to the stored address, with a link under PUBLIC_URL, and leaves nothing but its link", async () => {
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

Deno.test("a mail to an internationalised domain goes to its ASCII form, whatever was typed", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  const { account } = await mailing.service.signedIn("idn.1");
  await mailing.enqueue(account.email);
  await mailing.advance(0);
  const [local, domain] = account.email.split("@");
  const ascii = new URL(`http://${domain}`).hostname;
  assert(domain !== ascii && ascii.includes("xn--"), account.email);
  assertEquals(mailing.service.mails[0]?.to, [`${local}@${ascii}`]);
});

Deno.test("a mail to nobody's email is dropped when it is due, and says nothing", async () => {
  await using mailing = await openMailing();
  await mailing.enqueue("nobody@example.com");
  await mailing.enqueue("nobody@example.com", "account_deletion");
  await mailing.advance(0);
  assertEquals([mailing.attempts.length, mailing.service.log.length], [0, 0]);
  assertEquals(await mailing.service.stored(), {});
});

Deno.test("of two instances that find the same mails due, one sends each", async () => {
  await using one = await openMailing({ env: NO_NUDGE });
  const { kv, simulator } = one.service;
  await using other = await openMailing({ kv, simulator, env: NO_NUDGE });
  for (let i = 0; i < 20; i++) {
    await one.service.signedIn(`new.${i}`);
  }
  const emails = await emailsOf(one);
  assertEquals(emails.length, 20);
  for (const email of emails) await one.enqueue(email);
  await Promise.all([one, other].map(({ service }) => service.runDueTasks()));
  const sent = [...one.attempts, ...other.attempts].map(({ mail }) => mail.to[0]);
  assertEquals(sent.toSorted(), emails.toSorted());
});

Deno.test("a try that dies between lease and end is made again after the lease, with the same Message-ID and link", async () => {
  await using dead = await openMailing({ env: NO_NUDGE });
  const { kv, simulator } = dead.service;
  await using other = await openMailing({ kv, simulator, env: NO_NUDGE });
  await dead.service.signedIn("mork.1");
  await dead.enqueue(MORK);
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
  // The dead one comes back to life: what it knows is old.
  await dead.service.answerOf(dying);
  await dead.service.clock.advance(2 * LEASE_MS);
  await dead.service.runDueTasks();
  assertEquals([dead.attempts.length, other.attempts.length], [1, 1]);
});

Deno.test("an answer of the mail server that is lost makes the same mail come once more", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  await mailing.service.signedIn("mork.1");
  await mailing.enqueue(MORK);
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

Deno.test("a mail that is not taken is tried after waits that double from 1 minute to 6 hours, and given up after exactly 3 days", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  await mailing.service.signedIn("mork.1");
  await mailing.enqueue(MORK);
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
  Deno.test(`a mail is given up when its ${kind} could not be read for 3 days, and is sent when it can be read before`, async () => {
    await using mailing = await openMailing({ env: NO_NUDGE });
    const { service, advance } = mailing;
    await service.signedIn("mork.1");
    await mailing.enqueue(MORK);
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
    assertEquals(await only(mailing, "mail", "task"), {});
    await advance(MINUTE);
    assertEquals([mailing.attempts.length, mailing.logged("mail_given_up").length], [1, 1]);
  });
}

Deno.test("a mail is not given up when the database does not answer, however long it is due", async () => {
  let fails = false;
  await using mailing = await openMailing({
    env: NO_NUDGE,
    wrapKv: (kv) =>
      wrapKv(kv, {
        read: ({ keys: [key] }, perform) =>
          fails && key?.[0] === "mail" ? Promise.reject(new TypeError("connection reset")) : perform(),
      }),
  });
  await mailing.service.signedIn("mork.1");
  await mailing.enqueue(MORK);
  fails = true;
  await mailing.service.clock.advance(2 * GIVE_UP_AFTER_MS);
  await mailing.service.answerOf(mailing.service.runDueTasks());
  assertEquals([mailing.logged("task_failed").length, mailing.logged("mail_given_up").length], [1, 0]);
  assertEquals(await only(mailing, "mail", "task"), { mail: 1, task: 1 });
});

for (const status of [400, 413, 422]) {
  Deno.test(`a mail that is refused for good with ${status} is given up at once, with one error that names its id and kind`, async () => {
    await using mailing = await openMailing({ env: NO_NUDGE });
    await mailing.service.signedIn("mork.1");
    await mailing.enqueue(MORK);
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

Deno.test("a newer mail takes the place of the one that waits; its link is good from its sending on, and ends the older", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  await mailing.service.signedIn("mork.1");
  await mailing.enqueue(MORK);
  await mailing.enqueue(MORK);
  assertEquals(await only(mailing, "mail", "task"), { mail: 1, task: 1 });
  await mailing.advance(0);
  assertEquals(mailing.attempts.length, 1);
  await mailing.service.clock.advance(1000);
  await mailing.enqueue(MORK);
  assert(await isLinkValid(mailing.service, mailing.attempts[0]!.mail), "Asking alone ended the older link");
  await mailing.advance(0);
  assertEquals(await goodOf(mailing), [false, true]);
  // The link of a deletion is another one.
  await mailing.enqueue(MORK, "account_deletion");
  await mailing.advance(0);
  assertEquals(await goodOf(mailing), [false, true, false]);
  assert(await isLinkValid(mailing.service, mailing.attempts[2]!.mail, "deletion"));
});

for (const answer of ["hangs", 503, 422, "answer lost"] as const) {
  Deno.test(`an older link stays good beside the newer one while the newer mail is not known to be sent: ${answer}`, async () => {
    await using mailing = await openMailing({ env: NO_NUDGE });
    await mailing.service.signedIn("mork.1");
    await mailing.enqueue(MORK);
    await mailing.advance(0);
    await mailing.enqueue(MORK);
    mailing.answers = [answer, 200];
    const trying = mailing.service.runDueTasks();
    await mailing.attempted(2);
    if (answer === "hangs") assertEquals(await goodOf(mailing), [true, true]);
    await mailing.service.answerOf(trying);
    assertEquals(await goodOf(mailing), [true, true]);
    await mailing.advance(MINUTE);
    // What was refused for good is not tried again.
    assertEquals(await goodOf(mailing), answer === 422 ? [true, true] : [false, true, true]);
  });
}

Deno.test("a link that was mailed is good though the process died before it knew, and the next try ends the older", async () => {
  await using dead = await openMailing({ env: NO_NUDGE });
  const { kv, simulator } = dead.service;
  await dead.service.signedIn("mork.1");
  await dead.enqueue(MORK);
  await dead.advance(0);
  await dead.enqueue(MORK);
  dead.answers = ["hangs"];
  const dying = dead.service.runDueTasks();
  await dead.attempted(2);
  await using other = await openMailing({ kv, simulator, env: NO_NUDGE }, [...dead.attempts]);
  assertEquals(await goodOf(other), [true, true]);
  await other.advance(LEASE_MS);
  assertEquals(await goodOf(other), [false, true, true]);
  await dead.service.answerOf(dying);
  assertEquals(await goodOf(other), [false, true, true]);
});

Deno.test("a newer mail takes the place of an older one that is just being sent", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  await mailing.service.signedIn("mork.1");
  await mailing.enqueue(MORK);
  mailing.answers = ["hangs", 200];
  const sending = mailing.service.runDueTasks();
  await mailing.attempted(1);
  await mailing.enqueue(MORK);
  assertEquals(await only(mailing, "mail", "task"), { mail: 1, task: 1 });
  await mailing.service.answerOf(sending);
  await mailing.advance(2 * LEASE_MS);
  assertEquals(mailing.attempts.length, 2);
  assertEquals(await goodOf(mailing), [false, true]);
  assertEquals(await only(mailing, "mail", "task"), {});
});

Deno.test("a mail that was sent while a newer one took its place ends the older link all the same", async () => {
  let meanwhile: (() => Promise<void>) | null = null;
  await using mailing = await openMailing({
    env: NO_NUDGE,
    wrapKv: (kv) =>
      wrapKv(kv, {
        async read({ keys: [key] }, perform) {
          const run = key?.[3] === "sending" ? meanwhile : null;
          if (run !== null) meanwhile = null;
          await run?.();
          return await perform();
        },
      }),
  });
  await mailing.service.signedIn("mork.1");
  await mailing.enqueue(MORK);
  await mailing.advance(0);
  await mailing.enqueue(MORK);
  meanwhile = () => mailing.enqueue(MORK);
  mailing.answers = [200, 503];
  await mailing.advance(0);
  assertEquals([meanwhile, mailing.attempts.length], [null, 3]);
  assertEquals(await goodOf(mailing), [false, true, true]);
});

Deno.test("a mail takes the place of one that waits under an older data key", async () => {
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
  assertEquals(await only(rotated, "mail", "task"), { mail: 1, task: 1 });
  await rotated.advance(0);
  assertEquals(rotated.attempts.length, 1);
  assert(await isLinkValid(rotated.service, rotated.attempts[0]!.mail));
});

Deno.test("the life of a link counts from the try that sends it, by the clock", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  await mailing.service.signedIn("mork.1");
  await mailing.enqueue(MORK);
  mailing.answers = [503, 200];
  await mailing.advance(0);
  await mailing.advance(LINK_LIFE_MS);
  const [, { mail } = { mail: null }] = mailing.attempts;
  await mailing.service.clock.advance(LINK_LIFE_MS - 1);
  assert(await isLinkValid(mailing.service, mail!));
  await mailing.service.clock.advance(1);
  assert(!await isLinkValid(mailing.service, mail!));
});

Deno.test("deleteMails removes a waiting mail, and it is not sent", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  const { services } = mailing.service;
  await mailing.service.signedIn("mork.1");
  await mailing.enqueue(MORK);
  await mailing.enqueue(MORK, "account_deletion");
  using store = services.db.within(3000);
  await store.transact((batch) =>
    deleteMails(batch, services.keyring, { email: parseEmail(MORK)!, kinds: ["password_reset"] })
  );
  await mailing.advance(0);
  assertEquals(mailing.attempts.map(({ mail }) => mail.subject), ["Delete your Oneclick account"]);
});

Deno.test("a mail leaves no link behind when its account changes or goes while it is sent", async () => {
  let before: (() => Promise<void>) | null = null;
  await using mailing = await openMailing({
    env: NO_NUDGE,
    wrapKv: (kv) =>
      wrapKv(kv, {
        async commit(commit, perform) {
          const run = before;
          if (commit.mutations.some(({ key }) => key[0] === "mailed_link")) {
            before = null;
            await run?.();
          }
          return await perform();
        },
      }),
  });
  const { account } = await mailing.service.signedIn("mork.1");
  await mailing.enqueue(MORK);
  before = async () => {
    for (const kind of ["account", "email", "amazon_user"]) {
      for await (const { key } of mailing.service.kv.list({ prefix: [kind] })) {
        await mailing.service.kv.delete(key);
      }
    }
  };
  await mailing.advance(0);
  assertEquals(before, null);
  assertEquals(mailing.attempts, [], `Sent for ${account.id}`);
  assertEquals(await only(mailing, "mail", "task", "mailed_link"), {});
});

Deno.test("no recipient and no link stands in the database in the clear", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  await mailing.service.signedIn("mork.1");
  await mailing.enqueue(MORK);
  await mailing.enqueue(MORK, "account_deletion");
  await mailing.enqueue(MORK, "account_deleted");
  mailing.answers = ["answer lost"];
  await mailing.advance(0);
  assertEquals((await mailing.service.stored()).mail, 3);
  const canaries = [{ name: "email", text: MORK }];
  for (const { mail } of mailing.attempts) {
    const token = tokenOf(mail);
    if (token === "") continue;
    canaries.push({ name: "token", text: token }, { name: "secret", text: parseLinkToken(token)!.secret });
  }
  const all = [];
  for await (const { key, value } of mailing.service.kv.list({ prefix: [] })) {
    all.push(serialize([key, value]));
  }
  const bytes = new Uint8Array(all.flatMap((part) => [...part]));
  assertEquals(findSecrets(bytes, canaries), []);
  assertEquals(findSecrets(JSON.stringify(mailing.service.log), canaries), []);
  // The canaries would be found.
  const found = findSecrets(JSON.stringify(mailing.attempts), canaries);
  assertEquals(found.toSorted(), ["email as raw", "token as raw"]);
});

const FAULTS = ["fails once", "fails for a minute", "takes effect once and fails"] as const;

for (const fault of FAULTS) {
  Deno.test(`a mail comes once or twice, whichever operation of its sending ${fault}`, async () => {
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
      await using mailing = await openMailing({ env: NO_NUDGE, wrapKv: (kv) => aroundKv(kv, around) });
      const { service } = mailing;
      await service.signedIn("mork.1");
      await mailing.enqueue(MORK);
      armed = true;
      await service.answerOf(service.runDueTasks().catch(() => {}));
      const reached = operations >= at;
      armed = broken = false;
      await mailing.advance(2 * LEASE_MS);
      await mailing.advance(2 * LEASE_MS);
      assert([1, 2].includes(service.mails.length), `${fault} at ${at}: ${service.mails.length} mails`);
      assertEquals(new Set(mailing.attempts.map(({ key }) => key)).size, 1);
      assert(await isLinkValid(service, service.mails.at(-1)!));
      assertEquals(await only(mailing, "mail", "task"), {});
      if (!reached) {
        assert(at >= 5, `Only ${at} operations`);
        return;
      }
    }
  });
}

type Mailing = Awaited<ReturnType<typeof openMailing>>;

function goodOf({ service, attempts }: Mailing): Promise<boolean[]> {
  return Promise.all(attempts.map(({ mail }) => isLinkValid(service, mail)));
}

async function only({ service }: Mailing, ...kinds: string[]): Promise<Record<string, number>> {
  return Object.fromEntries(Object.entries(await service.stored()).filter(([kind]) => kinds.includes(kind)));
}

async function emailsOf({ service }: Mailing): Promise<string[]> {
  const emails = [];
  for await (const { key, value } of service.kv.list({ prefix: ["account"] })) {
    const opened = service.services.keyring.open(value as Uint8Array<ArrayBuffer>, key.join("/"));
    emails.push(JSON.parse(opened).email);
  }
  return emails;
}
