/** The end of a link between an account and an Amazon customer. */
import { assertEquals } from "@std/assert";
import {
  accountOf,
  bodyOf,
  MORK,
  signedUp,
  signInByPassword,
  ticketOf,
} from "../../support/account_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("DELETE /v1/account/amazon-link unlinks, keeps every device, and one click asks to link again", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  const { session_token: token } = await bodyOf(
    await signInByPassword(service, { email: MORK, link_ticket }),
    200,
  );
  const onTv = await service.signedIn("mork.2");
  for (let round = 0; round < 2; round++) {
    const response = await service.request("/v1/account/amazon-link", { method: "DELETE", token });
    assertEquals([response.status, await response.text()], [204, ""]);
  }
  assertEquals((await accountOf(service, token) as Record<string, unknown>).amazon_linked, false);
  assertEquals(typeof await accountOf(service, onTv.session_token), "object");
  assertEquals((await service.stored()).amazon_user, undefined);
  const again = await ticketOf(service, "mork.3");
  await bodyOf(await signInByPassword(service, { email: MORK, link_ticket: again }), 200);
  assertEquals((await service.signIn("mork.4")).status, 200);
});

Deno.test("DELETE /v1/account/amazon-link answers password_temporary while the link is the only way to sign in", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1");
  const response = await service.request("/v1/account/amazon-link", { method: "DELETE", token });
  await assertProblem(response, "password_temporary");
  assertEquals((await service.signIn("mork.2")).status, 200);
});

Deno.test("DELETE /v1/account/amazon-link answers invalid_session without a session", async () => {
  await using service = await TestService.open();
  const response = await service.request("/v1/account/amazon-link", { method: "DELETE" });
  await assertProblem(response, "invalid_session");
});

Deno.test("DELETE /v1/account/amazon-link finds the link under every key of the ring", async () => {
  const [old, fresh] = ["a", "b"].map((letter) => `${letter}:${btoa(letter.repeat(32))}`);
  await using before = await TestService.open({ env: { DATA_KEYS: String(old) } });
  await signedUp(before, { email: MORK });
  const link_ticket = await ticketOf(before, "mork.1");
  await bodyOf(await signInByPassword(before, { email: MORK, link_ticket }), 200);

  await using service = await TestService.open({ kv: before.kv, env: { DATA_KEYS: `${fresh},${old}` } });
  const { session_token: token } = await bodyOf(await signInByPassword(service, { email: MORK }), 200);
  await service.request("/v1/account/amazon-link", { method: "DELETE", token });
  assertEquals((await service.stored()).amazon_user, undefined);
  await ticketOf(service, "mork.2");
});
