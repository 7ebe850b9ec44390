/** The limits on guessed passwords, and the customers that they do not touch. */
import { assert, assertEquals } from "@std/assert";
import {
  accountOf,
  bodyOf,
  countHashing,
  EMAIL,
  MORK,
  PASSWORD,
  signedUp,
  signInByPassword,
  signUp,
} from "../../support/account_requests.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { StaleReplica } from "../../support/stale_replica.ts";
import { isLinkValid, resetLink, submit } from "../../support/mailed_links.ts";
import { wrapKv } from "../../support/kv_hooks.ts";
import { sleep } from "../../../lib/base/clock.ts";
import { TestService } from "../../support/test_service.ts";

const THREE = { env: { PASSWORD_TRIES_PER_15_MINUTES: "3" } };
const MINUTES = 60_000;
const HOURS = 60 * MINUTES;
const DAY = 24 * HOURS;
let guesses = 0;

/** Sends a wrong password, from an address of the test or from one that was never seen. */
function guess(
  service: TestService,
  changes: Record<string, unknown> = {},
  address?: string,
): Promise<Response> {
  const number = guesses++;
  return signInByPassword(service, { password: `wrong horse ${number}`, ...changes }, {
    address: address ?? `2001:db8:${(number >> 16).toString(16)}:${(number & 0xffff).toString(16)}::1`,
  });
}

async function assertLimited(response: Response, seconds: number): Promise<void> {
  assertEquals(response.headers.get("retry-after"), String(seconds));
  await assertProblem(response, "rate_limited");
}

/** An address from which nobody has signed in. */
const ADDRESS = "192.0.2.7";
const NEW = "another horse entirely";

Deno.test("POST /v1/sessions accepts PASSWORD_TRIES_PER_15_MINUTES wrong passwords of an account, 10 by default", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  for (let tries = 1; tries <= 10; tries++) await assertProblem(await guess(service), "invalid_credentials");
  await assertLimited(await guess(service), 900);
});

Deno.test("POST /v1/sessions says to the second when the next try is accepted, and accepts it then", async () => {
  await using service = await TestService.open(THREE);
  await signedUp(service);
  await guess(service);
  await service.clock.advance(200_500);
  await guess(service);
  await guess(service);
  await assertLimited(await guess(service), 700);
  await service.clock.advance(699_499);
  await assertLimited(await guess(service), 1);
  // While the limit lasts, the right password gets the same answer as a wrong one.
  const elsewhere = { address: "192.0.2.99" };
  await assertLimited(await signInByPassword(service, {}, elsewhere), 1);
  await service.clock.advance(1);
  assertEquals((await signInByPassword(service, {}, elsewhere)).status, 200);
});

Deno.test("POST /v1/sessions hashes nothing over the limit, and tries over the limit do not lengthen it", async () => {
  await using service = await TestService.open(THREE);
  await signedUp(service);
  for (let tries = 1; tries <= 3; tries++) await guess(service);
  using hashing = countHashing();
  const stored = await service.stored();
  for (let tries = 1; tries <= 20; tries++) await assertLimited(await guess(service), 900);
  assertEquals([hashing.count, await service.stored()], [0, stored]);
});

Deno.test("POST /v1/sessions makes an account wait twice as long for each full number of wrong passwords, up to 4 hours", async () => {
  await using service = await TestService.open(THREE);
  await signedUp(service);
  for (const minutes of [15, 30, 60, 120, 240, 240]) {
    for (let tries = 1; tries <= 3; tries++) assertEquals((await guess(service, {}, ADDRESS)).status, 401);
    await assertLimited(await guess(service, {}, ADDRESS), minutes * 60);
    await service.clock.advance(minutes * MINUTES);
  }
});

Deno.test("POST /v1/sessions counts wrong passwords in a row also when they come slowly", async () => {
  await using service = await TestService.open(THREE);
  await signedUp(service);
  for (let tries = 1; tries <= 3; tries++) {
    await guess(service, {}, ADDRESS);
    await service.clock.advance(15 * MINUTES);
  }
  for (let tries = 1; tries <= 3; tries++) await guess(service, {}, ADDRESS);
  await assertLimited(await guess(service, {}, ADDRESS), 1800);
});

Deno.test("POST /v1/sessions forgets the wrong passwords of an account after a success", async () => {
  await using service = await TestService.open(THREE);
  await signedUp(service);
  // The tries of an address itself are not forgotten, so each comes from another one.
  let last = 0;
  const address = () => `198.51.100.${++last}`;
  for (let round = 1; round <= 5; round++) {
    await guess(service, {}, address());
    await guess(service, {}, address());
    assertEquals((await signInByPassword(service)).status, 200);
  }
  for (let tries = 1; tries <= 3; tries++) assertEquals((await guess(service, {}, address())).status, 401);
  await assertLimited(await guess(service, {}, address()), 900);
});

