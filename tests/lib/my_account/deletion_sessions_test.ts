/** The deletion of an account with thousands of sessions. */
import { assert, assertEquals } from "@std/assert";
import { EMAIL, signedUp, signInByPassword } from "../../support/account_requests.ts";
import { deleteAccount } from "../../support/deletion_requests.ts";
import { KnownCustomer, recordsOf } from "../../support/known_customer.ts";
import { wrapKv } from "../../support/kv_hooks.ts";
import { addSessions } from "../../support/session_requests.ts";
import { TestService, type TestServiceOptions } from "../../support/test_service.ts";

Deno.test("DELETE /v1/account removes thousands of sessions in small commits, by several instances", async () => {
  const sizes: number[] = [];
  const options: TestServiceOptions = {
    wrapKv: (kv) =>
      wrapKv(kv, {
        commit({ mutations }, perform) {
          sizes.push(mutations.length);
          return perform();
        },
      }),
  };
  await using service = await TestService.open(options);
  const known = new KnownCustomer(service);
  known.add(await signedUp(service));
  const { accountId } = known.customer;
  const [sessionId = ""] = known.customer.sessionIds;
  await addSessions(service.kv, service.services.keyring, { accountId, sessionId, count: 2000 });
  const deleting = await deleteAccount(service, known.token);
  assertEquals(deleting.status, 204);
  assertEquals((await signInByPassword(service)).status, 401);
  await using other = await TestService.open({ ...options, kv: service.kv });
  await Promise.all([service.runDueTasks(), other.runDueTasks()]);
  assert(Math.max(...sizes) <= 250, `${Math.max(...sizes)} mutations`);
  assert(sizes.length > 20);
  assertEquals(await recordsOf(service, known), []);
  assertEquals((await Array.fromAsync(service.kv.list({ prefix: ["session", accountId] }))).length, 0);
  assertEquals(service.log.filter(({ level }) => level === "ERROR"), []);
  assertEquals([...service.mails, ...other.mails].map(({ to: [to] }) => to), [EMAIL]);
});
