/** A reset beside everything else that can happen to its account at the same time. */
import { assert, assertEquals } from "@std/assert";
import {
  accountOf,
  EMAIL,
  MORK,
  PASSWORD,
  recordOf,
  signedUp,
  signInByPassword,
  ticketOf,
} from "../../support/account_requests.ts";
import { type SignedInBody, TestService, type TestServiceOptions } from "../../support/test_service.ts";
import { deletionLink, linkIn, open, resetLink, submit } from "../../support/mailed_links.ts";
import { choose, NEW, statusOf } from "../../support/reset_requests.ts";

const HOUR_MS = 3_600_000;

Deno.test("of two posts of one link at once one sets its password, and the other is told that it was used", async () => {
  for (let round = 0; round < 10; round++) {
    await using service = await TestService.open();
    await signedUp(service);
    const link = await resetLink(service, EMAIL);
    const passwords = ["seven quiet herons", "eight loud magpies", "nine small wrens"];
    const pages = await Promise.all(passwords.map((password) => choose(service, link, password)));
    assertEquals(pages.map(({ status }) => status).toSorted(), [200, 410, 410]);
    for (const [i, password] of passwords.entries()) {
      const expected = pages[i]?.status === 200 ? 200 : 401;
      assertEquals(await statusOf(signInByPassword(service, { password })), expected);
    }
  }
});

Deno.test("a sign-in with the old password beside a reset is refused, or signed in before and signed out by the reset", async () => {
  for (let round = 0; round < 10; round++) {
    await using service = await TestService.open();
    await signedUp(service);
    const link = await resetLink(service, EMAIL);
    const [signIn, page] = await Promise.all([signInByPassword(service), choose(service, link)]);
    const { session_token: token }: SignedInBody = await signIn.json();
    assertEquals(page.status, 200);
    assert([200, 401].includes(signIn.status));
    if (signIn.status === 200) assertEquals(await accountOf(service, token), 401);
    assertEquals(await statusOf(signInByPassword(service)), 401);
  }
});

Deno.test("a one-click sign-in beside a reset that unlinks is asked to link, or signed in before and signed out by the reset", async () => {
  for (let round = 0; round < 10; round++) {
    await using service = await TestService.open();
    await service.signedIn("mork.1");
    const link = await resetLink(service, MORK);
    const [signIn, page] = await Promise.all([
      service.signIn("mork.2"),
      choose(service, link, NEW, { unlink: "on" }),
    ]);
    const { session_token: token }: SignedInBody = await signIn.json();
    assertEquals(page.status, 200);
    assert([200, 409].includes(signIn.status));
    if (signIn.status === 200) assertEquals(await accountOf(service, token), 401);
    assertEquals(await statusOf(service.signIn("mork.3")), 409);
  }
});

Deno.test("a deletion beside a reset leaves nothing, whichever was first", async () => {
  for (let round = 0; round < 10; round++) {
    await using service = await TestService.open();
    await signedUp(service);
    const reset = await resetLink(service, EMAIL);
    const deletion = await deletionLink(service, EMAIL);
    const [chosen, deleted] = await Promise.all([choose(service, reset), submit(service, deletion, {})]);
    assertEquals(deleted.status, 200);
    assert([200, 404].includes(chosen.status));
    await service.runDueTasks();
    for (const password of [PASSWORD, NEW]) {
      assertEquals(await statusOf(signInByPassword(service, { password })), 401);
    }
    const { account, email, session, mailed_link } = await service.stored();
    assertEquals([account, email, session, mailed_link], [undefined, undefined, undefined, undefined]);
  }
});

Deno.test("a second mail beside a reset replaces its link before the reset, or is not needed after it", async () => {
  for (let round = 0; round < 10; round++) {
    await using service = await TestService.open();
    await signedUp(service);
    const link = await resetLink(service, EMAIL);
    const [page, asked] = await Promise.all([
      choose(service, link),
      service.send("POST", "/v1/password-resets", { email: EMAIL }),
    ]);
    await asked.body?.cancel();
    await service.runDueTasks();
    assertEquals(asked.status, 202);
    assert([200, 404].includes(page.status));
    const signedIn = await statusOf(signInByPassword(service, { password: NEW }));
    assertEquals(signedIn, page.status === 200 ? 200 : 401);
    // At most one link is valid.
    const good = await Promise.all(
      [link, linkIn(service)].map(async (path) => (await open(service, path)).status),
    );
    assert(good.filter((status) => status === 200).length <= 1);
  }
});

