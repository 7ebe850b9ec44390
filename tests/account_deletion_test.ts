/** `DELETE /v1/account`: what it answers, and what its customer can do afterwards (design, section 2). */
import { assert, assertEquals } from "@std/assert";
import { signedUp, signInByPassword, ticketOf } from "./account_calls.ts";
import { deleteAccount } from "./deletion_calls.ts";
import { House } from "./house.ts";
import { assertProblem } from "./problems.ts";
import { Replica } from "./replica.ts";

const DAY_MS = 86_400_000;

Deno.test("DELETE /v1/account answers 204 and signs every device out at once", async () => {
  await using house = await House.open();
  const devices = [];
  for (const nonce of ["1", "2", "3"]) devices.push(await house.signedIn(`mork.${nonce}`));
  const other = await house.signedIn("returning.1");
  const response = await deleteAccount(house, devices[0]?.session_token);
  assertEquals([response.status, await response.text()], [204, ""]);
  assertEquals(response.headers.get("cache-control"), "no-store");
  assert(response.headers.has("x-request-id"));
  for (const { session_token: token } of devices) {
    for (const path of ["/v1/account", "/v1/sessions", "/v1/sessions/current"]) {
      await assertProblem(await house.request(path, { token }), "invalid_session");
    }
    await assertProblem(await deleteAccount(house, token), "invalid_session");
  }
  assertEquals((await house.request("/v1/account", { token: other.session_token })).status, 200);
});

Deno.test("DELETE /v1/account answers invalid_session without a session, and deletes nothing", async () => {
  await using house = await House.open();
  const { session_token: token } = await house.signedIn("mork.1");
  await assertProblem(await deleteAccount(house), "invalid_session");
  await assertProblem(await deleteAccount(house, token.slice(0, -1) + "-"), "invalid_session");
  assertEquals((await house.request("/v1/account", { token })).status, 200);
});

Deno.test("DELETE /v1/account goes on after a replica that is behind let the session pass", async () => {
  const replica = new Replica();
  await using house = await House.open({ wrapKv: replica.wrap });
  const [gone, here] = [await house.signedIn("mork.1"), await house.signedIn("returning.1")];
  await replica.freeze(house.kv);
  await house.send("PATCH", "/v1/account", { name: "Rita" }, { token: here.session_token });
  assertEquals((await deleteAccount(house, here.session_token)).status, 204);
  // It has not heard of the deletion either: who asks again is told what is so.
  assertEquals((await deleteAccount(house, here.session_token)).status, 204);
  assertEquals((await deleteAccount(house, gone.session_token)).status, 204);
  await house.runDueTasks();
  assertEquals(await house.stored(), {});
});

Deno.test("a password of a deleted account signs in as that of an unknown email does", async () => {
  await using house = await House.open();
  const { session_token: token } = await signedUp(house);
  assertEquals((await deleteAccount(house, token)).status, 204);
  const gone = await assertProblem(await signInByPassword(house), "invalid_credentials");
  const unknown = await signInByPassword(house, { email: "nobody@example.com" });
  const { request_id: _, ...expected } = await assertProblem(unknown, "invalid_credentials");
  assertEquals({ ...gone, request_id: undefined }, { ...expected, request_id: undefined });
});

Deno.test("DELETE /v1/account sends one last mail that says so", async () => {
  await using house = await House.open();
  const { session_token: token, account: { email } } = await house.signedIn("mork.1");
  assertEquals((await deleteAccount(house, token)).status, 204);
  for (let minute = 0; minute < 3; minute++) {
    await house.runDueTasks();
    await house.clock.advance(2 * DAY_MS);
  }
  assertEquals(house.mails.map(({ to, subject }) => [to, subject]), [
    [[email], "Your Oneclick account is deleted"],
  ]);
  const [{ text, html } = { text: "", html: "" }] = house.mails;
  assert(text.includes("All devices are signed out") && !/https?:/.test(text) && !html.includes("href"));
  assertEquals(await house.stored(), {});
});

Deno.test("DELETE /v1/account without MAIL_URL sends none and leaves none", async () => {
  await using house = await House.open({ env: { MAIL_URL: "", MAIL_FROM: "" } });
  const { session_token: token } = await house.signedIn("mork.1");
  assertEquals((await deleteAccount(house, token)).status, 204);
  await house.runDueTasks();
  assertEquals([house.mails, await house.stored()], [[], {}]);
});

Deno.test("a deleted customer gets a new account by one click, and their old code gives no session", async () => {
  await using house = await House.open();
  const key = "the-key-of-the-device";
  const before = await house.signedIn("mork.1", { key });
  assertEquals((await house.signIn("mork.1", { key })).headers.get("idempotency-replayed"), "true");
  await deleteAccount(house, before.session_token);
  for (const options of [{ key }, { key: "the-key-of-another-device" }, {}]) {
    await assertProblem(await house.signIn("mork.1", options), "code_rejected");
  }
  const after = await house.signedIn("mork.2", { key });
  assertEquals([after.account.created, after.account.email], [true, before.account.email]);
  assert(after.account.id !== before.account.id);
  await assertProblem(
    await house.request("/v1/account", { token: before.session_token }),
    "invalid_session",
  );
});

Deno.test("an email of a deleted account signs up anew", async () => {
  await using house = await House.open();
  const before = await signedUp(house);
  await deleteAccount(house, before.session_token);
  const after = await signedUp(house);
  assertEquals(after.account.created, true);
  assert(after.account.id !== before.account.id);
  assertEquals((await signInByPassword(house)).status, 200);
});

Deno.test("a link ticket of a deleted account links nothing", async () => {
  await using house = await House.open();
  const { session_token: token } = await signedUp(house, { email: "mhashimoto-04@plaxo.com" });
  const link_ticket = await ticketOf(house, "mork.1");
  await deleteAccount(house, token);
  const email = "mhashimoto-04@plaxo.com";
  await assertProblem(await signInByPassword(house, { email, link_ticket }), "invalid_credentials");
  await signedUp(house, { email });
  await assertProblem(await signInByPassword(house, { email, link_ticket }), "link_ticket_invalid");
});
