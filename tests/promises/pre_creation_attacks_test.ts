/**
 * The attacks on account pre-creation, by the names that Sudhodanan and Paverd gave them ("Pre-hijacked accounts",
 * USENIX Security 2022). In each attack the attacker prepares an account for the email of a victim who is not a customer
 * yet, waits until the victim comes, and tries to share the account.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  accountOf,
  bodyOf,
  PASSWORD,
  recordOf,
  signedUp,
  signInByPassword,
  signUp,
  ticketOf,
} from "../support/account_requests.ts";
import { assertProblem } from "../support/contract_problems.ts";
import { askForEmail, pathIn } from "../support/email_requests.ts";
import { open, resetLink, submit } from "../support/mailed_links.ts";
import { TestService } from "../support/test_service.ts";

const VICTIM = "mhashimoto-04@plaxo.com";
const ATTACKER = "attacker@example.com";
const ATTACKERS_PASSWORD = "the attacker knows this";

Deno.test("classic-federated merge: the victim's one click never merges into an account that waits with their email", async () => {
  await using service = await TestService.open();
  const attacker = await signedUp(service, { email: VICTIM, password: ATTACKERS_PASSWORD });
  const before = await recordOf(service, attacker.account.id);

  const problem = await assertProblem(await service.signIn("mork.1"), "link_required");
  assertEquals("session_token" in problem, false);
  // Nothing of the victim reached the account: no name, no postal code, no Amazon customer, no device.
  assertEquals(await recordOf(service, attacker.account.id), before);
  const again = await bodyOf(
    await signInByPassword(service, { email: VICTIM, password: ATTACKERS_PASSWORD }),
    200,
  );
  assertEquals([again.account.name, again.account.postal_code, again.account.amazon_linked], [
    null,
    null,
    false,
  ]);
  assertEquals((await service.stored()).amazon_user, undefined);
});

Deno.test("classic-federated merge: a sign-up never merges into the one-click account of the same email", async () => {
  await using service = await TestService.open();
  const victim = await service.signedIn("mork.1");
  const before = await recordOf(service, victim.account.id);
  await assertProblem(await signUp(service, { email: VICTIM, password: ATTACKERS_PASSWORD }), "email_taken");
  const guess = await signInByPassword(service, { email: VICTIM, password: ATTACKERS_PASSWORD });
  await assertProblem(guess, "invalid_credentials");
  assertEquals(await recordOf(service, victim.account.id), before);
});

Deno.test("unexpired session: an earlier session shows no data of the victim, and ends when the password changes", async () => {
  await using service = await TestService.open();
  const attacker = await signedUp(service, { email: VICTIM, password: ATTACKERS_PASSWORD });
  const account = await accountOf(service, attacker.session_token);
  await ticketOf(service, "mork.1");
  assertEquals(await accountOf(service, attacker.session_token), account);
  const { sessions } = await (await service.request("/v1/sessions", { token: attacker.session_token }))
    .json();
  assertEquals(sessions.map(({ id }: { id: string }) => id), [attacker.session.id]);

  // The next owner of the account sets a password. That signs all other devices out.
  const owner = await bodyOf(
    await signInByPassword(service, { email: VICTIM, password: ATTACKERS_PASSWORD }),
    200,
  );
  const body = { current_password: ATTACKERS_PASSWORD, new_password: PASSWORD };
  const changed = await service.send("PUT", "/v1/account/password", body, { token: owner.session_token });
  assertEquals(changed.status, 204);
  assertEquals(await accountOf(service, attacker.session_token), 401);
  await service.clock.advance(86_400_000 + 1);
  assertEquals(await accountOf(service, attacker.session_token), 401);
  assertEquals(typeof await accountOf(service, owner.session_token), "object");
});

Deno.test("trojan identifier: an attacker cannot tie their own Amazon customer to an account with the victim's email", async () => {
  await using service = await TestService.open();
  const trojan = await signedUp(service, { email: VICTIM, password: ATTACKERS_PASSWORD });
  // The attacker's Amazon customer has another email. One click makes another account, and gives no ticket.
  const own = await service.signedIn("returning.1");
  assert(own.account.id !== trojan.account.id);
  // A ticket of the attacker's customer works only for the account with the attacker's email.
  await signedUp(service, { email: "noname@example.com", password: ATTACKERS_PASSWORD });
  const link_ticket = await ticketOf(service, "noname.1");
  const tied = await signInByPassword(service, { email: VICTIM, password: ATTACKERS_PASSWORD, link_ticket });
  await assertProblem(tied, "link_ticket_invalid");
  assertEquals((await recordOf(service, trojan.account.id)).amazon_user_id, null);
});

Deno.test("trojan identifier: the ticket of the victim's device is worth nothing without the password", async () => {
  await using service = await TestService.open();
  const victim = await signedUp(service, { email: VICTIM });
  const link_ticket = await ticketOf(service, "twin.1");
  await signedUp(service, { email: "attacker@example.com", password: ATTACKERS_PASSWORD });
  const own = { email: "attacker@example.com", password: ATTACKERS_PASSWORD, link_ticket };
  await assertProblem(await signInByPassword(service, own), "link_ticket_invalid");
  const other = { email: VICTIM, password: ATTACKERS_PASSWORD, link_ticket };
  await assertProblem(await signInByPassword(service, other), "invalid_credentials");
  for (const path of ["/v1/account", "/v1/sessions", "/v1/sessions/current"]) {
    assertEquals((await service.request(path, { token: link_ticket })).status, 401);
  }
  assertEquals((await recordOf(service, victim.account.id)).amazon_user_id, null);
});

Deno.test("unexpired email change: an email does not change by PATCH", async () => {
  await using service = await TestService.open();
  const attacker = await signedUp(service, { email: ATTACKER, password: ATTACKERS_PASSWORD });
  const { session_token: token } = attacker;
  for (const changes of [{ email: VICTIM }, { email: VICTIM, email_verified: true, name: "Mork" }]) {
    await service.send("PATCH", "/v1/account", changes, { token });
  }
  const record = await recordOf(service, attacker.account.id);
  assertEquals([record.email, record.email_verified], [ATTACKER, false]);
});

for (const comes of ["by one click", "by sign-up"] as const) {
  Deno.test(`unexpired email change: a change to the victim's email takes nothing from a victim who comes ${comes} before its link is used`, async () => {
    await using service = await TestService.open();
    const attacker = await signedUp(service, { email: ATTACKER, password: ATTACKERS_PASSWORD });
    const { session_token: token } = attacker;
    assertEquals((await askForEmail(service, token, VICTIM, ATTACKERS_PASSWORD)).status, 202);
    await service.runDueTasks();
    const [mail] = service.mails.filter(({ to: [to] }) => to === VICTIM);
    const link = pathIn(mail!);
    const victim = comes === "by one click"
      ? await service.signedIn("mork.1")
      : await signedUp(service, { email: VICTIM });
    assert(victim.account.id !== attacker.account.id);
    // The victim is curious, or a scanner of mails sends forms.
    for (const page of [await open(service, link), await submit(service, link, {})]) {
      assertEquals(page.status, 409);
    }
    assertEquals((await recordOf(service, victim.account.id)).email, VICTIM);
    const record = await recordOf(service, attacker.account.id);
    assertEquals([record.email, record.email_verified], [ATTACKER, false]);
    assertEquals((await service.request("/v1/account", { token: victim.session_token })).status, 200);
  });
}

Deno.test("unexpired email change: the mail to the victim names no link that acts by being opened, and the page names the attacker's email", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service, { email: ATTACKER, password: ATTACKERS_PASSWORD });
  await askForEmail(service, token, VICTIM, ATTACKERS_PASSWORD);
  await service.runDueTasks();
  const page = await open(service, pathIn(service.mails.find(({ to: [to] }) => to === VICTIM)!));
  assertStringIncludes(page.text, ATTACKER);
  // The victim does not confirm, and comes by one click: the account is their own.
  const victim = await service.signedIn("mork.1");
  assertEquals([victim.account.created, victim.account.email], [true, VICTIM]);
});

for (const waits of ["in the attacker's mailbox", "in the outbox"] as const) {
  Deno.test(`unexpired email change: a change that waits ${waits} cannot move the account away from a victim who got it back`, async () => {
    await using service = await TestService.open();
    const attacker = await signedUp(service, { email: VICTIM, password: ATTACKERS_PASSWORD });
    const { session_token: token } = attacker;
    // The victim's device is told of the account, and the victim chooses a password by mail.
    await ticketOf(service, "mork.1");
    const reset = await resetLink(service, VICTIM);
    assertEquals((await askForEmail(service, token, ATTACKER, ATTACKERS_PASSWORD)).status, 202);
    let link = "/confirm-email/none";
    if (waits === "in the attacker's mailbox") {
      await service.runDueTasks();
      link = pathIn(service.mails.find(({ to: [to] }) => to === ATTACKER)!);
    }
    const page = await submit(service, reset, { password: PASSWORD, repeat: PASSWORD });
    assertEquals(page.status, 200);
    await service.runDueTasks();
    const sent = service.mails.filter(({ to: [to] }) => to === ATTACKER);
    for (const path of [link, ...sent.map(pathIn)]) {
      assertEquals((await submit(service, path, {})).status, 404);
    }
    assertEquals((await recordOf(service, attacker.account.id)).email, VICTIM);
    assertEquals((await service.request("/v1/account", { token })).status, 401);
    await bodyOf(await signInByPassword(service, { email: VICTIM }), 200);
  });
}

Deno.test("non-verifying identity provider: an Amazon profile that claims the victim's email opens nothing", async () => {
  await using service = await TestService.open();
  const victim = await signedUp(service, { email: VICTIM, name: "Mork" });
  const before = await recordOf(service, victim.account.id);
  const link_ticket = await ticketOf(service, "twin.1");
  for (const password of [ATTACKERS_PASSWORD, "mhashimoto-04"]) {
    await assertProblem(
      await signInByPassword(service, { email: VICTIM, password, link_ticket }),
      "invalid_credentials",
    );
  }
  assertEquals(await recordOf(service, victim.account.id), before);
  // More codes give the same answer, and no session.
  for (const code of ["twin.2", "twin.3"]) await ticketOf(service, code);
  assertEquals((await service.stored()).session, 1);
});

Deno.test("non-verifying identity provider: an attacker who claimed the email first gets nothing of the victim's Amazon customer", async () => {
  await using service = await TestService.open();
  const attacker = await bodyOf(await service.signIn("twin.1"), 201);
  const before = await recordOf(service, attacker.account.id);
  await ticketOf(service, "mork.1");
  assertEquals(await recordOf(service, attacker.account.id), before);
  assertEquals(before.email_verified, false);
  const { sessions } = await (await service.request("/v1/sessions", { token: attacker.session_token }))
    .json();
  assertEquals(sessions.length, 1);
});
