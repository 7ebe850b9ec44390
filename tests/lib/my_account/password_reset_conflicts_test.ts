/** Something changes between a reset's reads and its commit: the reset keeps the change, or fails. */
import { assertEquals } from "@std/assert";
import {
  EMAIL,
  MORK,
  recordOf,
  signedUp,
  signInByPassword,
  ticketOf,
} from "../../support/account_requests.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { deletionLink, linkIn, resetLink, submit } from "../../support/mailed_links.ts";
import { NEW, statusOf, submitPassword } from "../../support/reset_requests.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("a reset keeps a change of the account that is made right before its commit", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  const { session_token: token, account } = await signedUp(service);
  const link = await resetLink(service, EMAIL);
  const changes = { name: "Vera the Second" };
  commits.beforeNext("set", "account", () => service.send("PATCH", "/v1/account", changes, { token }));
  assertEquals((await submitPassword(service, link)).status, 200);
  assertEquals((await recordOf(service, account.id)).name, "Vera the Second");
});

Deno.test("a reset that unlinks also removes an Amazon link that is made right before its commit", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  await signedUp(service, { email: MORK });
  const link = await resetLink(service, MORK);
  const link_ticket = await ticketOf(service, "twin.1");
  let linked = 0;
  commits.beforeNext("set", "account", async () => {
    linked = await statusOf(signInByPassword(service, { email: MORK, link_ticket }));
  });
  assertEquals((await submitPassword(service, link, NEW, { unlink: "on" })).status, 200);
  assertEquals(linked, 200);
  assertEquals(await statusOf(service.signIn("twin.2")), 409);
});

Deno.test("a reset whose link is replaced by a newer mail right before its commit changes nothing, and the newer link is valid", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  await signedUp(service);
  const link = await resetLink(service, EMAIL);
  commits.beforeNext("set", "account", () => resetLink(service, EMAIL));
  assertEquals((await submitPassword(service, link)).status, 404);
  assertEquals(await statusOf(signInByPassword(service)), 200);
  assertEquals((await submitPassword(service, linkIn(service))).status, 200);
});

Deno.test("a reset whose account is deleted right before its commit writes nothing", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  await signedUp(service);
  const link = await resetLink(service, EMAIL);
  const deletion = await deletionLink(service, EMAIL);
  commits.beforeNext("set", "account", () => submit(service, deletion, { confirm: "yes" }));
  assertEquals((await submitPassword(service, link)).status, 404);
  assertEquals((await service.stored()).account, undefined);
});
