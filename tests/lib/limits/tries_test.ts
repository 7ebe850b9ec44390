/** The limits on guessed passwords, and the customers that they do not touch. */
import { assert, assertEquals } from "@std/assert";
import { countHashing, PASSWORD, signedUp, signInByPassword } from "../../support/account_requests.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { ADDRESS, assertLimited, DAY, guess, MINUTES, NEW, THREE } from "../../support/guesses.ts";
import { StaleReplica } from "../../support/stale_replica.ts";
import { TestService } from "../../support/test_service.ts";

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
