/** The ticket of a profile without a usable email: it links the account of a sign-up, or any account of a sign-in. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { bodyOf, EMAIL, signedUp, signInByPassword, signUp } from "../../support/account_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import type { SignedInBody } from "../../support/bodies.ts";
import { TestService } from "../../support/test_service.ts";

const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";
const MINUTES = 60_000;

async function ticketOf(service: TestService, code: string, key?: string): Promise<string> {
  const response = await service.signIn(code, key === undefined ? {} : { key });
  const { link_ticket } = await assertProblem(response, "profile_incomplete");
  assertMatch(link_ticket ?? "", /^ocl_[A-Za-z0-9_-]{43}$/);
  return link_ticket ?? "";
}

async function assertOneClick(service: TestService, code: string, { account }: SignedInBody): Promise<void> {
  const { account: { id, created } } = await bodyOf(await service.signIn(code), 200);
  assertEquals([id, created], [account.id, false]);
}

Deno.test("a sign-up with the ticket of a profile_incomplete links Amazon, and then one click signs in", async () => {
  await using service = await TestService.open();
  const link_ticket = await ticketOf(service, "noemail.1");
  const signedIn = await bodyOf(await signUp(service, { link_ticket }), 201);
  assertEquals([signedIn.link, signedIn.account.amazon_linked, signedIn.account.email], [
    "linked",
    true,
    EMAIL,
  ]);
  await assertOneClick(service, "noemail.2", signedIn);
});

Deno.test("a sign-in with the ticket of a profile_incomplete links Amazon to that account", async () => {
  await using service = await TestService.open();
  const { account } = await signedUp(service);
  const link_ticket = await ticketOf(service, "noemail.1");
  const signedIn = await bodyOf(await signInByPassword(service, { link_ticket }), 200);
  assertEquals(signedIn.account, { ...account, created: false, amazon_linked: true });
  const again = await signInByPassword(service, { link_ticket });
  assertEquals(again.headers.get("idempotency-replayed"), "true");
  assertEquals(await bodyOf(again, 200), signedIn);
  await assertOneClick(service, "noemail.2", signedIn);
});

Deno.test("a sign-up whose answer was lost is gone on with: its key, or a sign-in with the ticket, gives the session", async () => {
  for (const key of [KEY, undefined]) {
    await using service = await TestService.open();
    const link_ticket = await ticketOf(service, "noemail.1");
    const options = key === undefined ? {} : { key };
    const first = await bodyOf(await signUp(service, { link_ticket }, options), 201);
    const second = await signUp(service, { link_ticket }, options);
    if (key !== undefined) assertEquals(await bodyOf(second, 201), first);
    else {
      await assertProblem(second, "email_taken");
      assertEquals(await bodyOf(await signInByPassword(service, { link_ticket }), 200), first);
    }
    assertEquals((await service.stored()).session, 1);
  }
});

Deno.test("the same code and key get the same ticket of a profile_incomplete", async () => {
  await using service = await TestService.open();
  const first = await ticketOf(service, "noemail.1", KEY);
  assertEquals(await ticketOf(service, "noemail.1", KEY), first);
  assert(await ticketOf(service, "noemail.2", KEY) !== first);
});

Deno.test("a sign-up with a made-up, expired or used ticket makes no account", async () => {
  await using service = await TestService.open();
  const expired = await ticketOf(service, "noemail.1");
  await service.clock.advance(15 * MINUTES);
  const used = await ticketOf(service, "noemail.2");
  await bodyOf(await signUp(service, { email: "first@example.com", link_ticket: used }), 201);
  for (const link_ticket of ["x", `ocl_${"A".repeat(43)}`, used.slice(0, -1), expired, used]) {
    await assertProblem(await signUp(service, { link_ticket }), "link_ticket_invalid");
  }
  const stored = await service.stored();
  assertEquals([stored.account, stored.email, stored.session], [1, 1, 1]);
});

Deno.test("a used ticket is worth nothing for another account", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const link_ticket = await ticketOf(service, "noemail.1");
  await bodyOf(await signUp(service, { email: "first@example.com", link_ticket }), 201);
  await assertProblem(await signInByPassword(service, { link_ticket }), "link_ticket_invalid");
});

Deno.test("a sign-up keeps the link of an Amazon customer who got another account meanwhile", async () => {
  await using service = await TestService.open();
  const [first, second] = [await ticketOf(service, "noemail.1"), await ticketOf(service, "noemail.2")];
  const owner = await bodyOf(await signUp(service, { link_ticket: first }), 201);
  const other = await bodyOf(
    await signUp(service, { email: "other@example.com", link_ticket: second }, { key: KEY }),
    201,
  );
  assertEquals([other.link, other.account.amazon_linked], ["kept", false]);
  const again = await signUp(service, { email: "other@example.com", link_ticket: second }, { key: KEY });
  assertEquals(await bodyOf(again, 201), other);
  await assertOneClick(service, "noemail.3", owner);
});

Deno.test("a deletion leaves nothing of a ticket that has linked the account", async () => {
  await using service = await TestService.open();
  const link_ticket = await ticketOf(service, "noemail.1", KEY);
  const { session_token: token } = await bodyOf(await signUp(service, { link_ticket }, { key: KEY }), 201);
  await service.request("/v1/account", { method: "DELETE", token });
  await service.runDueTasks();
  const { tries: _, mail: __, task: ___, ...stored } = await service.stored();
  assertEquals(stored, {});
});
