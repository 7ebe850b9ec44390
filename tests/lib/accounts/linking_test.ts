/** Linking (`POST /v1/sessions` with `link_ticket`) and unlinking (`DELETE /v1/account/amazon-link`). */
import { assertEquals } from "@std/assert";
import {
  accountOf,
  bodyOf,
  MORK,
  recordOf,
  signedUp,
  signInByPassword,
  ticketOf,
} from "../../support/account_requests.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import type { SignedInBody } from "../../support/bodies.ts";
import { TestService } from "../../support/test_service.ts";

const MINUTES = 60_000;

/** Asserts that the same request gets the same session again. */
async function assertSameSession(
  service: TestService,
  first: SignedInBody,
  changes: Record<string, unknown>,
): Promise<void> {
  const again = await signInByPassword(service, changes);
  assertEquals(again.headers.get("idempotency-replayed"), "true");
  assertEquals(await bodyOf(again, 200), first);
}

Deno.test("POST /v1/sessions with link_ticket signs in and links, and then one click signs in", async () => {
  await using service = await TestService.open();
  const { account } = await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  const linked = await bodyOf(await signInByPassword(service, { email: MORK, link_ticket }), 200);
  assertEquals(linked.account, { ...account, created: false, amazon_linked: true });
  assertEquals(linked.link, "linked");
  assertEquals(typeof await accountOf(service, linked.session_token), "object");
  // The customer is told by mail, which is sent right after the answer.
  await service.services.background.idle();
  const { tries: _, ...stored } = await service.stored();
  assertEquals(stored, {
    account: 1,
    amazon_user: 1,
    email: 1,
    event: 3,
    session: 2,
    exchange: 1,
    code_result: 1,
    link_ticket: 1,
  });

  const oneClick = await bodyOf(await service.signIn("moved.1"), 200);
  assertEquals(oneClick.account, linked.account);
});

Deno.test("POST /v1/sessions with link_ticket links and signs in by one commit, or does neither", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  const { account } = await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  const before = await service.stored();
  commits.break("fails", { kind: "amazon_user" });
  const answer = await service.answerOf(signInByPassword(service, { email: MORK, link_ticket }));
  await assertProblem(answer, "storage_unavailable");
  assertEquals((await recordOf(service, account.id)).amazon_user_id, null);
  assertEquals(await service.stored(), before);
});

Deno.test("POST /v1/sessions uses a ticket once: 8 requests with it at the same time get one session", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  const responses = await Promise.all(
    Array.from({ length: 8 }, () => signInByPassword(service, { email: MORK, link_ticket })),
  );
  const bodies = await Promise.all(responses.map((response) => bodyOf(response, 200)));
  assertEquals(new Set(bodies.map(({ session_token }) => session_token)).size, 1);
  assertEquals(responses.filter(({ headers }) => headers.get("idempotency-replayed") === "true").length, 7);
  assertEquals((await service.stored()).session, 2);
});

Deno.test("POST /v1/sessions with a used ticket gives its session again for 10 minutes, and no longer", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  await service.clock.advance(15 * MINUTES - 1);
  const first = await bodyOf(await signInByPassword(service, { email: MORK, link_ticket }), 200);
  const wrong = { email: MORK, password: "correct horse batterz", link_ticket };
  await assertProblem(await signInByPassword(service, wrong), "invalid_credentials");
  await assertSameSession(service, first, { email: MORK, link_ticket });
  await service.clock.advance(10 * MINUTES - 1);
  const again = await bodyOf(await signInByPassword(service, { email: MORK, link_ticket }), 200);
  assertEquals(again.session_token, first.session_token);
  await service.clock.advance(1);
  await assertProblem(await signInByPassword(service, { email: MORK, link_ticket }), "link_ticket_invalid");
  assertEquals((await service.stored()).session, 2);
});

Deno.test("POST /v1/sessions with a used ticket whose device was signed out answers link_ticket_invalid", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  const { session_token: token } = await bodyOf(
    await signInByPassword(service, { email: MORK, link_ticket }),
    200,
  );
  await service.request("/v1/sessions/current", { method: "DELETE", token });
  await assertProblem(await signInByPassword(service, { email: MORK, link_ticket }), "link_ticket_invalid");
});

Deno.test("POST /v1/sessions with a used ticket does not undo what came after: an unlinked account stays so", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  const first = await bodyOf(await signInByPassword(service, { email: MORK, link_ticket }), 200);
  const unlinked = await service.request("/v1/account/amazon-link", {
    method: "DELETE",
    token: first.session_token,
  });
  assertEquals(unlinked.status, 204);
  const account = { ...first.account, amazon_linked: false };
  await assertSameSession(service, { ...first, account }, { email: MORK, link_ticket });
  assertEquals((await service.stored()).amazon_user, undefined);
});

Deno.test("POST /v1/sessions accepts a ticket for 15 minutes, and no longer", async () => {
  for (const [ms, status] of [[15 * MINUTES - 1, 200], [15 * MINUTES, 400]] as const) {
    await using service = await TestService.open();
    await signedUp(service, { email: MORK });
    const link_ticket = await ticketOf(service, "mork.1");
    await service.clock.advance(ms);
    const response = await signInByPassword(service, { email: MORK, link_ticket });
    assertEquals(response.status, status);
    if (status === 400) await assertProblem(response, "link_ticket_invalid");
    else await response.body?.cancel();
  }
});

