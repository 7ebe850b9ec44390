/** Activations with a link ticket: the approval links the Amazon customer of the TV in the same commit. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EMAIL, MORK, PASSWORD, recordOf, signedUp, ticketOf } from "../../support/account_requests.ts";
import {
  mailedTv,
  poll,
  polled,
  scannedTv,
  signInOnPhone,
  signUpOnPhone,
  startActivation,
  TV,
} from "../../support/activation_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { open, submit } from "../../support/mailed_links.ts";
import { TestService } from "../../support/test_service.ts";

/** Sends a code whose profile has no usable email, and returns the ticket. */
async function ticketForAny(service: TestService, code: string): Promise<string> {
  const { link_ticket } = await assertProblem(await service.signIn(code), "profile_incomplete");
  return String(link_ticket);
}

Deno.test("POST /v1/activations answers link_ticket_invalid to a ticket that is made up, expired or used", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: MORK });
  const refuse = async (link_ticket: string) => {
    const response = await service.send("POST", "/v1/activations", { link_ticket });
    await assertProblem(response, "link_ticket_invalid");
  };
  for (const ticket of ["ocl_", `ocl_${"x".repeat(43)}`, "x".repeat(128)]) await refuse(ticket);
  const used = await ticketOf(service, "mork.1");
  await service.send("POST", "/v1/sessions", { email: MORK, password: PASSWORD, link_ticket: used });
  await refuse(used);
  const old = await ticketForAny(service, "noemail.2");
  await service.clock.advance(15 * 60_000);
  await refuse(old);
  assertEquals((await service.stored()).activation, undefined);
});

Deno.test("the approval by password links, the page says so, and one click is enough from then on", async () => {
  await using service = await TestService.open();
  const { account } = await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  const { tv, path } = await scannedTv(service, { device: TV, link_ticket });
  assertStringIncludes((await open(service, path)).text, "also links the Amazon customer of this TV");
  // The ticket itself has expired when the customer is done.
  await service.clock.advance(14 * 60_000);
  assertEquals((await signInOnPhone(service, path, { email: MORK })).status, 200);
  for (let i = 0; i < 2; i++) {
    const body = await polled(service, tv) as { link?: string } & Awaited<ReturnType<typeof polled>>;
    assertEquals([body.link, body.account.amazon_linked], ["linked", true]);
  }
  const clicked = await service.signedIn("mork.2");
  assertEquals([clicked.account.id, clicked.account.created], [account.id, false]);
  const { events } = await (await service.request("/v1/account/events", { token: clicked.session_token }))
    .json();
  const types = events.map(({ type }: { type: string }) => type).toReversed();
  assertEquals(types, [
    "account.created",
    "session.created",
    "account.linked",
    "session.created",
    "session.created",
  ]);
});

Deno.test("the approval by sign-up links the new account", async () => {
  await using service = await TestService.open();
  const link_ticket = await ticketForAny(service, "noemail.1");
  const { tv, path } = await scannedTv(service, { device: TV, link_ticket });
  assertEquals((await signUpOnPhone(service, path)).status, 200);
  const { account } = await polled(service, tv, 201);
  assertEquals([account.amazon_linked, account.created], [true, true]);
  assertEquals((await service.signedIn("noemail.2")).account.id, account.id);
});

Deno.test("the approval by mail links, and proves the email", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  const { tv, path } = await scannedTv(service, { device: TV, link_ticket });
  assertEquals((await submit(service, await mailedTv(service, path, MORK), { do: "approve" })).status, 200);
  const { account } = await polled(service, tv);
  assertEquals([account.amazon_linked, account.email_verified], [true, true]);
});

Deno.test("a ticket for another account, or of a customer who is linked elsewhere, links nothing and signs in", async (t) => {
  await using service = await TestService.open();
  const { account } = await signedUp(service);
  await signedUp(service, { email: MORK });
  await t.step("for another account", async () => {
    const link_ticket = await ticketOf(service, "mork.1");
    const { tv, path } = await scannedTv(service, { link_ticket });
    assertEquals((await signInOnPhone(service, path, { email: EMAIL })).status, 200);
    const body = await polled(service, tv) as { link?: string } & Awaited<ReturnType<typeof polled>>;
    assertEquals([body.link, body.account.amazon_linked], ["kept", false]);
    assertEquals((await recordOf(service, account.id)).amazon_user_id, null);
  });
  await t.step("linked elsewhere meanwhile", async () => {
    const link_ticket = await ticketForAny(service, "noemail.2");
    const { tv, path } = await scannedTv(service, { link_ticket });
    const elsewhere = await service.send("POST", "/v1/sessions", {
      email: MORK,
      password: PASSWORD,
      link_ticket,
    });
    assertEquals((await elsewhere.json()).link, "linked");
    assertEquals((await signInOnPhone(service, path, { email: EMAIL })).status, 200);
    const body = await polled(service, tv) as { link?: string } & Awaited<ReturnType<typeof polled>>;
    assertEquals([body.link, body.account.amazon_linked], ["kept", false]);
  });
});

Deno.test("a ticket starts two activations, links once, and is used up then", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  const [first, second] = [
    await scannedTv(service, { link_ticket }),
    await scannedTv(service, { link_ticket }),
  ];
  await signInOnPhone(service, first.path, { email: MORK });
  await assertProblem(await service.send("POST", "/v1/activations", { link_ticket }), "link_ticket_invalid");
  await signInOnPhone(service, second.path, { email: MORK });
  for (const { tv } of [first, second]) assertEquals((await polled(service, tv)).account.amazon_linked, true);
});

Deno.test("a denial links nothing", async () => {
  await using service = await TestService.open();
  const { account } = await signedUp(service, { email: MORK });
  const { tv, path } = await scannedTv(service, { link_ticket: await ticketOf(service, "mork.1") });
  await submit(service, path, { do: "deny" });
  await signInOnPhone(service, path, { email: MORK });
  await assertProblem(await poll(service, tv), "access_denied");
  assertEquals((await recordOf(service, account.id)).amazon_user_id, null);
  assert((await startActivation(service)).device_code !== tv.device_code);
});
