/** Mails that tell customers of a change to their account (OWASP ASVS 5.0, 6.3.7), in the commit of the change. */
import { assertEquals } from "@std/assert";
import {
  EMAIL,
  MORK,
  PASSWORD,
  signedUp,
  signInByPassword,
  ticketOf,
} from "../../support/account_requests.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { resetLink } from "../../support/mailed_links.ts";
import { NEW, submitPassword } from "../../support/reset_requests.ts";
import { TestService } from "../../support/test_service.ts";

const CHANGED = "Your Oneclick account has a new password";
const LINKED = "Amazon is linked to your Oneclick account";
const UNLINKED = "Amazon is no longer linked to your Oneclick account";

/** Waits for the mails that the last request has caused, and returns them as recipient and subject. */
async function mailsOf(service: TestService): Promise<[string, string][]> {
  await service.services.background.idle();
  return service.mails.splice(0).map(({ to: [to], subject }) => [to, subject]);
}

function changePassword(service: TestService, token: string, current = PASSWORD): Promise<Response> {
  const body = { current_password: current, new_password: NEW };
  return service.send("PUT", "/v1/account/password", body, { token });
}

Deno.test("a change of the password is told, and a refused one is not", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  assertEquals((await changePassword(service, token, "wrong password")).status, 401);
  assertEquals(await mailsOf(service), []);
  assertEquals((await changePassword(service, token)).status, 204);
  assertEquals(await mailsOf(service), [[EMAIL, CHANGED]]);
});

Deno.test("a password that is set by a mailed link is told, and so is Amazon when it is unlinked there", async () => {
  await using service = await TestService.open();
  await service.signedIn("mork.1");
  const first = await resetLink(service, MORK);
  await mailsOf(service);
  await submitPassword(service, first);
  assertEquals(await mailsOf(service), [[MORK, CHANGED]]);
  const later = await resetLink(service, MORK);
  await mailsOf(service);
  await submitPassword(service, later, "eight quiet herons", { unlink: "on" });
  assertEquals((await mailsOf(service)).toSorted(), [[MORK, UNLINKED], [MORK, CHANGED]]);
  await submitPassword(service, later);
  assertEquals(await mailsOf(service), [], "A used link changes nothing");
});

Deno.test("Amazon that is linked or unlinked is told, and nothing when nothing changes", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.1");
  for (const expected of [[[MORK, LINKED]], []]) {
    // The second time the ticket is used already: the same answer again.
    assertEquals((await signInByPassword(service, { email: MORK, link_ticket })).status, 200);
    assertEquals(await mailsOf(service), expected as [string, string][]);
  }
  for (const expected of [[[MORK, UNLINKED]], []]) {
    const response = await service.request("/v1/account/amazon-link", { method: "DELETE", token });
    assertEquals(response.status, 204);
    assertEquals(await mailsOf(service), expected as [string, string][]);
  }
});

Deno.test("one click, sign-up and sign-in tell nothing", async () => {
  await using service = await TestService.open();
  await service.signedIn("mork.1");
  await signedUp(service);
  await signInByPassword(service);
  assertEquals(await mailsOf(service), []);
});

Deno.test("a notice is part of the commit of the change, and costs it no read", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  const { session_token: token } = await signedUp(service);
  const { start } = service.services.background;
  service.services.background.start = () => {};
  assertEquals((await changePassword(service, token)).status, 204);
  const { mail, task } = await service.stored();
  assertEquals([mail, task], [1, 1]);
  service.services.background.start = start;
  await service.runDueTasks();
  assertEquals(await mailsOf(service), [[EMAIL, CHANGED]]);
});

Deno.test("a notice that waits is replaced by a newer one of its kind, and none is left by a deletion", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  service.services.background.start = () => {};
  assertEquals((await changePassword(service, token)).status, 204);
  service.clock.jump(5000);
  const again = { current_password: NEW, new_password: "eight quiet herons" };
  assertEquals((await service.send("PUT", "/v1/account/password", again, { token })).status, 204);
  assertEquals((await service.stored()).mail, 1);
  assertEquals((await service.request("/v1/account", { method: "DELETE", token })).status, 204);
  await service.runDueTasks();
  assertEquals((await mailsOf(service)).map(([, subject]) => subject), ["Your Oneclick account is deleted"]);
  assertEquals([(await service.stored()).mail, (await service.stored()).task], [undefined, undefined]);
});

Deno.test("without mail no notice is written", async () => {
  await using service = await TestService.open({ env: { MAIL_URL: "", MAIL_FROM: "" } });
  const { session_token: token } = await signedUp(service);
  assertEquals((await changePassword(service, token)).status, 204);
  assertEquals((await service.stored()).mail, undefined);
});
