/** `viewDeletion` and `deleteAccountByLink`: what a mailed link is worth. */
import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";
import { parseEmail } from "../lib/email.ts";
import { LINK_LIFE_MS } from "../lib/mail/outbox.ts";
import { deleteAccountByLink, viewDeletion } from "../lib/self_service/account_deletion.ts";
import { requestLink } from "../lib/self_service/link_request.ts";
import { EMAIL, signedUp } from "./account_calls.ts";
import { House } from "./house.ts";

const email = parseEmail(EMAIL)!;

/** Asks for a link and gives its token, as the mail has it. */
async function linkOf(house: House, kind: "account_deletion" | "password_reset" = "account_deletion") {
  await requestLink(house.services, { kind, email, client: "192.0.2.9" });
  await house.runDueTasks();
  return /\/([\w-]{64})(?![\w-])/.exec(house.mails.at(-1)?.text ?? "")?.[1] ?? "";
}

async function isAlive(house: House, token: string): Promise<boolean> {
  return (await house.request("/v1/account", { token })).status === 200;
}

Deno.test("viewDeletion shows whose account it is, and does not use the link", async () => {
  await using house = await House.open();
  const { session_token } = await signedUp(house);
  const token = await linkOf(house);
  for (let opened = 0; opened < 3; opened++) {
    assertEquals(await viewDeletion(house.services, token), { email: EMAIL, amazonLinked: false });
  }
  assert(await isAlive(house, session_token));
});

Deno.test("deleteAccountByLink deletes the account, signs every device out and sends the last mail", async () => {
  await using house = await House.open();
  const { session_token } = await signedUp(house);
  const token = await linkOf(house);
  assertEquals(await deleteAccountByLink(house.services, token), true);
  assertEquals(await isAlive(house, session_token), false);
  await house.runDueTasks();
  assertEquals(house.mails.map(({ subject }) => subject).slice(1), ["Your Oneclick account is deleted"]);
});

Deno.test("a deletion link is good once; of two at the same time both are told that the account is gone", async () => {
  await using house = await House.open();
  await signedUp(house);
  const token = await linkOf(house);
  const { services } = house;
  const twice = [deleteAccountByLink(services, token), deleteAccountByLink(services, token)];
  assertEquals(await Promise.all(twice), [true, true]);
  assertEquals(await viewDeletion(services, token), null);
  assertEquals(await deleteAccountByLink(services, token), false);
  const again = await signedUp(house);
  assertEquals(await deleteAccountByLink(services, token), false);
  assert(await isAlive(house, again.session_token));
  await house.runDueTasks();
  assertEquals(house.mails.length, 2);
});

Deno.test("a deletion link ends after its hour, also between opening and sending", async () => {
  await using house = await House.open();
  const { session_token } = await signedUp(house);
  const token = await linkOf(house);
  await house.clock.advance(LINK_LIFE_MS - 1);
  assertEquals(await viewDeletion(house.services, token), { email: EMAIL, amazonLinked: false });
  await house.clock.advance(1);
  assertEquals(await viewDeletion(house.services, token), null);
  assertEquals(await deleteAccountByLink(house.services, token), false);
  assert(await isAlive(house, session_token));
});

Deno.test("a newer deletion link ends the one before", async () => {
  await using house = await House.open();
  await signedUp(house);
  const [older, newer] = [await linkOf(house), await linkOf(house)];
  assertEquals(await deleteAccountByLink(house.services, older), false);
  assertEquals(await deleteAccountByLink(house.services, newer), true);
});

Deno.test("nothing but a deletion link deletes an account", async () => {
  await using house = await House.open();
  const { session_token, account } = await signedUp(house);
  const token = await linkOf(house);
  const other = await linkOf(house, "password_reset");
  const nobody = Buffer.from(token, "base64url").fill(7, 0, 16).toString("base64url");
  const wrong = Buffer.from(token, "base64url").fill(7, 16).toString("base64url");
  const dead = [
    other,
    nobody,
    wrong,
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
  for (const text of dead) {
    assertEquals(await viewDeletion(house.services, text), null, text.slice(0, 80));
    assertEquals(await deleteAccountByLink(house.services, text), false, text.slice(0, 80));
  }
  assert(await isAlive(house, session_token));
  assertEquals(await deleteAccountByLink(house.services, token), true);
});
