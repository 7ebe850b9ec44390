/** `viewDeletion` and `deleteAccountByLink`: what a mailed link opens, and for how long. */
import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";
import { parseEmail } from "../../../lib/base/email.ts";
import { LINK_LIFE_MS } from "../../../lib/outbox/outbox.ts";
import { deleteAccountByLink, viewDeletion } from "../../../lib/my_account/deletion.ts";
import { requestLink } from "../../../lib/my_account/link_request.ts";
import { EMAIL, signedUp } from "../../support/account_requests.ts";
import { tokenOf } from "../../support/mailed_links.ts";
import { TestService } from "../../support/test_service.ts";

const email = parseEmail(EMAIL)!;

/** Requests a link by mail, and returns its token. */
async function linkOf(
  service: TestService,
  kind: "account_deletion" | "password_reset" = "account_deletion",
) {
  await requestLink(service.services, { kind, email, client: "192.0.2.9" });
  await service.runDueTasks();
  return tokenOf(service.mails.at(-1)!);
}

async function isAlive(service: TestService, token: string): Promise<boolean> {
  return (await service.request("/v1/account", { token })).status === 200;
}

Deno.test("viewDeletion returns the email of the account, and does not use the link", async () => {
  await using service = await TestService.open();
  const { session_token } = await signedUp(service);
  const token = await linkOf(service);
  for (let opened = 0; opened < 3; opened++) {
    assertEquals(await viewDeletion(service.services, token), { email: EMAIL, amazonLinked: false });
  }
  assert(await isAlive(service, session_token));
});

Deno.test("deleteAccountByLink deletes the account, signs every device out and mails the customer a last time", async () => {
  await using service = await TestService.open();
  const { session_token } = await signedUp(service);
  const token = await linkOf(service);
  assertEquals(await deleteAccountByLink(service.services, token), true);
  assertEquals(await isAlive(service, session_token), false);
  await service.runDueTasks();
  assertEquals(service.mails.map(({ subject }) => subject).slice(1), ["Your Oneclick account is deleted"]);
});

Deno.test("a deletion link works once, and its form reports the deletion for 10 minutes", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const token = await linkOf(service);
  const { services } = service;
  const twice = [deleteAccountByLink(services, token), deleteAccountByLink(services, token)];
  assertEquals(await Promise.all(twice), [true, true]);
  assertEquals(await viewDeletion(services, token), null);
  const again = await signedUp(service);
  assertEquals(await deleteAccountByLink(services, token), true);
  service.clock.jump(10 * 60_000);
  assertEquals(await deleteAccountByLink(services, token), false);
  assert(await isAlive(service, again.session_token));
  await service.runDueTasks();
  assertEquals(service.mails.length, 2);
});

Deno.test("a deletion link expires after one hour, also between the page and its form", async () => {
  await using service = await TestService.open();
  const { session_token } = await signedUp(service);
  const token = await linkOf(service);
  await service.clock.advance(LINK_LIFE_MS - 1);
  assertEquals(await viewDeletion(service.services, token), { email: EMAIL, amazonLinked: false });
  await service.clock.advance(1);
  assertEquals(await viewDeletion(service.services, token), null);
  assertEquals(await deleteAccountByLink(service.services, token), false);
  assert(await isAlive(service, session_token));
});

Deno.test("a newer deletion link replaces the older one", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const [older, newer] = [await linkOf(service), await linkOf(service)];
  assertEquals(await deleteAccountByLink(service.services, older), false);
  assertEquals(await deleteAccountByLink(service.services, newer), true);
});

Deno.test("only a deletion link deletes an account", async () => {
  await using service = await TestService.open();
  const { session_token, account } = await signedUp(service);
  const token = await linkOf(service);
  const resetToken = await linkOf(service, "password_reset");
  const ofAnotherAccount = Buffer.from(token, "base64url").fill(7, 0, 16).toString("base64url");
  const withAnotherSecret = Buffer.from(token, "base64url").fill(7, 16).toString("base64url");
  const invalid = [
    resetToken,
    ofAnotherAccount,
    withAnotherSecret,
    "",
    token.slice(1),
    `${token}A`,
    ` ${token}`,
    `${token}\n`,
    token.replace(/.$/, "+"),
    token.replace(/^./, "é"),
    "A".repeat(64),
    "A".repeat(100_000),
    account.id,
    session_token,
  ];
  for (const text of invalid) {
    assertEquals(await viewDeletion(service.services, text), null, text.slice(0, 80));
    assertEquals(await deleteAccountByLink(service.services, text), false, text.slice(0, 80));
  }
  assert(await isAlive(service, session_token));
  assertEquals(await deleteAccountByLink(service.services, token), true);
});
