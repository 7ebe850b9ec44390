/** `DELETE /v1/account`: its answers, and what the customer can do afterwards. */
import { assert, assertEquals } from "@std/assert";
import { MORK, signedUp, signInByPassword, ticketOf } from "../../support/account_requests.ts";
import { deleteAccount } from "../../support/deletion_requests.ts";
import { TestService } from "../../support/test_service.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { StaleReplica } from "../../support/stale_replica.ts";

const DAY_MS = 86_400_000;

Deno.test("DELETE /v1/account answers 204 and signs every device out at once", async () => {
  await using service = await TestService.open();
  const devices = [];
  for (const nonce of ["1", "2", "3"]) devices.push(await service.signedIn(`mork.${nonce}`));
  const other = await service.signedIn("returning.1");
  const response = await deleteAccount(service, devices[0]?.session_token);
  assertEquals([response.status, await response.text()], [204, ""]);
  assertEquals(response.headers.get("cache-control"), "no-store");
  assert(response.headers.has("x-request-id"));
  for (const { session_token: token } of devices) {
    for (const path of ["/v1/account", "/v1/sessions", "/v1/sessions/current"]) {
      await assertProblem(await service.request(path, { token }), "invalid_session");
    }
    // The device that asked is told the same again.
    const again = await deleteAccount(service, token);
    if (token === devices[0]?.session_token) assertEquals(again.status, 204);
    else await assertProblem(again, "invalid_session");
  }
  assertEquals((await service.request("/v1/account", { token: other.session_token })).status, 200);
});

Deno.test("DELETE /v1/account answers invalid_session without a session, and deletes nothing", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1");
  await assertProblem(await deleteAccount(service), "invalid_session");
  await assertProblem(await deleteAccount(service, token.slice(0, -1) + "-"), "invalid_session");
  assertEquals((await service.request("/v1/account", { token })).status, 200);
});

Deno.test("DELETE /v1/account deletes although the token was checked by a replica that is behind", async () => {
  const replica = new StaleReplica();
  await using service = await TestService.open({ wrapKv: replica.wrap });
  const [first, second] = [await service.signedIn("mork.1"), await service.signedIn("returning.1")];
  await replica.freeze(service.kv);
  await service.send("PATCH", "/v1/account", { name: "Rita" }, { token: second.session_token });
  assertEquals((await deleteAccount(service, second.session_token)).status, 204);
  // The replica still has the deleted account: the same request once more reports the deletion.
  assertEquals((await deleteAccount(service, second.session_token)).status, 204);
  assertEquals((await deleteAccount(service, first.session_token)).status, 204);
  await service.runDueTasks();
  assertEquals(await service.stored(), {});
});

Deno.test("POST /v1/sessions answers the same for a deleted account as for an unknown email", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  assertEquals((await deleteAccount(service, token)).status, 204);
  const deleted = await assertProblem(await signInByPassword(service), "invalid_credentials");
  const unknown = await signInByPassword(service, { email: "nobody@example.com" });
  const { request_id: _, ...expected } = await assertProblem(unknown, "invalid_credentials");
  assertEquals({ ...deleted, request_id: undefined }, { ...expected, request_id: undefined });
});

Deno.test("DELETE /v1/account mails the customer once that the account is deleted", async () => {
  await using service = await TestService.open();
  const { session_token: token, account: { email } } = await service.signedIn("mork.1");
  assertEquals((await deleteAccount(service, token)).status, 204);
  for (let minute = 0; minute < 3; minute++) {
    await service.runDueTasks();
    await service.clock.advance(2 * DAY_MS);
  }
  assertEquals(service.mails.map(({ to, subject }) => [to, subject]), [
    [[email], "Your Oneclick account is deleted"],
  ]);
  const [{ text, html } = { text: "", html: "" }] = service.mails;
  assert(text.includes("All devices are signed out") && !/https?:/.test(text) && !html.includes("href"));
  assertEquals(await service.stored(), {});
});

Deno.test("DELETE /v1/account without MAIL_URL sends no mail and stores none", async () => {
  await using service = await TestService.open({ env: { MAIL_URL: "", MAIL_FROM: "" } });
  const { session_token: token } = await service.signedIn("mork.1");
  assertEquals((await deleteAccount(service, token)).status, 204);
  await service.runDueTasks();
  assertEquals([service.mails, await service.stored()], [[], {}]);
});

Deno.test("a customer who deleted their account gets a new one by one click, and no session by the old code", async () => {
  await using service = await TestService.open();
  const key = "the-key-of-the-device";
  const before = await service.signedIn("mork.1", { key });
  assertEquals((await service.signIn("mork.1", { key })).headers.get("idempotency-replayed"), "true");
  await deleteAccount(service, before.session_token);
  for (const options of [{ key }, { key: "the-key-of-another-device" }, {}]) {
    await assertProblem(await service.signIn("mork.1", options), "code_rejected");
  }
  const after = await service.signedIn("mork.2", { key });
  assertEquals([after.account.created, after.account.email], [true, before.account.email]);
  assert(after.account.id !== before.account.id);
  await assertProblem(
    await service.request("/v1/account", { token: before.session_token }),
    "invalid_session",
  );
});

Deno.test("POST /v1/accounts takes the email of a deleted account", async () => {
  await using service = await TestService.open();
  const before = await signedUp(service);
  await deleteAccount(service, before.session_token);
  const after = await signedUp(service);
  assertEquals(after.account.created, true);
  assert(after.account.id !== before.account.id);
  assertEquals((await signInByPassword(service)).status, 200);
});

Deno.test("POST /v1/sessions refuses a link ticket of a deleted account", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  await deleteAccount(service, token);
  await assertProblem(await signInByPassword(service, { email: MORK, link_ticket }), "invalid_credentials");
  await signedUp(service, { email: MORK });
  await assertProblem(await signInByPassword(service, { email: MORK, link_ticket }), "link_ticket_invalid");
});
