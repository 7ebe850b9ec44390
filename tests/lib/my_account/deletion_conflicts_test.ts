/** What changes between a deletion's reads and its commit: the deletion sees it, or the other one comes to nothing. */
import { assert, assertEquals } from "@std/assert";
import { parseEmail } from "../../../lib/base/email.ts";
import { deleteAccountByLink } from "../../../lib/my_account/deletion.ts";
import { requestLink } from "../../../lib/my_account/link_request.ts";
import { EMAIL, MORK, signedUp, signInByPassword, ticketOf } from "../../support/account_requests.ts";
import { deleteAccount } from "../../support/deletion_requests.ts";
import { TestService } from "../../support/test_service.ts";
import { Replica } from "../../support/stale_replica.ts";
import { wrapKv, writes } from "../../support/kv_hooks.ts";

const FAREWELL = "Your Oneclick account is deleted";
const email = parseEmail(EMAIL)!;

/** A service in which `between` happens once, right before the commit of a deletion. */
async function serviceWith(between: () => Promise<unknown>): Promise<TestService> {
  let happened = false;
  return await TestService.open({
    wrapKv: (kv) =>
      wrapKv(kv, {
        async commit({ mutations }, perform) {
          const deletes = mutations.some(({ type, key }) => type === "delete" && key[0] === "account");
          if (deletes && !happened) {
            happened = true;
            await between();
          }
          return await perform();
        },
      }),
  });
}

for (const by of ["a device", "a link"]) {
  Deno.test(`a deletion by ${by} takes the Amazon link with it that was made meanwhile`, async () => {
    let ticket = "";
    let status = 0;
    await using service = await serviceWith(async () => {
      ({ status } = await signInByPassword(service, { email: MORK, link_ticket: ticket }));
    });
    const { session_token } = await signedUp(service, { email: MORK });
    ticket = await ticketOf(service, "mork.1");
    if (by === "a device") assertEquals((await deleteAccount(service, session_token)).status, 204);
    else {
      await requestLink(service.services, { kind: "account_deletion", email: parseEmail(MORK)!, client: "" });
      await service.runDueTasks();
      const [, token = ""] = /\/([\w-]{64})(?![\w-])/.exec(service.mails[0]?.text ?? "") ?? [];
      assertEquals(await deleteAccountByLink(service.services, token), true);
    }
    assertEquals(status, 200);
    await service.runDueTasks();
    const { amazon_user = 0, email = 0, account = 0, session = 0 } = await service.stored();
    assertEquals([amazon_user, email, account, session], [0, 0, 0, 0]);
    assertEquals((await service.signIn("mork.2")).status, 201);
  });
}

Deno.test("a mail that is asked for and about to be sent when the account is deleted is not sent", async () => {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let sending: Promise<void> | undefined;
  await using service = await serviceWith(async () => {
    await requestLink(service.services, { kind: "password_reset", email, client: "" });
    sending = other.runDueTasks();
    await reached.promise;
  });
  await using other = await TestService.open({
    kv: service.kv,
    // It has found the account, and is to lease the mail now.
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
  assertEquals((await deleteAccount(service, session_token)).status, 204);
  released.resolve();
  assert(sending !== undefined);
  await sending;
  await service.runDueTasks();
  const { tries: _, ...stored } = await service.stored();
  assertEquals(stored, {});
  assertEquals([...service.mails, ...other.mails].map(({ subject }) => subject), [FAREWELL]);
});

Deno.test("a mail that waits for its next try goes with the account", async () => {
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
  assertEquals(service.mails.map(({ subject }) => subject), [FAREWELL]);
});

Deno.test("a session that is made right before a deletion goes with the account", async () => {
  let status = 0;
  await using service = await serviceWith(async () => ({ status } = await signInByPassword(service)));
  const { session_token } = await signedUp(service);
  assertEquals((await deleteAccount(service, session_token)).status, 204);
  assertEquals(status, 200);
  await service.runDueTasks();
  assertEquals((await service.stored()).session, undefined);
});

Deno.test("a session whose record is still there is not renewed by a replica that is behind", async () => {
  const replica = new Replica();
  await using service = await TestService.open({ wrapKv: replica.wrap });
  const { session_token: token, account } = await signedUp(service);
  await replica.freeze(service.kv);
  // As between two steps of a deletion.
  await service.kv.delete(["account", account.id]);
  await service.clock.advance(86_400_000);
  assertEquals((await service.request("/v1/account", { token })).status, 401);
});
