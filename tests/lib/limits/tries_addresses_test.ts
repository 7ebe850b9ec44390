/** Tries that are counted for a client address, over all accounts. */
import { assertEquals } from "@std/assert";
import {
  bodyOf,
  countHashing,
  EMAIL,
  signedUp,
  signInByPassword,
  signUp,
} from "../../support/account_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { ADDRESS, assertLimited, guess, MINUTES, THREE } from "../../support/guesses.ts";
import { wrapKv } from "../../support/kv_hooks.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("POST /v1/sessions limits a client address over all accounts; an IPv6 subscriber is one", async () => {
  for (
    const addresses of [["192.0.2.7"], ["::ffff:192.0.2.7", "192.0.2.7"], [
      "2001:db8:1:2::a",
      "2001:db8:1:2:ff::b",
    ]]
  ) {
    await using service = await TestService.open(THREE);
    const address = (i: number) => addresses[i % addresses.length];
    for (let tries = 0; tries < 3; tries++) {
      const answer = await guess(service, { email: `customer${tries}@example.com` }, address(tries));
      assertEquals(answer.status, 401);
    }
    await assertLimited(await guess(service, { email: "customer4@example.com" }, address(3)), 900);
    assertEquals((await guess(service, { email: "customer4@example.com" })).status, 401);
  }
});

Deno.test("POST /v1/sessions makes an address that used its tries up wait longer each time, and no other address", async () => {
  await using service = await TestService.open(THREE);
  const address = "192.0.2.7";
  let customers = 0;
  const guessFrom = () => guess(service, { email: `customer${customers++}@example.com` }, address);
  // The rare mistakes of many people behind one address do not add up.
  for (let mistakes = 1; mistakes <= 12; mistakes++) {
    assertEquals((await guessFrom()).status, 401);
    await service.clock.advance(8 * MINUTES);
  }
  await service.clock.advance(15 * MINUTES);
  for (const seconds of [900, 1800, 3600]) {
    for (let tries = 1; tries <= 3; tries++) assertEquals((await guessFrom()).status, 401);
    await assertLimited(await guessFrom(), seconds);
    await service.clock.advance(seconds * 1000);
  }
});

Deno.test("POST /v1/sessions counts no success against an address, and a success does not clear its wrong passwords", async () => {
  await using service = await TestService.open(THREE);
  await signedUp(service);
  const address = "192.0.2.7";
  for (let count = 1; count <= 6; count++) {
    assertEquals((await signInByPassword(service, {}, { address })).status, 200);
  }
  for (let tries = 1; tries <= 3; tries++) {
    assertEquals((await guess(service, { email: `customer${tries}@example.com` }, address)).status, 401);
    // An attacker gets no more tries by signing in to an own account.
    if (tries < 3) assertEquals((await signInByPassword(service, {}, { address })).status, 200);
  }
  await assertLimited(await guess(service, { email: "customer4@example.com" }, address), 900);
});

Deno.test("POST /v1/sessions of customers behind one address do not conflict: a success writes nothing of the address", async () => {
  const kinds: string[] = [];
  await using service = await TestService.open({
    wrapKv: (kv) =>
      wrapKv(kv, {
        commit({ checks }, perform) {
          for (const { key } of checks) if (key[0] === "tries") kinds.push(String(key[1]));
          return perform();
        },
      }),
  });
  const emails = Array.from({ length: 6 }, (_, i) => `customer${i}@example.com`);
  for (const [i, email] of emails.entries()) {
    await bodyOf(await signUp(service, { email }, { address: `10.0.0.${i}` }), 201);
  }
  kinds.length = 0;
  const answers = await Promise.all(
    emails.map((email) => service.answerOf(signInByPassword(service, { email }, { address: ADDRESS }))),
  );
  assertEquals(answers.map(({ status }) => status), emails.map(() => 200));
  // Each count that was checked is of one customer alone.
  assertEquals(new Set(kinds).size, 2 * emails.length);
});

Deno.test("POST /v1/sessions lets no more guesses of one address at the same moment through, over all accounts", async () => {
  await using service = await TestService.open(THREE);
  using hashing = countHashing();
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, i) => guess(service, { email: `customer${i}@example.com` }, ADDRESS)),
  );
  assertEquals(answers.filter(({ status }) => status === 401).length, 3);
  assertEquals(hashing.count, 3);
});

Deno.test("POST /v1/accounts is limited for each client address, to the second, whether it succeeds or not", async () => {
  await using service = await TestService.open(THREE);
  await bodyOf(await signUp(service), 201);
  await assertProblem(await signUp(service), "email_taken");
  await service.clock.advance(60_000);
  await bodyOf(await signUp(service, { email: "other@example.com" }), 201);
  await assertLimited(await signUp(service, { email: "third@example.com" }), 840);
  assertEquals((await signUp(service, { email: "third@example.com" }, { address: "192.0.2.9" })).status, 201);
  // Faulty requests are not counted, and sign-ins are counted apart.
  await assertProblem(await signUp(service, { email: "x" }), "invalid_request");
  await assertProblem(await signUp(service, { password: "short" }), "weak_password");
  assertEquals((await signInByPassword(service, { email: EMAIL })).status, 200);
  await service.clock.advance(840_000);
  assertEquals((await signUp(service, { email: "fourth@example.com" })).status, 201);
});
