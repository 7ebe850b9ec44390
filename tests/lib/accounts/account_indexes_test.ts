/**
 * Indexes are not sealed: somebody who can write to the database without a data key points them, or links, at other
 * accounts.
 */
import { assertEquals } from "@std/assert";
import { hashSecret } from "../../../lib/kv/keyring.ts";
import { bodyOf, EMAIL, MORK, PASSWORD, signedUp, signInByPassword } from "../../support/account_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { purchasesOf, USER } from "../../support/purchases.ts";
import { open, submit } from "../../support/mailed_links.ts";
import { formatLinkToken } from "../../../lib/outbox/links.ts";
import { TestService } from "../../support/test_service.ts";

/** Points the index of a value at another account. */
async function point(service: TestService, kind: string, value: string, accountId: string): Promise<void> {
  const [index] = service.services.keyring.blindIndexes(kind, value);
  await service.kv.set([kind, index], { v: 1, account_id: accountId });
}

Deno.test("an Amazon customer whose index points at another account does not get into it, and the log names it", async () => {
  await using service = await TestService.open();
  const victim = await service.signedIn("mork.1");
  const attacker = await service.signedIn("returning.1");
  await point(service, "amazon_user", await userIdOf(service, attacker.account.id), victim.account.id);
  const response = await service.answerOf(service.signIn("returning.2"));
  await assertProblem(response, "storage_unavailable");
  const line = service.log.findLast(({ level }) => level === "ERROR");
  assertEquals(String(line?.detail).includes(victim.account.id), true);
});

Deno.test("an email whose index points at another account neither signs in to it nor gets a link into it", async () => {
  await using service = await TestService.open();
  const victim = await service.signedIn("mork.1");
  await signedUp(service);
  await point(service, "email", EMAIL, victim.account.id);
  await assertProblem(await service.answerOf(signInByPassword(service)), "storage_unavailable");
  const mails = service.mails.length;
  assertEquals((await service.send("POST", "/v1/password-resets", { email: EMAIL })).status, 202);
  await service.runDueTasks();
  assertEquals(service.mails.length, mails);
});

Deno.test("a receipt whose pointer points at another account does not sign in to it", async () => {
  await using service = await TestService.open();
  const victim = await service.signedIn("mork.1");
  await service.signedIn("new.1", { purchases: purchasesOf(["sub.active.1"]) });
  await point(service, "receipt", "sub.active.1", victim.account.id);
  const body = { user_id: USER, receipt_id: "sub.active.1" };
  const response = await service.answerOf(service.send("POST", "/v1/sessions/receipt", body));
  await assertProblem(response, "receipt_unknown");
});

Deno.test("a mailed link that is planted, as a plain record or as bytes, opens nothing", async () => {
  await using service = await TestService.open();
  const { account } = await signedUp(service, { email: MORK });
  const secret = "A".repeat(43);
  const planted = {
    v: 1,
    secret_hash: hashSecret(secret),
    used: false,
    expires_at: service.clock.now() + 3_600_000,
  };
  const path = `/reset/${formatLinkToken({ accountId: account.id, secret })}`;
  for (const below of [[], ["sending"], ["sealed"], ["sealed", "sending"]]) {
    for (const value of [planted, new TextEncoder().encode(JSON.stringify(planted))]) {
      const key = ["mailed_link", account.id, "password", ...below];
      await service.kv.set(key, value);
      const fields = { password: "seven quiet herons", repeat: "seven quiet herons" };
      for (const page of [await open(service, path), await submit(service, path, fields)]) {
        assertEquals([404, 503].includes(page.status), true, `${below} ${page.status}`);
      }
      await service.kv.delete(key);
    }
  }
  await bodyOf(await signInByPassword(service, { email: MORK, password: PASSWORD }), 200);
});

async function userIdOf({ kv, services: { keyring } }: TestService, id: string): Promise<string> {
  const { value } = await kv.get<Uint8Array>(["account", id]);
  return JSON.parse(keyring.open(value!, `account/${id}`)).amazon_user_id;
}
