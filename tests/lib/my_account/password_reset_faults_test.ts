/**
 * The commit of a reset fails. `tests/lib/kv` shows for every operation that a commit takes effect as a whole or not at
 * all; here are the answers of a reset.
 */
import { assertEquals } from "@std/assert";
import { accountOf, EMAIL, recordOf, signedUp, signInByPassword } from "../../support/account_requests.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { resetLink } from "../../support/mailed_links.ts";
import { NEW, statusOf, submitPassword } from "../../support/reset_requests.ts";
import { TestService } from "../../support/test_service.ts";

/** Signs a customer up, and mails a link. */
async function openWithLink() {
  const commits = new CommitControl();
  const service = await TestService.open({ wrapKv: commits.wrap });
  const { session_token: token, account } = await signedUp(service);
  const link = await resetLink(service, EMAIL);
  await service.services.background.idle();
  return { commits, service, token, link, accountId: account.id };
}

/** Asserts that the reset was made once: the link is used, the device signed out, and the new password signs in. */
async function assertReset({ service, token, link, accountId }: Awaited<ReturnType<typeof openWithLink>>) {
  assertEquals((await submitPassword(service, link, "another good password")).status, 410);
  assertEquals(await accountOf(service, token), 401);
  assertEquals(await statusOf(signInByPassword(service)), 401);
  assertEquals(await statusOf(signInByPassword(service, { password: NEW })), 200);
  assertEquals((await recordOf(service, accountId)).session_epoch, 1);
}

for (const fault of ["fails", "takes effect and fails", "takes effect and conflicts"] as const) {
  Deno.test(`a reset whose commit ${fault} once answers 200 and is made once`, async () => {
    const opened = await openWithLink();
    await using service = opened.service;
    opened.commits.break(fault, { kind: "account", times: 1 });
    assertEquals((await service.answerOf(submitPassword(service, opened.link))).status, 200);
    assertEquals(opened.commits.faults, 1);
    await assertReset(opened);
  });
}

for (const fault of ["fails", "hangs"] as const) {
  Deno.test(`a reset whose commit ${fault} answers 503 and changes nothing, and a retry answers 200`, async () => {
    const opened = await openWithLink();
    await using service = opened.service;
    const before = await recordOf(service, opened.accountId);
    opened.commits.break(fault, { kind: "account" });
    const page = await service.answerOf(submitPassword(service, opened.link));
    assertEquals([page.status, page.headers.get("retry-after")], [503, "1"]);
    opened.commits.mend();
    assertEquals(await recordOf(service, opened.accountId), before);
    assertEquals((await submitPassword(service, opened.link)).status, 200);
    await assertReset(opened);
  });
}

Deno.test("a reset whose answer hangs after its commit took effect is found to be made by a retry", async () => {
  const opened = await openWithLink();
  await using service = opened.service;
  opened.commits.break("takes effect and hangs", { kind: "account" });
  const page = await service.answerOf(submitPassword(service, opened.link));
  assertEquals([page.status, page.headers.get("retry-after")], [503, "1"]);
  opened.commits.mend();
  const again = await submitPassword(service, opened.link);
  assertEquals([again.status, again.heading], [200, "Your password is set"]);
  await assertReset(opened);
});

Deno.test("a reset whose revoked sessions cannot be removed answers 200, and the log has the cause", async () => {
  const opened = await openWithLink();
  await using service = opened.service;
  // The commit after the reset removes the records of the sessions.
  opened.commits.break("fails", { kind: "session", after: 1 });
  assertEquals((await service.answerOf(submitPassword(service, opened.link))).status, 200);
  const line = service.log.find(({ message }) => message === "sessions_not_removed");
  assertEquals([line?.level, line?.error, line?.operation], ["WARN", "TypeError", "commit"]);
  opened.commits.mend();
  await assertReset(opened);
});
