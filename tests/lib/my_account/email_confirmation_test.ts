/** The use of a link that changes an email or proves one: what changes, what ends, and which links are dead. */
import { assert, assertEquals } from "@std/assert";
import { listEvents } from "../../../lib/events/events.ts";
import {
  accountOf,
  bodyOf,
  EMAIL,
  MORK,
  PASSWORD,
  signedUp,
  signInByPassword,
  signUp,
} from "../../support/account_requests.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { askForEmail, emailChangeLink, verificationLink } from "../../support/email_requests.ts";
import { checkInvariants } from "../../support/invariants.ts";
import { deletionLink, open, resetLink, submit } from "../../support/mailed_links.ts";
import { NEW as NEW_PASSWORD, submitPassword } from "../../support/reset_requests.ts";
import { TestService } from "../../support/test_service.ts";

const NEW = "Vera.New@example.com";
const MINUTE_MS = 60_000;

async function openWithLink(email = NEW) {
  const commits = new CommitControl();
  const service = await TestService.open({ wrapKv: commits.wrap });
  const signedIn = await signedUp(service);
  const token = signedIn.session_token;
  return {
    service,
    commits,
    token,
    accountId: signedIn.account.id,
    link: await emailChangeLink(service, token, email),
  };
}

async function emailOf(service: TestService, token: string): Promise<[unknown, unknown]> {
  const account = await accountOf(service, token) as Record<string, unknown>;
  return [account.email, account.email_verified];
}

async function typesOf(service: TestService, accountId: string): Promise<string[]> {
  const { events } = await listEvents(service.services, { accountId, limit: 100 });
  return events.map(({ type }) => type);
}

Deno.test("a change takes effect by the form and not by opening the link, and the page names both emails", async () => {
  const { service, token, accountId, link } = await openWithLink();
  await using _ = service;
  assert(link.startsWith("/confirm-email/"), link);
  const page = await open(service, link);
  assertEquals([page.status, page.heading], [200, "Use this email address?"]);
  assert(page.text.includes(EMAIL) && page.text.includes(NEW), page.text);
  assertEquals(await emailOf(service, token), [EMAIL, false]);
  const done = await submit(service, link, {});
  assertEquals([done.status, done.heading], [200, "Your email address is confirmed"]);
  assertEquals(await emailOf(service, token), [NEW, true]);
  assertEquals((await typesOf(service, accountId))[0], "account.email_changed");
  await checkInvariants(service.kv, service.services.keyring);
});

Deno.test("a change signs every other device out, and the new email signs in from then on", async () => {
  const { service, token, accountId, link } = await openWithLink();
  await using _ = service;
  const other = await bodyOf(await signInByPassword(service), 200);
  assertEquals((await submit(service, link, {})).status, 200);
  assertEquals((await service.request("/v1/account", { token })).status, 200);
  assertEquals((await service.request("/v1/account", { token: other.session_token })).status, 401);
  assertEquals((await typesOf(service, accountId)).slice(0, 2).toSorted(), [
    "account.email_changed",
    "session.revoked",
  ]);
  await assertProblem(await signInByPassword(service), "invalid_credentials");
  await bodyOf(await signInByPassword(service, { email: NEW }), 200);
  // The old email is free.
  assertEquals((await signUp(service)).status, 201);
  await checkInvariants(service.kv, service.services.keyring);
});

Deno.test("a change signs every device out when the one that asked has signed out meanwhile", async () => {
  const { service, token, link } = await openWithLink();
  await using _ = service;
  const other = await bodyOf(await signInByPassword(service), 200);
  await service.request("/v1/sessions/current", { method: "DELETE", token });
  assertEquals((await submit(service, link, {})).status, 200);
  assertEquals((await service.request("/v1/account", { token: other.session_token })).status, 401);
  await bodyOf(await signInByPassword(service, { email: NEW }), 200);
});

Deno.test("the same form again gets the same page and changes nothing, and the link opened again says that it was used", async () => {
  const { service, token, accountId, link } = await openWithLink();
  await using _ = service;
  const first = await submit(service, link, {});
  const before = await typesOf(service, accountId);
  const again = await submit(service, link, {});
  assertEquals([again.status, again.text], [first.status, first.text]);
  assertEquals(await typesOf(service, accountId), before);
  const opened = await open(service, link);
  assertEquals([opened.status, opened.heading], [410, "This link does not work any more"]);
  assertEquals(await emailOf(service, token), [NEW, true]);
});

/** What ends a link that waits to be used. */
const ENDINGS: Record<string, (play: Awaited<ReturnType<typeof openWithLink>>) => Promise<unknown>> = {
  "an hour": ({ service }) => service.clock.advance(60 * MINUTE_MS),
  "a newer change": ({ service, token }) => emailChangeLink(service, token, "newer@example.com"),
  "a change of password": ({ service, token }) =>
    service.send("PUT", "/v1/account/password", { current_password: PASSWORD, new_password: NEW_PASSWORD }, {
      token,
    }),
  "a password by mail": async ({ service }) => await submitPassword(service, await resetLink(service, EMAIL)),
  "a sign-out everywhere": ({ service, token }) =>
    service.request("/v1/sessions", { method: "DELETE", token }),
  "a sign-out of all other devices": ({ service, token }) =>
    service.request("/v1/sessions?keep=current", { method: "DELETE", token }),
  "a deletion": ({ service, token }) => service.request("/v1/account", { method: "DELETE", token }),
};

