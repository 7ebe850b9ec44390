import { assert, assertEquals } from "@std/assert";
import { exportAccount } from "../../../lib/my_account/export.ts";
import {
  EMAIL,
  MORK,
  PASSWORD,
  signedUp,
  signInByPassword,
  ticketOf,
} from "../../support/account_requests.ts";
import { linkIn, submit } from "../../support/mailed_links.ts";
import { submit as submitReceipts, USER } from "../../support/purchases.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("exportAccount tells everything of a customer, nothing of another one, and no secret", async () => {
  await using service = await TestService.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "0" } });
  const { account, session_token } = await signedUp(service, {
    email: MORK,
    device: { name: "Kitchen", model: "AFTKM", platform: "vega", language: "de-DE" },
  });
  const ticket = await ticketOf(service, "mork.1");
  const linked = await (await signInByPassword(service, { email: MORK, link_ticket: ticket })).json();
  await submitReceipts(service, session_token, ["sub.active.1"]);
  for (let i = 0; i < 120; i++) await service.signedIn(`mork.x${i}`);
  await signedUp(service, { email: EMAIL });
  await service.send("POST", "/v1/password-resets", { email: EMAIL });
  const exported = await exportAccount(service.services, account.id);
  assert(exported !== null);
  assertEquals(Object.keys(exported), [
    "exported_at",
    "account",
    "sessions",
    "entitlements",
    "events",
    "mails",
  ]);
  const { amazon_user_id, language, blocked_at, new_email, ...shown } = exported.account;
  const { created: _, ...api } = linked.account;
  assertEquals(shown as unknown, api);
  assertEquals([shown.email, language, blocked_at, typeof amazon_user_id], [MORK, "de-DE", null, "string"]);
  assertEquals(new_email, null);
  // An account has at most 100 sessions; each sign-in left its event.
  assertEquals(exported.sessions.length, (await service.stored()).session! - 1);
  assert(exported.events.filter(({ type }) => type === "session.created").length > 120);
  assertEquals(
    exported.entitlements.map(({ appstore_user_id, receipt_id }) => [appstore_user_id, receipt_id]),
    [
      [USER, "sub.active.1"],
    ],
  );
  const text = JSON.stringify(exported);
  assert(!text.includes(EMAIL) && !text.includes(session_token.slice(-43)));
  assert(!/pbkdf2|secret|_hash|phc/.test(text), "No secret, and no hash of one");
  assertEquals(exported.events[0]?.type, "account.exported");
});

Deno.test("exportAccount tells of the email that the account is about to get, before and after its mail is sent", async () => {
  const CHANGED = "vera.new@example.com";
  await using service = await TestService.open();
  const { account, session_token: token } = await signedUp(service);
  const change = { email: CHANGED, current_password: PASSWORD };
  assertEquals((await service.send("PUT", "/v1/account/email", change, { token })).status, 202);
  const waiting = await exportAccount(service.services, account.id);
  const mails = waiting?.mails.map(({ kind, email }) => [kind, email]);
  assertEquals(mails?.filter(([kind]) => kind === "email_change"), [["email_change", CHANGED]]);
  await service.runDueTasks();
  assertEquals((await exportAccount(service.services, account.id))?.account.new_email, CHANGED);
  await submit(service, linkIn(service), { confirm: "on" });
  const done = await exportAccount(service.services, account.id);
  assertEquals([done?.account.email, done?.account.new_email], [CHANGED, null]);
});

Deno.test("exportAccount tells of mails that wait, and returns null for an account that is not there", async () => {
  await using service = await TestService.open({
    wrapFetch: (fetch) => (input, init) =>
      String(input).includes("mail.test")
        ? Promise.resolve(new Response(null, { status: 503 }))
        : fetch(input, init),
  });
  const { account } = await signedUp(service);
  await service.send("POST", "/v1/password-resets", { email: EMAIL });
  // The mail is due within seconds, and is tried again later.
  await service.clock.advance(60_000);
  const exported = await exportAccount(service.services, account.id);
  assertEquals(exported?.mails.map(({ kind, email }) => [kind, email]), [["password_reset", EMAIL]]);
  assertEquals(await exportAccount(service.services, "acc_none"), null);
});
