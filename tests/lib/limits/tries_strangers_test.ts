/** Strangers who guess passwords: which ways in their guesses close for a customer, and which stay open. */
import { assert, assertEquals } from "@std/assert";
import { sleep } from "../../../lib/base/clock.ts";
import {
  accountOf,
  bodyOf,
  EMAIL,
  MORK,
  PASSWORD,
  signedUp,
  signInByPassword,
  signUp,
} from "../../support/account_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { ADDRESS, assertLimited, DAY, guess, MINUTES, NEW, THREE } from "../../support/guesses.ts";
import { isLinkValid, resetLink, submit } from "../../support/mailed_links.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("a stranger with five requests an hour keeps a customer out of neither way in, from anywhere", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  for (let hour = 0; hour < 48; hour++) {
    for (let request = 0; request < 5; request++) {
      service.clock.jump(12 * MINUTES);
      await (await guess(service, {}, ADDRESS)).body?.cancel();
      const reset = await service.send("POST", "/v1/password-resets", { email: EMAIL }, { address: ADDRESS });
      await reset.body?.cancel();
      await service.runDueTasks();
      const from = `203.0.113.${hour}`;
      const signedIn = await signInByPassword(service, {}, { address: from });
      assertEquals(signedIn.status, 200, `hour ${hour}`);
      await signedIn.body?.cancel();
    }
    const mails = service.mails.length;
    const from = `198.51.100.${hour}`;
    assertEquals(
      (await service.send("POST", "/v1/password-resets", { email: EMAIL }, { address: from })).status,
      202,
    );
    await service.runDueTasks();
    // A new mail, or the last one: one of them has a good link.
    assert(
      await isLinkValid(service, service.mails.at(-1)!),
      `hour ${hour}, ${service.mails.length - mails} mails`,
    );
  }
});

Deno.test("a stranger who guesses from one address as often as it lets keeps no customer out, in any window", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  let customers = 0;
  for (let window = 0; window < 30; window++) {
    for (let tries = 0; tries < 12; tries++) await (await guess(service, {}, ADDRESS)).body?.cancel();
    await assertProblem(await signInByPassword(service, {}, { address: ADDRESS }), "rate_limited");
    // A failure of the customer's own, too, leaves the way open.
    const address = `203.0.113.${++customers}`;
    assertEquals((await guess(service, {}, address)).status, 401);
    if (window % 2 === 0) assertEquals((await signInByPassword(service, {}, { address })).status, 200);
    service.clock.jump(15 * MINUTES);
  }
});

Deno.test("guesses from many addresses lock a new address out, and neither a known one nor the mailbox", async () => {
  await using service = await TestService.open(THREE);
  await signedUp(service, {});
  for (let tries = 1; tries <= 3; tries++) assertEquals((await guess(service)).status, 401);
  await assertLimited(await signInByPassword(service, {}, { address: ADDRESS }), 900);
  // The customer has signed up from here.
  for (let count = 0; count < 3; count++) {
    assertEquals((await signInByPassword(service)).status, 200);
    for (let tries = 1; tries <= 3; tries++) await guess(service);
  }
  const link = await resetLink(service, EMAIL);
  assertEquals((await submit(service, link, { password: NEW, repeat: NEW })).status, 200);
  assertEquals((await signInByPassword(service, { password: NEW }, { address: ADDRESS })).status, 200);
  for (let tries = 1; tries <= 3; tries++) await guess(service);
  // That address is known for 30 days.
  assertEquals((await signInByPassword(service, { password: NEW }, { address: ADDRESS })).status, 200);
});

Deno.test("a known address is limited for itself, and forgotten after 30 days", async () => {
  await using service = await TestService.open(THREE);
  await signedUp(service);
  for (let tries = 1; tries <= 3; tries++) assertEquals((await guess(service, {}, "192.0.2.1")).status, 401);
  await assertLimited(await guess(service, {}, "192.0.2.1"), 900);
  await service.clock.advance(31 * DAY);
  for (let tries = 1; tries <= 3; tries++) assertEquals((await guess(service)).status, 401);
  await assertLimited(await signInByPassword(service), 900);
});

Deno.test("600 customers with right passwords, each waiting as told, all get in: no try is counted that is not checked", async () => {
  await using service = await TestService.open();
  const CUSTOMERS = 120;
  for (let i = 0; i < CUSTOMERS; i++) {
    const email = `customer${i}@example.com`;
    await bodyOf(
      await service.answerOf(signUp(service, { email }, { address: `2001:db8:0:${i.toString(16)}::1` })),
      201,
    );
  }
  const waits: number[] = [];
  const customer = async (i: number) => {
    const email = `customer${i}@example.com`;
    for (let tries = 1; tries <= 30; tries++) {
      const response = await signInByPassword(service, { email }, {
        address: `2001:db8:1:${i.toString(16)}::1`,
      });
      await response.body?.cancel();
      if (response.status === 200) return;
      assertEquals(response.status, 503);
      const wait = Number(response.headers.get("retry-after"));
      waits.push(wait);
      await sleep(service.clock, wait * 1000);
    }
    throw new Error(`Customer ${i} did not get in`);
  };
  await service.answerOf(Promise.all(Array.from({ length: CUSTOMERS }, (_, i) => customer(i))));
  assert(waits.length > 0 && new Set(waits).size > 1, String(waits.length));
});

Deno.test("a stranger's guesses lock a customer out neither of one click nor of a signed-in device", async () => {
  await using service = await TestService.open(THREE);
  const { session_token: token } = await service.signedIn("mork.1");
  for (let tries = 1; tries <= 4; tries++) await guess(service, { email: MORK }, "192.0.2.1");
  assertEquals((await service.signIn("mork.2")).status, 200);
  assertEquals(typeof await accountOf(service, token), "object");
  assertEquals((await service.send("PATCH", "/v1/account", { name: "Mork" }, { token })).status, 200);
});

Deno.test("a stranger's guesses keep no signed-in customer from a new password", async () => {
  await using service = await TestService.open(THREE);
  const { session_token: token } = await signedUp(service);
  for (let tries = 1; tries <= 4; tries++) await guess(service, {}, "192.0.2.1");
  const body = { current_password: PASSWORD, new_password: "another horse entirely" };
  assertEquals((await service.send("PUT", "/v1/account/password", body, { token })).status, 204);
});