Deno.test("POST /v1/sessions answers link_ticket_invalid to an unknown ticket, links nothing and gives no session", async () => {
  await using service = await TestService.open();
  const { account } = await signedUp(service, { email: MORK });
  for (const link_ticket of ["x", `ocl_${"A".repeat(43)}`]) {
    const problem = await assertProblem(
      await signInByPassword(service, { email: MORK, link_ticket }),
      "link_ticket_invalid",
    );
    assertEquals("session_token" in problem, false);
  }
  assertEquals((await recordOf(service, account.id)).amazon_user_id, null);
  assertEquals((await service.stored()).session, 1);
});

Deno.test("POST /v1/sessions answers link_ticket_invalid to a ticket for another account, and does not use it up", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: MORK });
  await signedUp(service);
  const link_ticket = await ticketOf(service, "mork.1");
  await assertProblem(await signInByPassword(service, { link_ticket }), "link_ticket_invalid");
  await bodyOf(await signInByPassword(service, { email: MORK, link_ticket }), 200);
});

Deno.test("POST /v1/sessions with a wrong password does not use the ticket up, does not judge it, and counts as a try", async () => {
  await using service = await TestService.open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "3" } });
  await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  for (const ticket of [link_ticket, "ocl_unknown"]) {
    const wrong = { email: MORK, password: "correct horse batterz", link_ticket: ticket };
    await assertProblem(await signInByPassword(service, wrong), "invalid_credentials");
  }
  await bodyOf(await signInByPassword(service, { email: MORK, link_ticket }), 200);
});

Deno.test("POST /v1/sessions signs in and keeps the link when the account has another Amazon customer", async () => {
  await using service = await TestService.open();
  const { account } = await signedUp(service, { email: MORK });
  const [first, second] = [await ticketOf(service, "mork.1"), await ticketOf(service, "twin.1")];
  await bodyOf(await signInByPassword(service, { email: MORK, link_ticket: first }), 200);
  const kept = await bodyOf(await signInByPassword(service, { email: MORK, link_ticket: second }), 200);
  assertEquals([kept.link, kept.account.amazon_linked], ["kept", true]);
  assertEquals((await recordOf(service, account.id)).amazon_user_id, "amznl.account.K2LI23KL2LK2");
  const stored = await service.stored();
  assertEquals([stored.amazon_user, stored.session, stored.link_ticket], [1, 3, 2]);
  await assertSameSession(service, kept, { email: MORK, link_ticket: second });
});

Deno.test("POST /v1/sessions signs in and keeps the link when the Amazon customer has another account", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  // The email was changed at Amazon, so the next code finds no account and creates one.
  const other = await service.signedIn("moved.1");
  const kept = await bodyOf(await signInByPassword(service, { email: MORK, link_ticket }), 200);
  assertEquals([kept.link, kept.account.amazon_linked], ["kept", false]);
  assertEquals((await service.signedIn("mork.2")).account.id, other.account.id);
});

Deno.test("POST /v1/sessions links with a second ticket of the same customer as with the first", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: MORK });
  const tickets = [await ticketOf(service, "mork.1"), await ticketOf(service, "mork.2")];
  for (const link_ticket of tickets) {
    await bodyOf(await signInByPassword(service, { email: MORK, link_ticket }), 200);
  }
  const stored = await service.stored();
  assertEquals([stored.amazon_user, stored.link_ticket], [1, 2]);
});

Deno.test("POST /v1/sessions links at most one of two customers at the same time", async () => {
  for (let round = 0; round < 10; round++) {
    await using service = await TestService.open();
    const { account } = await signedUp(service, { email: MORK });
    const tickets = [await ticketOf(service, "mork.1"), await ticketOf(service, "twin.1")];
    const responses = await Promise.all(
      tickets.map((link_ticket) => signInByPassword(service, { email: MORK, link_ticket })),
    );
    const links = await Promise.all(responses.map(async (response) => (await bodyOf(response, 200)).link));
    assertEquals([...links].sort(), ["kept", "linked"]);
    const winner = links.indexOf("linked");
    assertEquals(
      (await recordOf(service, account.id)).amazon_user_id,
      ["amznl.account.K2LI23KL2LK2", "amznl.account.TW1NTW1NTW1N"][winner],
    );
    assertEquals((await service.stored()).amazon_user, 1);
  }
});

Deno.test("POST /v1/sessions does not link a customer who gets an account by one click at the same moment", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  let other = "";
  commits.beforeNext("set", "amazon_user", async () => {
    other = (await service.signedIn("moved.1")).account.id;
  });
  assertEquals(
    (await bodyOf(await signInByPassword(service, { email: MORK, link_ticket }), 200)).link,
    "kept",
  );
  assertEquals((await service.signedIn("mork.2")).account.id, other);
});

Deno.test("POST /v1/sessions links nothing with a ticket that is removed before the commit", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  commits.beforeNext("set", "amazon_user", async () => {
    for await (const { key } of service.kv.list({ prefix: ["link_ticket"] })) await service.kv.delete(key);
  });
  await assertProblem(await signInByPassword(service, { email: MORK, link_ticket }), "link_ticket_invalid");
  assertEquals((await service.stored()).amazon_user, undefined);
});

Deno.test("POST /v1/sessions answers 200 when the commit of its link took effect and reported a failed check", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  commits.break("takes effect and conflicts", { kind: "account" });
  const { account } = await bodyOf(await signInByPassword(service, { email: MORK, link_ticket }), 200);
  assertEquals(account.amazon_linked, true);
  assertEquals((await service.stored()).session, 2);
});
