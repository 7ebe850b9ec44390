/** Mailed links: their lifetimes, and which of several links works. */
import { assert, assertEquals } from "@std/assert";
import { LEASE_MS } from "../../../lib/outbox/delivery.ts";
import { LINK_LIFE_MS } from "../../../lib/outbox/outbox.ts";
import { EMAIL, MORK, signedUp } from "../../support/account_requests.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { wrapKv } from "../../support/kv_hooks.ts";
import { NO_NUDGE, openMailing, openWithMail, storedMails, validLinks } from "../../support/mail_api.ts";
import { deletionLink, isLinkValid, open, resetLink } from "../../support/mailed_links.ts";
import { TestService } from "../../support/test_service.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

Deno.test("a newer link replaces the older links, that of a nudge too", async () => {
  await using service = await TestService.open();
  const { account } = await service.signedIn("mork.1");
  await service.clock.advance(24 * HOUR_MS);
  await service.runDueTasks();
  const [nudge = ""] = /\/reset\/\S+/.exec(service.mails[0]?.text ?? "") ?? [];
  assertEquals((await open(service, nudge)).status, 200);
  const first = await resetLink(service, account.email);
  const second = await resetLink(service, account.email);
  assertEquals([nudge, first, second].map((link) => link.length), [71, 71, 71]);
  assertEquals((await open(service, nudge)).status, 404);
  assertEquals((await open(service, first)).status, 404);
  assertEquals((await open(service, second)).status, 200);
});

const LIVES: [string, number, (service: TestService) => Promise<string>][] = [
  ["a reset", HOUR_MS, async (service) => {
    await signedUp(service);
    return await resetLink(service, EMAIL);
  }],
  ["a nudge", 7 * 24 * HOUR_MS, async (service) => {
    await service.signedIn("mork.1");
    await service.clock.advance(24 * HOUR_MS);
    await service.runDueTasks();
    return /\/reset\/\S+/.exec(service.mails[0]?.text ?? "")?.[0] ?? "";
  }],
  ["a deletion", HOUR_MS, async (service) => {
    await signedUp(service);
    return await deletionLink(service, EMAIL);
  }],
];

for (const [kind, lifeMs, linkOf] of LIVES) {
  Deno.test(`the link of ${kind} works until its last millisecond`, async () => {
    await using service = await TestService.open();
    const link = await linkOf(service);
    await service.clock.advance(lifeMs - 1);
    assertEquals((await open(service, link)).status, 200);
    await service.clock.advance(1);
    assertEquals((await open(service, link)).status, 404);
  });
}

Deno.test("a newer link replaces the older one when its mail is sent, and a link of another purpose does not", async () => {
  await using mailing = await openWithMail();
  await mailing.advance(0);
  await mailing.service.clock.advance(1000);
  await mailing.enqueue(MORK);
  assert(
    await isLinkValid(mailing.service, mailing.attempts[0]!.mail),
    "A mail that is not sent yet ended the older link",
  );
  await mailing.advance(0);
  assertEquals(await validLinks(mailing), [false, true]);
  await mailing.enqueue(MORK, "account_deletion");
  await mailing.advance(0);
  assertEquals(await validLinks(mailing), [false, true, false]);
  assert(await isLinkValid(mailing.service, mailing.attempts[2]!.mail, "deletion"));
});

for (const answer of ["hangs", 503, 422, "answer lost"] as const) {
  Deno.test(`an older link stays valid until the newer mail is known to be sent: ${answer}`, async () => {
    await using mailing = await openWithMail();
    await mailing.advance(0);
    await mailing.enqueue(MORK);
    mailing.answers = [answer, 200];
    const trying = mailing.service.runDueTasks();
    await mailing.attempted(2);
    if (answer === "hangs") assertEquals(await validLinks(mailing), [true, true]);
    await mailing.service.answerOf(trying);
    assertEquals(await validLinks(mailing), [true, true]);
    await mailing.advance(MINUTE_MS);
    // A mail that is refused for good is not tried again.
    assertEquals(await validLinks(mailing), answer === 422 ? [true, true] : [false, true, true]);
  });
}

Deno.test("a mailed link is valid although the sending process died, and the next attempt ends the older link", async () => {
  await using dead = await openWithMail();
  const { kv, simulator } = dead.service;
  await dead.advance(0);
  await dead.enqueue(MORK);
  dead.answers = ["hangs"];
  const dying = dead.service.runDueTasks();
  await dead.attempted(2);
  await using other = await openMailing({ kv, simulator, env: NO_NUDGE }, [...dead.attempts]);
  assertEquals(await validLinks(other), [true, true]);
  await other.advance(LEASE_MS);
  assertEquals(await validLinks(other), [false, true, true]);
  await dead.service.answerOf(dying);
  assertEquals(await validLinks(other), [false, true, true]);
});

Deno.test("a mail that was sent ends the older link, also when a newer mail has replaced it meanwhile", async () => {
  let meanwhile: (() => Promise<void>) | null = null;
  await using mailing = await openWithMail({
    wrapKv: (kv) =>
      wrapKv(kv, {
        async read({ keys: [key] }, perform) {
          const run = key?.[4] === "sending" ? meanwhile : null;
          if (run !== null) meanwhile = null;
          await run?.();
          return await perform();
        },
      }),
  });
  await mailing.advance(0);
  await mailing.enqueue(MORK);
  meanwhile = () => mailing.enqueue(MORK);
  mailing.answers = [200, 503];
  await mailing.advance(0);
  assertEquals([meanwhile, mailing.attempts.length], [null, 3]);
  assertEquals(await validLinks(mailing), [false, true, true]);
});

Deno.test("the life of a link begins with the attempt that sends it", async () => {
  await using mailing = await openWithMail();
  mailing.answers = [503, 200];
  await mailing.advance(0);
  await mailing.advance(LINK_LIFE_MS);
  const [, { mail } = { mail: null }] = mailing.attempts;
  await mailing.service.clock.advance(LINK_LIFE_MS - 1);
  assert(await isLinkValid(mailing.service, mail!));
  await mailing.service.clock.advance(1);
  assert(!await isLinkValid(mailing.service, mail!));
});

Deno.test("a mail leaves no link when its account is removed while it is sent", async () => {
  const commits = new CommitControl();
  await using mailing = await openWithMail({ wrapKv: commits.wrap });
  const { kv } = mailing.service;
  let removed = 0;
  commits.beforeNext("set", "mailed_link", async () => {
    for (const kind of ["account", "email", "amazon_user"]) {
      for await (const { key } of kv.list({ prefix: [kind] })) {
        await kv.delete(key);
        removed++;
      }
    }
  });
  await mailing.advance(0);
  assertEquals([removed, mailing.attempts], [3, []]);
  assertEquals(await storedMails(mailing), {});
});