for (const [what, end] of Object.entries(ENDINGS)) {
  Deno.test(`${what} ends a link that changes the email`, async () => {
    const play = await openWithLink();
    await using service = play.service;
    await end(play);
    for (const page of [await open(service, play.link), await submit(service, play.link, {})]) {
      assertEquals([page.status, page.heading], [404, "This link does not work any more"]);
    }
    assertEquals((await signInByPassword(service, { email: NEW })).status, 401);
  });
}

for (const what of ["a sign-up", "one click"] as const) {
  Deno.test(`a link to an email that ${what} has taken meanwhile changes nothing, and says so`, async () => {
    const { service, token, link } = await openWithLink(MORK);
    await using _ = service;
    const taken = what === "one click"
      ? await service.signedIn("mork.1")
      : await signedUp(service, { email: MORK });
    for (const page of [await open(service, link), await submit(service, link, {})]) {
      assertEquals([page.status, page.heading], [409, "This address is in use"]);
    }
    assertEquals(await emailOf(service, token), [EMAIL, false]);
    assertEquals((await accountOf(service, taken.session_token) as { email: string }).email, MORK);
    await checkInvariants(service.kv, service.services.keyring);
  });
}

Deno.test("an email that is taken right before the commit of the change is not taken away", async () => {
  const { service, commits, token, link } = await openWithLink(MORK);
  await using _ = service;
  commits.beforeNext("set", "account", () => signedUp(service, { email: MORK }));
  assertEquals((await submit(service, link, {})).status, 409);
  assertEquals(await emailOf(service, token), [EMAIL, false]);
  await checkInvariants(service.kv, service.services.keyring);
});

for (const fault of ["fails", "takes effect and fails", "takes effect and conflicts"] as const) {
  Deno.test(`a change whose commit ${fault} once is made once`, async () => {
    const { service, commits, token, accountId, link } = await openWithLink();
    await using _ = service;
    commits.break(fault, { kind: "account", times: 1 });
    assertEquals((await service.answerOf(submit(service, link, {}))).status, 200);
    assertEquals(await emailOf(service, token), [NEW, true]);
    const changes = (await typesOf(service, accountId)).filter((type) => type === "account.email_changed");
    assertEquals(changes.length, 1);
    await checkInvariants(service.kv, service.services.keyring);
  });
}

Deno.test("a change ends the links in the mails to the old email, and those that still wait there", async () => {
  const { service, token, link } = await openWithLink();
  await using _ = service;
  const links = [await resetLink(service, EMAIL), await deletionLink(service, EMAIL)];
  await service.send("POST", "/v1/password-resets", { email: EMAIL });
  const mails = service.mails.length;
  // The mail that waits has not been sent yet.
  assertEquals((await submit(service, link, {})).status, 200);
  for (const old of links) assertEquals((await open(service, old)).status, 404);
  await service.runDueTasks();
  assert(service.mails.length <= mails + 1);
  assertEquals((await service.request("/v1/account", { token })).status, 200);
});

Deno.test("a mail of a change that waits is sent no more when somebody else has the old email by then", async () => {
  let down = true;
  await using service = await TestService.open({
    wrapFetch: (fetch) => (input, init) =>
      down && String(input).includes("mail.test")
        ? Promise.resolve(new Response(null, { status: 503 }))
        : fetch(input, init),
  });
  const { session_token: token } = await signedUp(service);
  assertEquals((await askForEmail(service, token, "attacker@example.com")).status, 202);
  await service.runDueTasks();
  await service.request("/v1/account", { method: "DELETE", token });
  await signedUp(service);
  down = false;
  await service.clock.advance(10 * MINUTE_MS);
  await service.runDueTasks();
  assertEquals(service.mails.filter(({ to: [to] }) => to === "attacker@example.com"), []);
});

Deno.test("a verification marks the email as verified, signs nobody out, and tells of it once", async () => {
  await using service = await TestService.open();
  const { session_token: token, account } = await service.signedIn("mork.1");
  const other = await service.signedIn("mork.2");
  const link = await verificationLink(service, token, MORK);
  const page = await open(service, link);
  assertEquals([page.status, page.heading], [200, "Confirm this email address?"]);
  assertEquals(await emailOf(service, token), [MORK, false]);
  for (let i = 0; i < 2; i++) assertEquals((await submit(service, link, {})).status, 200);
  assertEquals(await emailOf(service, token), [MORK, true]);
  assertEquals((await service.request("/v1/account", { token: other.session_token })).status, 200);
  assertEquals((await typesOf(service, account.id)).filter((type) => type === "account.updated").length, 1);
});

Deno.test("a verification of an email that was changed meanwhile proves nothing", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  const verification = await verificationLink(service, token, EMAIL);
  assertEquals((await submit(service, await emailChangeLink(service, token, NEW), {})).status, 200);
  assertEquals((await submit(service, verification, {})).status, 404);
});

Deno.test("a made-up link, and one of another purpose, confirm nothing", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  const link = await emailChangeLink(service, token, NEW);
  const reset = await resetLink(service, EMAIL);
  const made = `${link.slice(0, -4)}AAAA`;
  const paths = [made, "/confirm-email/x", reset.replace("/reset/", "/confirm-email/")];
  for (const path of paths) assertEquals((await submit(service, path, {})).status, 404, path);
  for (const page of ["/reset/", "/delete-account/"]) {
    assertEquals((await open(service, link.replace("/confirm-email/", page))).status, 404);
  }
  const foreign = await submit(service, link, {}, { headers: { "sec-fetch-site": "cross-site" } });
  assertEquals(foreign.status, 403);
  assertEquals(await emailOf(service, token), [EMAIL, false]);
});
