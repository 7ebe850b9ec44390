/** `POST /v1/sessions`, in the order of the contract (routes/README.md). Linking is in `linking_test.ts`. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  bodyOf,
  countHashing,
  recordOf,
  signedUp,
  signInByPassword,
  signUp,
} from "../../support/account_requests.ts";
import { TestService } from "../../support/test_service.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { countingKv, type KvCounts, wrapKv } from "../../support/kv_hooks.ts";

Deno.test("POST /v1/sessions answers 200 with a new session of the account", async () => {
  await using service = await TestService.open();
  const first = await signedUp(service);
  const device = { name: "Bedroom" };
  const response = await signInByPassword(service, { email: " VERA@example.com", device });
  assertEquals(response.headers.get("cache-control"), "no-store");
  const second = await bodyOf(response, 200);
  assertEquals(second.account, { ...first.account, created: false });
  assertEquals(second.session.device, device);
  assertEquals([second.token_type, second.expires_in], ["Bearer", 31_536_000]);
  assertNotEquals(second.session_token, first.session_token);
  for (const token of [first.session_token, second.session_token]) {
    assertEquals((await service.request("/v1/sessions/current", { token })).status, 200);
  }
  assertEquals((await service.stored()).session, 2);
});

Deno.test("POST /v1/sessions accepts a password in any Unicode composition of its accents", async () => {
  await using service = await TestService.open();
  await signedUp(service, { password: "cafe\u0301 au lait" });
  assertEquals((await signInByPassword(service, { password: "caf\u00e9 au lait" })).status, 200);
});

Deno.test("POST /v1/sessions answers invalid_request to invalid fields, and hashes and counts nothing", async (t) => {
  await using service = await TestService.open();
  await signedUp(service);
  const stored = await service.stored();
  using hashing = countHashing();
  const wrong: [string, unknown][] = [
    ...[undefined, null, 1, {}, []].flatMap((value): [string, unknown][] => [
      ["email", value],
      ["password", value],
    ]),
    ["email", "vera"],
    ["password", ""],
    ["password", "p".repeat(257)],
    ["password", "p".repeat(10_000)],
    ["password", "correct horse battery\u0000"],
    ["device", []],
    ["link_ticket", 1],
    ["link_ticket", "t".repeat(129)],
  ];
  for (const [field, value] of wrong) {
    await t.step(`${field} ${JSON.stringify(value)?.slice(0, 40)}`, async () => {
      const problem = await assertProblem(
        await signInByPassword(service, { [field]: value }),
        "invalid_request",
      );
      assertEquals(problem.errors?.map(({ path }) => path), [`/${field}`]);
    });
  }
  assertEquals([hashing.count, await service.stored()], [0, stored]);
});

Deno.test("POST /v1/sessions gives the same response to an unknown email, a wrong password and a temporary password", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  await service.signedIn("mork.1");
  const answers = await Promise.all([
    signInByPassword(service, { email: "nobody@example.com" }),
    signInByPassword(service, { password: "correct horse batterz" }),
    signInByPassword(service, { email: "mhashimoto-04@plaxo.com" }),
  ]);
  const shown = [];
  for (const answer of answers) {
    const { request_id: _, ...problem } = await assertProblem(answer, "invalid_credentials");
    const headers = Array.from(answer.headers).filter(([name]) => name !== "x-request-id");
    shown.push({ problem, headers });
  }
  assertEquals(shown[1], shown[0]);
  assertEquals(shown[2], shown[0]);
});

Deno.test("POST /v1/sessions does the same work for an unknown email, a wrong password and a temporary password", async () => {
  const counts: KvCounts = { eventualReads: 0, strongReads: 0, commits: 0 };
  await using service = await TestService.open({ wrapKv: (kv) => countingKv(kv, counts) });
  await signedUp(service);
  await service.signedIn("mork.1");
  const work = [];
  for (
    const changes of [
      { email: "nobody@example.com" },
      { password: "correct horse batterz" },
      { email: "mhashimoto-04@plaxo.com" },
    ]
  ) {
    Object.assign(counts, { eventualReads: 0, strongReads: 0, commits: 0 });
    using hashing = countHashing();
    const before = await service.stored();
    Object.assign(counts, { eventualReads: 0, strongReads: 0, commits: 0 });
    assertEquals((await signInByPassword(service, changes, { address: "192.0.2.7" })).status, 401);
    const { count, iterations } = hashing;
    const trips = { ...counts };
    const after = await service.stored();
    work.push({ count, iterations, trips, tries: Number(after.tries) > Number(before.tries) });
  }
  const expected = {
    count: 1,
    iterations: 1000,
    trips: { eventualReads: 1, strongReads: 3, commits: 2 },
    tries: true,
  };
  assertEquals(work, [expected, expected, expected]);
});

Deno.test("POST /v1/sessions does the work of the present parameters for a wrong password and an older hash", async () => {
  await using old = await TestService.open({ passwordIterations: 300 });
  await signedUp(old);
  await using service = await TestService.open({ kv: old.kv });
  using hashing = countHashing();
  await assertProblem(
    await signInByPassword(service, { password: "correct horse batterz" }),
    "invalid_credentials",
  );
  assertEquals(hashing.iterations, 1000);
});

Deno.test("POST /v1/sessions hashes a password again, once, after the parameters were raised", async () => {
  await using old = await TestService.open({ passwordIterations: 300 });
  const { account } = await signedUp(old);
  await using service = await TestService.open({ kv: old.kv });
  const phcs = [];
  for (let round = 0; round < 2; round++) {
    assertEquals((await signInByPassword(service)).status, 200);
    const { password } = await recordOf(service, account.id);
    phcs.push(password.kind === "set" ? password.phc : "");
  }
  assert(phcs[0]?.startsWith("$pbkdf2-sha256$i=1000,"));
  assertEquals(phcs[1], phcs[0]);
  await assertProblem(
    await signInByPassword(service, { password: "correct horse batterz" }),
    "invalid_credentials",
  );
  // An instance of the earlier version keeps a hash that is stronger than its own.
  assertEquals((await signInByPassword(old)).status, 200);
  const { password } = await recordOf(service, account.id);
  assertEquals(password.kind === "set" && password.phc, phcs[0]);
});

Deno.test("POST /v1/sessions answers 200 to 8 sign-ins of one account at once that all hash again", async () => {
  await using old = await TestService.open({ passwordIterations: 300 });
  await signedUp(old);
  await using service = await TestService.open({ kv: old.kv });
  const responses = await Promise.all(Array.from({ length: 8 }, () => signInByPassword(service)));
  assertEquals(responses.map(({ status }) => status), Array(8).fill(200));
});

Deno.test("POST /v1/sessions answers storage_unavailable when the database does not answer", async () => {
  await using service = await TestService.open({
    wrapKv: (kv) => wrapKv(kv, { read: () => new Promise(() => {}) }),
  });
  await assertProblem(await service.answerOf(signInByPassword(service)), "storage_unavailable");
});

Deno.test("POST /v1/accounts and POST /v1/sessions answer overloaded when too many passwords wait to be hashed, and count no try", async () => {
  await using service = await TestService.open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "1000" } });
  await signedUp(service);
  const before = await service.stored();
  const full = Promise.withResolvers<void>();
  const { queue } = service.services.hasher;
  const busy = Array.from({ length: 2 + 2 * 16 }, () => queue.run(() => full.promise));
  using hashing = countHashing();
  for (
    const answer of [await signUp(service, { email: "other@example.com" }), await signInByPassword(service)]
  ) {
    assert(/^[2-5]$/.test(answer.headers.get("retry-after") ?? ""));
    await assertProblem(answer, "overloaded");
  }
  assertEquals([hashing.count, await service.stored()], [0, before]);
  assertEquals((await service.signIn("new.1")).status, 201);
  full.resolve();
  await Promise.all(busy);
  assertEquals((await signInByPassword(service)).status, 200);
});
