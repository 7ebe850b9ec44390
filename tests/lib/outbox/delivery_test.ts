/** A mail is part of the commit that causes it, and is delivered at least once or given up. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { serialize } from "node:v8";
import { parseEmail } from "../../../lib/base/email.ts";
import { GIVE_UP_AFTER_MS, LEASE_MS } from "../../../lib/outbox/delivery.ts";
import { parseLinkToken } from "../../../lib/outbox/links.ts";
import { deleteMails, LINK_LIFE_MS, putMail } from "../../../lib/outbox/outbox.ts";
import { findSecrets } from "../../support/secret_scan.ts";
import { isGood, openMailing, tokenOf } from "../../support/mail_api.ts";
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
  await mailing.ask(MORK);
  assertEquals(await mailing.service.stored(), { mail: 1, task: 1 });
});

Deno.test("a due mail goes to the stored address, with a link under PUBLIC_URL, and leaves nothing but its link", async () => {
  await using mailing = await openMailing({ env: { ...NO_NUDGE, PUBLIC_URL: "https://signin.example/tv" } });
  await mailing.service.signedIn("mork.1");
  const before = await mailing.service.stored();
  await mailing.ask(MORK.toUpperCase());
  await mailing.pass(0);
  assertEquals(mailing.service.mails.length, 1);
  const [mail] = mailing.service.mails;
  assertEquals(mail?.to, [MORK]);
  assertEquals(mail?.from, '"Oneclick" <hello@oneclick.example>');
  assertMatch(mail?.headers["Message-ID"] ?? "", /^<[0-9a-f]{32}@oneclick\.example>$/);
  assertEquals(mail?.headers["Auto-Submitted"], "auto-generated");
  const url = `https://signin.example/tv/reset/${tokenOf(mail!)}`;
  assertStringIncludes(mail!.text, url);
  assertStringIncludes(mail!.html, `href="${url}"`);
  assert(await isGood(mailing.service, mail!));
  assertEquals(await mailing.service.stored(), { ...before, mailed_link: 1 });
  assertEquals(mailing.lines("mail_sent").length, 1);
});

Deno.test("a mail to an internationalised domain goes to its ASCII form, whatever was typed", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  const { account } = await mailing.service.signedIn("idn.1");
  await mailing.ask(account.email);
  await mailing.pass(0);
  const [local, domain] = account.email.split("@");
  const ascii = new URL(`http://${domain}`).hostname;
  assert(domain !== ascii && ascii.includes("xn--"), account.email);
  assertEquals(mailing.service.mails[0]?.to, [`${local}@${ascii}`]);
});

Deno.test("a mail to nobody's email is dropped when it is due, and says nothing", async () => {
  await using mailing = await openMailing();
  await mailing.ask("nobody@example.com");
  await mailing.ask("nobody@example.com", "account_deletion");
  await mailing.pass(0);
  assertEquals([mailing.tries.length, mailing.service.log.length], [0, 0]);
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
  for (const email of emails) await one.ask(email);
  await Promise.all([one, other].map(({ service }) => service.runDueTasks()));
  const sent = [...one.tries, ...other.tries].map(({ mail }) => mail.to[0]);
  assertEquals(sent.toSorted(), emails.toSorted());
});

Deno.test("a try that dies between lease and end is made again after the lease, with the same Message-ID and link", async () => {
  await using dead = await openMailing({ env: NO_NUDGE });
  const { kv, simulator } = dead.service;
  await using other = await openMailing({ kv, simulator, env: NO_NUDGE });
  await dead.service.signedIn("mork.1");
  await dead.ask(MORK);
  dead.weather = ["hangs"];
  const dying = dead.service.runDueTasks();
  await dead.tried(1);
  await other.pass(LEASE_MS - 1);
  assertEquals(other.tries.length, 0);
  await other.pass(1);
  assertEquals(other.tries.length, 1);
  assertEquals(other.tries[0]?.key, dead.tries[0]?.key);
  assertEquals(other.tries[0]?.mail, dead.tries[0]?.mail);
  assert(await isGood(other.service, other.tries[0]!.mail));
  // The dead one comes back to life: what it knows is old.
  await dead.service.answerOf(dying);
  await dead.service.clock.advance(2 * LEASE_MS);
  await dead.service.runDueTasks();
  assertEquals([dead.tries.length, other.tries.length], [1, 1]);
});

Deno.test("an answer of the mail server that is lost makes the same mail come once more", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  await mailing.service.signedIn("mork.1");
  await mailing.ask(MORK);
  mailing.weather = ["answer lost", 200];
  await mailing.pass(0);
  await mailing.pass(MINUTE);
  const [first, second] = mailing.service.mails;
  assertEquals(first, second);
  assertEquals(mailing.lines("mail_delayed").map(({ detail }) => detail), [
    "The mail API could not be reached: TypeError",
  ]);
  assert(await isGood(mailing.service, second!));
});

Deno.test("a mail that is not taken is tried after waits that double from 1 minute to 6 hours, and given up after exactly 3 days", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  await mailing.service.signedIn("mork.1");
  await mailing.ask(MORK);
  mailing.weather = [503];
  await mailing.pass(0);
  const sixHours = Array.from({ length: 11 }, (_, i) => 512 + 360 * i);
  let before = 0;
  for (const [i, minute] of [1, 2, 4, 8, 16, 32, 64, 128, 256, ...sixHours].entries()) {
    await mailing.pass((minute - before) * MINUTE - 1);
    assertEquals(mailing.tries.length, i + 1, `Before minute ${minute}`);
    await mailing.pass(1);
    assertEquals(mailing.tries.length, i + 2, `At minute ${minute}`);
    before = minute;
  }
  assertEquals(new Set(mailing.tries.map(({ key }) => key)).size, 1);
  await mailing.pass(GIVE_UP_AFTER_MS - before * MINUTE - 1);
  assertEquals(mailing.lines("mail_given_up"), []);
  assertEquals((await mailing.service.stored()).mail, 1);
  await mailing.pass(1);
  const [{ key } = { key: "" }] = mailing.tries;
  assertEquals(mailing.lines("mail_given_up"), [
    { mail: key, mail_kind: "password_reset", detail: "The mail could not be delivered for 3 days" },
  ]);
  assertEquals(mailing.service.log.filter(({ level }) => level === "ERROR").length, 1);
  assertEquals((await mailing.service.stored()).mail, undefined);
  assertEquals((await mailing.service.stored()).task, undefined);
});

for (const kind of ["mail", "account"]) {
  Deno.test(`a mail is given up when its ${kind} could not be read for 3 days, and is sent when it can be read before`, async () => {
    await using mailing = await openMailing({ env: NO_NUDGE });
    const { service, pass } = mailing;
    await service.signedIn("mork.1");
    await mailing.ask(MORK);
    const [{ key, value } = { key: [], value: null }] = await Array.fromAsync(
      service.kv.list({ prefix: [kind] }),
    );
    const spoil = () => service.kv.set(key, new Uint8Array(40));
    await spoil();
    await pass(0);
    await pass(GIVE_UP_AFTER_MS - 1);
    assertEquals([mailing.lines("task_failed").length, mailing.lines("mail_given_up").length], [2, 0]);
    await service.kv.set(key, value);
    await pass(0);
    assertEquals(mailing.tries.length, 1);

    await mailing.ask(MORK);
    await spoil();
    await pass(GIVE_UP_AFTER_MS);
    assertEquals(mailing.lines("mail_given_up"), [
      { detail: `A stored record of kind ${kind} cannot be read: another version, or no key for it` },
    ]);
    assertEquals(await only(mailing, "mail", "task"), {});
    await pass(MINUTE);
    assertEquals([mailing.tries.length, mailing.lines("mail_given_up").length], [1, 1]);
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
  await mailing.ask(MORK);
  fails = true;
  await mailing.service.clock.advance(2 * GIVE_UP_AFTER_MS);
  await mailing.service.answerOf(mailing.service.runDueTasks());
  assertEquals([mailing.lines("task_failed").length, mailing.lines("mail_given_up").length], [1, 0]);
  assertEquals(await only(mailing, "mail", "task"), { mail: 1, task: 1 });
});

for (const status of [400, 413, 422]) {
  Deno.test(`a mail that is refused for good with ${status} is given up at once, with one error that names its id and kind`, async () => {
    await using mailing = await openMailing({ env: NO_NUDGE });
    await mailing.service.signedIn("mork.1");
    await mailing.ask(MORK);
    mailing.weather = [status];
    await mailing.pass(0);
    const [{ key } = { key: "" }] = mailing.tries;
    const detail = `The mail API refused it: ${status}`;
    assertEquals(mailing.lines("mail_given_up"), [{ mail: key, mail_kind: "password_reset", detail }]);
    await mailing.pass(MINUTE);
    assertEquals(mailing.tries.length, 1);
    assertEquals((await mailing.service.stored()).mail, undefined);
  });
}

Deno.test("a newer mail takes the place of the one that waits; its link is good from its sending on, and ends the older", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  await mailing.service.signedIn("mork.1");
  await mailing.ask(MORK);
  await mailing.ask(MORK);
  assertEquals(await only(mailing, "mail", "task"), { mail: 1, task: 1 });
  await mailing.pass(0);
  assertEquals(mailing.tries.length, 1);
  await mailing.service.clock.advance(1000);
  await mailing.ask(MORK);
  assert(await isGood(mailing.service, mailing.tries[0]!.mail), "Asking alone ended the older link");
  await mailing.pass(0);
  assertEquals(await goodOf(mailing), [false, true]);
  // The link of a deletion is another one.
  await mailing.ask(MORK, "account_deletion");
  await mailing.pass(0);
  assertEquals(await goodOf(mailing), [false, true, false]);
  assert(await isGood(mailing.service, mailing.tries[2]!.mail, "deletion"));
});

for (const weather of ["hangs", 503, 422, "answer lost"] as const) {
  Deno.test(`an older link stays good beside the newer one while the newer mail is not known to be sent: ${weather}`, async () => {
    await using mailing = await openMailing({ env: NO_NUDGE });
    await mailing.service.signedIn("mork.1");
    await mailing.ask(MORK);
    await mailing.pass(0);
    await mailing.ask(MORK);
    mailing.weather = [weather, 200];
    const trying = mailing.service.runDueTasks();
    await mailing.tried(2);
    if (weather === "hangs") assertEquals(await goodOf(mailing), [true, true]);
    await mailing.service.answerOf(trying);
    assertEquals(await goodOf(mailing), [true, true]);
    await mailing.pass(MINUTE);
    // What was refused for good is not tried again.
    assertEquals(await goodOf(mailing), weather === 422 ? [true, true] : [false, true, true]);
  });
}

Deno.test("a link that was mailed is good though the process died before it knew, and the next try ends the older", async () => {
  await using dead = await openMailing({ env: NO_NUDGE });
  const { kv, simulator } = dead.service;
  await dead.service.signedIn("mork.1");
  await dead.ask(MORK);
  await dead.pass(0);
  await dead.ask(MORK);
  dead.weather = ["hangs"];
  const dying = dead.service.runDueTasks();
  await dead.tried(2);
  await using other = await openMailing({ kv, simulator, env: NO_NUDGE }, [...dead.tries]);
  assertEquals(await goodOf(other), [true, true]);
  await other.pass(LEASE_MS);
  assertEquals(await goodOf(other), [false, true, true]);
  await dead.service.answerOf(dying);
  assertEquals(await goodOf(other), [false, true, true]);
});

Deno.test("a newer mail takes the place of an older one that is just being sent", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  await mailing.service.signedIn("mork.1");
  await mailing.ask(MORK);
  mailing.weather = ["hangs", 200];
  const sending = mailing.service.runDueTasks();
  await mailing.tried(1);
  await mailing.ask(MORK);
  assertEquals(await only(mailing, "mail", "task"), { mail: 1, task: 1 });
  await mailing.service.answerOf(sending);
  await mailing.pass(2 * LEASE_MS);
  assertEquals(mailing.tries.length, 2);
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
  await mailing.ask(MORK);
  await mailing.pass(0);
  await mailing.ask(MORK);
  meanwhile = () => mailing.ask(MORK);
  mailing.weather = [200, 503];
  await mailing.pass(0);
  assertEquals([meanwhile, mailing.tries.length], [null, 3]);
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
  await old.ask(MORK);
  await rotated.ask(MORK);
  assertEquals(await only(rotated, "mail", "task"), { mail: 1, task: 1 });
  await rotated.pass(0);
  assertEquals(rotated.tries.length, 1);
  assert(await isGood(rotated.service, rotated.tries[0]!.mail));
});

Deno.test("the life of a link counts from the try that sends it, by the clock", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  await mailing.service.signedIn("mork.1");
  await mailing.ask(MORK);
  mailing.weather = [503, 200];
  await mailing.pass(0);
  await mailing.pass(LINK_LIFE_MS);
  const [, { mail } = { mail: null }] = mailing.tries;
  await mailing.service.clock.advance(LINK_LIFE_MS - 1);
  assert(await isGood(mailing.service, mail!));
  await mailing.service.clock.advance(1);
  assert(!await isGood(mailing.service, mail!));
});

Deno.test("deleteMails removes a waiting mail, and it is not sent", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  const { services } = mailing.service;
  await mailing.service.signedIn("mork.1");
  await mailing.ask(MORK);
  await mailing.ask(MORK, "account_deletion");
  using store = services.db.within(3000);
  await store.transact((batch) =>
    deleteMails(batch, services.keyring, { email: parseEmail(MORK)!, kinds: ["password_reset"] })
  );
  await mailing.pass(0);
  assertEquals(mailing.tries.map(({ mail }) => mail.subject), ["Delete your Oneclick account"]);
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
  await mailing.ask(MORK);
  before = async () => {
    for (const kind of ["account", "email", "amazon_user"]) {
      for await (const { key } of mailing.service.kv.list({ prefix: [kind] })) {
        await mailing.service.kv.delete(key);
      }
    }
  };
  await mailing.pass(0);
  assertEquals(before, null);
  assertEquals(mailing.tries, [], `Sent for ${account.id}`);
  assertEquals(await only(mailing, "mail", "task", "mailed_link"), {});
});

Deno.test("no recipient and no link stands in the database in the clear", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  await mailing.service.signedIn("mork.1");
  await mailing.ask(MORK);
  await mailing.ask(MORK, "account_deletion");
  await mailing.ask(MORK, "account_deleted");
  mailing.weather = ["answer lost"];
  await mailing.pass(0);
  assertEquals((await mailing.service.stored()).mail, 3);
  const canaries = [{ name: "email", text: MORK }];
  for (const { mail } of mailing.tries) {
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
  const found = findSecrets(JSON.stringify(mailing.tries), canaries);
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
      await mailing.ask(MORK);
      armed = true;
      await service.answerOf(service.runDueTasks().catch(() => {}));
      const reached = operations >= at;
      armed = broken = false;
      await mailing.pass(2 * LEASE_MS);
      await mailing.pass(2 * LEASE_MS);
      assert([1, 2].includes(service.mails.length), `${fault} at ${at}: ${service.mails.length} mails`);
      assertEquals(new Set(mailing.tries.map(({ key }) => key)).size, 1);
      assert(await isGood(service, service.mails.at(-1)!));
      assertEquals(await only(mailing, "mail", "task"), {});
      if (!reached) {
        assert(at >= 5, `Only ${at} operations`);
        return;
      }
    }
  });
}

type Mailing = Awaited<ReturnType<typeof openMailing>>;

function goodOf({ service, tries }: Mailing): Promise<boolean[]> {
  return Promise.all(tries.map(({ mail }) => isGood(service, mail)));
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