Deno.test("POST /v1/sessions forgets wrong passwords after a quiet day", async () => {
  await using service = await TestService.open(THREE);
  await signedUp(service);
  for (let tries = 1; tries <= 3; tries++) await guess(service);
  await service.clock.advance(15 * MINUTES + DAY);
  for (let tries = 1; tries <= 3; tries++) assertEquals((await guess(service)).status, 401);
  await assertLimited(await guess(service), 900);
});

Deno.test("POST /v1/sessions limits an email without an account like one with an account", async () => {
  await using service = await TestService.open(THREE);
  const email = "nobody@example.com";
  for (let tries = 1; tries <= 3; tries++) assertEquals((await guess(service, { email })).status, 401);
  await assertLimited(await guess(service, { email: " NOBODY@example.com" }), 900);
});

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
  const guessFrom = () => guess(service, { email: `customer${guesses}@example.com` }, address);
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

Deno.test("POST /v1/sessions refuses nobody because of a replica that is behind a success", async () => {
  const commits = new CommitControl();
  const replica = new StaleReplica();
  await using service = await TestService.open({
    ...THREE,
    wrapKv: (kv) => replica.wrap(commits.wrap(kv)),
  });
  const { kv } = service;
  await signedUp(service);
  await guess(service);
  await guess(service);
  // The replica keeps the counts of the sign-in that is about to succeed: two failures.
  const failures: number[] = [];
  commits.beforeNext("set", "session", async () => {
    await replica.freeze(kv);
    const tries = await Array.fromAsync(kv.list<{ failures: number }>({ prefix: ["tries"] }));
    failures.push(...tries.map(({ value }) => value.failures));
  });
  for (let count = 1; count <= 2; count++) assertEquals((await signInByPassword(service)).status, 200);
  assert(failures.includes(2), JSON.stringify(failures));
});

Deno.test("POST /v1/sessions accepts of 32 guesses at the same moment no more than of guesses one after another", async () => {
  await using service = await TestService.open(THREE);
  await signedUp(service);
  using hashing = countHashing();
  const answers = await Promise.all(Array.from({ length: 32 }, () => guess(service)));
  assertEquals(answers.filter(({ status }) => status === 401).length, 3);
  assertEquals(answers.filter(({ status }) => status === 429).length, 29);
  assertEquals(hashing.count, 3);
});

Deno.test("POST /v1/sessions counts in the database, so another instance knows the count", async () => {
  await using service = await TestService.open(THREE);
  await signedUp(service);
  await using other = await TestService.open({ ...THREE, kv: service.kv });
  for (const instance of [service, other, service]) assertEquals((await guess(instance)).status, 401);
  await assertLimited(await guess(other), 900);
});

Deno.test("POST /v1/sessions stores neither email nor address with a count", async () => {
  await using service = await TestService.open();
  await guess(service, {}, "192.0.2.7");
  let count = 0;
  for await (const { key, value } of service.kv.list({ prefix: ["tries"] })) {
    count++;
    const text = JSON.stringify([key, value]);
    for (const part of ["vera", "example", "192"]) assert(!text.includes(part));
    assertEquals(key.length, 2);
  }
  assertEquals(count, 3);
});

Deno.test("POST /v1/sessions has no limit when PASSWORD_TRIES_PER_15_MINUTES is 0, and stores no count", async () => {
  await using service = await TestService.open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "0" } });
  for (let tries = 1; tries <= 30; tries++) assertEquals((await guess(service, {}, "192.0.2.7")).status, 401);
  assertEquals(await service.stored(), {});
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

Deno.test("PUT /v1/account/password limits the guesses of a session, and a success clears them", async () => {
  await using service = await TestService.open(THREE);
  const { session_token: token } = await signedUp(service);
  const put = (current_password: string) =>
    service.send("PUT", "/v1/account/password", { current_password, new_password: NEW }, { token });
  for (let tries = 1; tries <= 2; tries++) await assertProblem(await put("wrong"), "invalid_credentials");
  assertEquals((await put(PASSWORD)).status, 204);
  // The new password is the password now, so the same change again is no guess.
  for (let tries = 1; tries <= 4; tries++) assertEquals((await put("wrong")).status, 204);
  const guess = (current_password: string) => {
    const body = { current_password, new_password: "a third horse entirely" };
    return service.send("PUT", "/v1/account/password", body, { token });
  };
  for (let tries = 1; tries <= 3; tries++) await assertProblem(await guess("wrong"), "invalid_credentials");
  await assertLimited(await guess(NEW), 900);
  assertEquals((await signInByPassword(service, { password: NEW })).status, 200);
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
