/** Something changes between a deletion's reads and its commit: the deletion removes the change, or the change fails. */
import { assert, assertEquals } from "@std/assert";
import { parseEmail } from "../../../lib/base/email.ts";
import { deleteAccountByLink } from "../../../lib/my_account/deletion.ts";
import { requestLink } from "../../../lib/my_account/link_request.ts";
import { EMAIL, MORK, signedUp, signInByPassword, ticketOf } from "../../support/account_requests.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { deleteAccount } from "../../support/deletion_requests.ts";
import { wrapKv, writes } from "../../support/kv_hooks.ts";
import { tokenOf } from "../../support/mailed_links.ts";
import { StaleReplica } from "../../support/stale_replica.ts";
import { TestService } from "../../support/test_service.ts";

const LAST_MAIL = "Your Oneclick account is deleted";
const email = parseEmail(EMAIL)!;

for (const by of ["a device", "a link"]) {
  Deno.test(`a deletion by ${by} removes an Amazon link that is made right before its commit`, async () => {
    const commits = new CommitControl();
    await using service = await TestService.open({ wrapKv: commits.wrap });
    const { session_token } = await signedUp(service, { email: MORK });
    const link_ticket = await ticketOf(service, "mork.1");
    let status = 0;
    const linkAmazon = async () => {
      ({ status } = await signInByPassword(service, { email: MORK, link_ticket }));
    };
    if (by === "a device") {
      commits.beforeNext("delete", "account", linkAmazon);
      assertEquals((await deleteAccount(service, session_token)).status, 204);
    } else {
      await requestLink(service.services, { kind: "account_deletion", email: parseEmail(MORK)!, client: "" });
      await service.runDueTasks();
      commits.beforeNext("delete", "account", linkAmazon);
      assertEquals(await deleteAccountByLink(service.services, tokenOf(service.mails[0]!)), true);
    }
    assertEquals(status, 200);
    await service.runDueTasks();
    const { amazon_user = 0, email = 0, account = 0, session = 0 } = await service.stored();
    assertEquals([amazon_user, email, account, session], [0, 0, 0, 0]);
    assertEquals((await service.signIn("mork.2")).status, 201);
  });
}

Deno.test("a mail that is being sent when its account is deleted is not sent", async () => {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  await using other = await TestService.open({
    kv: service.kv,
    // This instance has found the account, and waits before it takes the lease of the mail.
    wrapKv: (kv) =>
      wrapKv(kv, {
        async commit(commit, perform) {
          if (!writes(commit, "mailed_link")) return await perform();
          reached.resolve();
          await released.promise;
          return await perform();
        },
      }),
  });
  const { session_token } = await signedUp(service);
  let sending: Promise<void> | undefined;
  commits.beforeNext("delete", "account", async () => {
    await requestLink(service.services, { kind: "password_reset", email, client: "" });
    sending = other.runDueTasks();
    await reached.promise;
  });
  assertEquals((await deleteAccount(service, session_token)).status, 204);
  released.resolve();
  assert(sending !== undefined);
  await sending;
  await service.runDueTasks();
  const { tries: _, ...stored } = await service.stored();
  assertEquals(stored, {});
  assertEquals([...service.mails, ...other.mails].map(({ subject }) => subject), [LAST_MAIL]);
});

Deno.test("a deletion removes a mail that waits for its next attempt", async () => {
  let down = true;
  await using service = await TestService.open({
    wrapFetch: (fetch) => (...args) => down ? Promise.reject(new TypeError("Down")) : fetch(...args),
  });
  const { session_token } = await signedUp(service);
  await requestLink(service.services, { kind: "password_reset", email, client: "" });
  await service.runDueTasks();
  assertEquals((await service.stored()).mail, 1);
  down = false;
  assertEquals((await deleteAccount(service, session_token)).status, 204);
  await service.runDueTasks();
  const { tries: _, ...stored } = await service.stored();
  assertEquals(stored, {});
  assertEquals(service.mails.map(({ subject }) => subject), [LAST_MAIL]);
});

Deno.test("a deletion removes a session that is made right before its commit", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  const { session_token } = await signedUp(service);
  let status = 0;
  commits.beforeNext("delete", "account", async () => {
    ({ status } = await signInByPassword(service));
  });
  assertEquals((await deleteAccount(service, session_token)).status, 204);
  assertEquals(status, 200);
  await service.runDueTasks();
  assertEquals((await service.stored()).session, undefined);
});

Deno.test("a session of a deleted account is not renewed, even when a replica still has the account", async () => {
  const replica = new StaleReplica();
  await using service = await TestService.open({ wrapKv: replica.wrap });
  const { session_token: token, account, session } = await signedUp(service);
  await replica.freeze(service.kv);
  // The deletion has removed the account, and its task has not removed this session yet.
  await service.kv.delete(["account", account.id]);
  await service.clock.advance(86_400_000);
  const before = await service.kv.get(["session", account.id, session.id]);
  assertEquals((await service.request("/v1/account", { token })).status, 200);
  await service.services.background.idle();
  assertEquals(await service.kv.get(["session", account.id, session.id]), before);
});
