/** How a victim gets an account back that an attacker has made for their email: by a mailed link. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  accountOf,
  bodyOf,
  PASSWORD,
  recordOf,
  signedUp,
  signInByPassword,
  ticketOf,
} from "../support/account_requests.ts";
import { mailedTv, polled, scannedTv } from "../support/activation_requests.ts";
import { assertProblem } from "../support/contract_problems.ts";
import { open, resetLink, submit } from "../support/mailed_links.ts";
import { TestService } from "../support/test_service.ts";

const VICTIM = "mhashimoto-04@plaxo.com";
const ATTACKERS_PASSWORD = "the attacker knows this";

const CHOICE = { password: PASSWORD, repeat: PASSWORD };

Deno.test("the victim's reset ends the attacker's password, sessions and link with Amazon", async () => {
  await using service = await TestService.open();
  const attacker = await signedUp(service, { email: VICTIM, password: ATTACKERS_PASSWORD });
  const credentials = { email: VICTIM, password: ATTACKERS_PASSWORD };
  // The attacker links an Amazon customer whose profile claims the victim's email.
  const link_ticket = await ticketOf(service, "twin.1");
  const linked = await bodyOf(await signInByPassword(service, { ...credentials, link_ticket }), 200);
  const spare = await ticketOf(service, "mork.9");

  const link = await resetLink(service, VICTIM);
  const [, box = ""] = /(<input id="unlink"[^>]*>)/.exec((await open(service, link)).html) ?? [];
  assert(box.includes("checked"));
  assertEquals((await submit(service, link, { ...CHOICE, unlink: "on" })).status, 200);

  for (const { session_token } of [attacker, linked]) {
    assertEquals(await accountOf(service, session_token), 401);
  }
  for (const extra of [{}, { link_ticket: spare }]) {
    const response = await signInByPassword(service, { ...credentials, ...extra });
    await assertProblem(response, "invalid_credentials");
  }
  await ticketOf(service, "twin.2");
  const record = await recordOf(service, attacker.account.id);
  assertEquals([record.email_verified, record.amazon_user_id], [true, null]);
  // The victim signs in with their own Amazon customer.
  const own = { email: VICTIM, password: PASSWORD, link_ticket: await ticketOf(service, "mork.1") };
  const victim = await bodyOf(await signInByPassword(service, own), 200);
  assertEquals([victim.account.id, victim.account.amazon_linked], [attacker.account.id, true]);
});

Deno.test("the victim's reset leaves the attacker's Amazon customer linked only when the victim unticks the box", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: VICTIM, password: ATTACKERS_PASSWORD });
  const link_ticket = await ticketOf(service, "twin.1");
  const credentials = { email: VICTIM, password: ATTACKERS_PASSWORD, link_ticket };
  await bodyOf(await signInByPassword(service, credentials), 200);
  await submit(service, await resetLink(service, VICTIM), CHOICE);
  assertEquals((await service.signIn("twin.2")).status, 200);
});

Deno.test("non-verifying identity provider: the victim's first password signs the attacker out without a tick", async () => {
  await using service = await TestService.open();
  const attacker = await service.signedIn("twin.1", { device: { name: "Mallory's set" } });
  await submit(service, await resetLink(service, VICTIM), CHOICE);
  assertEquals(await accountOf(service, attacker.session_token), 401);
});

Deno.test("non-verifying identity provider: the victim sees the attacker's device on the page, and signs it out", async () => {
  await using service = await TestService.open();
  const attacker = await service.signedIn("twin.1", { device: { name: "Mallory's set" } });
  const link = await resetLink(service, VICTIM);
  const page = await open(service, link);
  assert(
    page.text.includes("Mallory&#39;s set") && page.text.includes("Sign out everywhere and unlink Amazon"),
  );
  await submit(service, link, { ...CHOICE, unlink: "on" });
  assertEquals(await accountOf(service, attacker.session_token), 401);
  await ticketOf(service, "twin.2");
});

Deno.test("unexpired session and password: who approves a TV by mail can put the maker of the account out", async () => {
  await using service = await TestService.open();
  const attacker = await signedUp(service, { email: VICTIM, password: ATTACKERS_PASSWORD });
  // The attacker has linked an Amazon customer too.
  const link_ticket = await ticketOf(service, "twin.1");
  await bodyOf(
    await signInByPassword(service, { email: VICTIM, password: ATTACKERS_PASSWORD, link_ticket }),
    200,
  );
  const { tv, path } = await scannedTv(service);
  const link = await mailedTv(service, path, VICTIM);
  assertStringIncludes((await open(service, link)).text, "I did not create this account");
  assertEquals((await submit(service, link, { do: "approve", claim: "on" })).status, 200);
  const { account, session_token: token } = await polled(service, tv);
  assertEquals([account.id, account.email_verified, account.password, account.amazon_linked], [
    attacker.account.id,
    true,
    "temporary",
    false,
  ]);
  assertEquals(await accountOf(service, attacker.session_token), 401);
  const again = await signInByPassword(service, { email: VICTIM, password: ATTACKERS_PASSWORD });
  await assertProblem(again, "invalid_credentials");
  await assertProblem(await service.signIn("twin.2"), "link_required");
  const { sessions } = await (await service.request("/v1/sessions", { token })).json();
  assertEquals(sessions.length, 1);
  assertEquals((await service.stored()).amazon_user, undefined);
  // The same form again changes nothing, and from now on the account is the customer's.
  assertEquals((await submit(service, link, { do: "approve", claim: "on" })).status, 200);
  assertEquals(typeof await accountOf(service, token), "object");
  const { path: next } = await scannedTv(service);
  const proved = await mailedTv(service, next, VICTIM);
  assertEquals((await open(service, proved)).html.includes('name="claim"'), false);
  await submit(service, proved, { do: "approve", claim: "on" });
  assertEquals(typeof await accountOf(service, token), "object");
});