/** A mail API that takes every mail. While its answers are lost, the service does not know that it did. */
function takingMails(api: { answersAreLost: boolean }): TestServiceOptions {
  return {
    wrapFetch: (fetch) => async (input, init) => {
      const response = await fetch(input, init);
      return api.answersAreLost && String(input).startsWith("https://mail.test/")
        ? new Response(null, { status: 503 })
        : response;
    },
  };
}

Deno.test("a second attempt to send a mail does not make a used link valid", async () => {
  const api = { answersAreLost: true };
  await using service = await TestService.open(takingMails(api));
  await signedUp(service);
  const link = await resetLink(service, EMAIL);
  assertEquals((await choose(service, link)).status, 200);
  api.answersAreLost = false;
  await service.clock.advance(HOUR_MS / 2);
  await service.runDueTasks();
  assertEquals([service.mails.length, (await open(service, link)).status], [1, 410]);
});

for (const [used, which] of ["older", "newer"].entries()) {
  Deno.test(`of two valid links the ${which}, when it is used, ends the other one and its mail`, async () => {
    const api = { answersAreLost: false };
    await using service = await TestService.open(takingMails(api));
    await signedUp(service);
    const links = [await resetLink(service, EMAIL)];
    api.answersAreLost = true;
    links.push(await resetLink(service, EMAIL));
    const statuses = () => Promise.all(links.map(async (link) => (await open(service, link)).status));
    assertEquals(await statuses(), [200, 200]);
    assertEquals((await choose(service, links[used] ?? "")).status, 200);
    const expected = links.map((_, i) => i === used ? 410 : 404);
    assertEquals(await statuses(), expected);
    api.answersAreLost = false;
    await service.clock.advance(HOUR_MS / 2);
    await service.runDueTasks();
    assertEquals([service.mails.length, await statuses()], [2, expected]);
  });
}

/** Does something after a reset has read everything and before it writes. */
function beforeCommit(service: TestService, work: () => Promise<unknown>): void {
  const { hasher } = service.services;
  const hash = hasher.hash.bind(hasher);
  hasher.hash = async (password) => {
    hasher.hash = hash;
    await work();
    return await hash(password);
  };
}

Deno.test("a reset keeps changes of the account that were made while it hashed", async () => {
  await using service = await TestService.open();
  const { session_token: token, account } = await signedUp(service);
  const link = await resetLink(service, EMAIL);
  beforeCommit(service, () => service.send("PATCH", "/v1/account", { name: "Vera the Second" }, { token }));
  assertEquals((await choose(service, link)).status, 200);
  assertEquals((await recordOf(service, account.id)).name, "Vera the Second");
});

Deno.test("a reset that unlinks unlinks an Amazon customer who was linked while it hashed", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: MORK });
  const link = await resetLink(service, MORK);
  const link_ticket = await ticketOf(service, "twin.1");
  beforeCommit(service, () => signInByPassword(service, { email: MORK, link_ticket }));
  assertEquals((await choose(service, link, NEW, { unlink: "on" })).status, 200);
  assertEquals(await statusOf(service.signIn("twin.2")), 409);
});

Deno.test("a reset whose link was replaced by a newer mail while it hashed changes nothing, and the newer link is valid", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const link = await resetLink(service, EMAIL);
  beforeCommit(service, () => resetLink(service, EMAIL));
  assertEquals((await choose(service, link)).status, 404);
  assertEquals(await statusOf(signInByPassword(service)), 200);
  assertEquals((await choose(service, linkIn(service))).status, 200);
});

Deno.test("a reset whose account was deleted while it hashed writes nothing", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const link = await resetLink(service, EMAIL);
  const deletion = await deletionLink(service, EMAIL);
  beforeCommit(service, () => submit(service, deletion, {}));
  assertEquals((await choose(service, link)).status, 404);
  assertEquals((await service.stored()).account, undefined);
});
