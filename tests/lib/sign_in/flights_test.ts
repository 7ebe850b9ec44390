/** One flight for each code in a process: retries join it, others are turned away (promises 1 and 3). */
import { assertEquals } from "@std/assert";
import { countingKv, type KvCounts } from "../../support/kv_hooks.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { TestService } from "../../support/test_service.ts";

const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";
const OTHER_KEY = "another-key-of-another-device";
const SLOW = "new~token-delay-300.1";

Deno.test("a retry with the same code and key joins the request under way and gets its session", async () => {
  await using service = await TestService.open();
  const first = service.signIn(SLOW, { key: KEY });
  await service.clock.advance(100);
  const retries = [service.signIn(SLOW, { key: KEY }), service.signIn(SLOW, { key: KEY })];
  await service.clock.advance(300);
  const answers = await Promise.all([first, ...retries]);
  assertEquals(answers.map(({ status }) => status), [201, 201, 201]);
  const replayed = answers.map(({ headers }) => headers.get("idempotency-replayed"));
  assertEquals(replayed, [null, "true", "true"]);
  const bodies = await Promise.all(answers.map((answer) => answer.json()));
  assertEquals(new Set(bodies.map((body) => JSON.stringify([body.session_token, body.account]))).size, 1);
  assertEquals(service.calls, { token: 1, profile: 1 });
});

Deno.test("a request with the code and another key, or none, is turned away without an operation on the database", async () => {
  const counts: KvCounts = { commits: 0, eventualReads: 0, strongReads: 0 };
  await using service = await TestService.open({ wrapKv: (kv) => countingKv(kv, counts) });
  const first = service.signIn(SLOW, { key: KEY });
  await service.clock.advance(100);
  const before = { ...counts };
  for (const options of [{ key: OTHER_KEY }, {}]) {
    await assertProblem(await service.signIn(SLOW, options), "code_in_progress");
  }
  assertEquals(counts, before);
  await service.clock.advance(300);
  assertEquals((await first).status, 201);
});

Deno.test("two requests without a key never share a session", async () => {
  await using service = await TestService.open();
  const first = service.signIn(SLOW);
  await service.clock.advance(100);
  await assertProblem(await service.signIn(SLOW), "code_in_progress");
  await service.clock.advance(300);
  assertEquals((await first).status, 201);
});

Deno.test("a retry that joins gets the problem of the request under way, and the next one starts anew", async () => {
  await using service = await TestService.open();
  const code = "new~token-delay-300~profile-503*3.1";
  const first = service.signIn(code, { key: KEY });
  await service.clock.advance(100);
  const joined = service.signIn(code, { key: KEY });
  for (const answer of [first, joined]) {
    await assertProblem(await service.answerOf(answer), "upstream_unavailable");
  }
  assertEquals((await service.answerOf(service.signIn(code, { key: KEY }))).status, 201);
  assertEquals(service.calls.token, 1);
});

Deno.test("a retry that joins does not count for MAX_SIGN_INS_IN_FLIGHT", async () => {
  await using service = await TestService.open({ env: { MAX_SIGN_INS_IN_FLIGHT: "1" } });
  const first = service.signIn(SLOW, { key: KEY });
  await service.clock.advance(100);
  const joined = service.signIn(SLOW, { key: KEY });
  await assertProblem(await service.signIn("new.2", { key: OTHER_KEY }), "overloaded");
  await service.clock.advance(300);
  assertEquals([(await first).status, (await joined).status], [201, 201]);
});
