/** The device client, `lib/client/`: what it does with every `next` of the contract, and that it ends. */
import { assert, assertEquals } from "@std/assert";
import { type ProblemCode, PROBLEMS } from "../../../lib/base/problem.ts";
import { Device, SERVICE } from "../../support/simulated_tv.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("signInWithAmazon sends the same code and key again after the service's wait, and up to half as much", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  tv.scenarios = ["new~profile-429-7*1"];
  const result = await tv.signIn();
  assert(result.outcome === "signed_in");
  assertEquals(tv.sent.map(({ status }) => status), [503, 201]);
  assertEquals(tv.sent[1]?.headers.get("idempotency-key"), tv.sent[0]?.headers.get("idempotency-key"));
  assertEquals(tv.sent[1]?.body, tv.sent[0]?.body);
  const [pause = 0] = tv.pauses;
  assert(pause >= 7000 && pause <= 10_500, `Waited ${pause} ms`);
  assertEquals(service.calls.token, 1);
});

Deno.test("signInWithAmazon waits out another request that exchanges its code", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  tv.scenarios = ["new~token-delay-2000"];
  tv.weather = ["answer_lost"];
  const { client, appstore } = tv.start({
    // The first answer is lost while the service is still at work.
    fetch: (url, init) => {
      const answer = tv.send(url, init);
      return tv.sent.length > 1 ? answer : Promise.race([answer, Promise.reject(new TypeError("Reset"))]);
    },
  });
  const result = await service.answerOf(client.signInWithAmazon(appstore));
  assert(result.outcome === "signed_in");
  assert(tv.sent.some(({ status }) => status === 409));
  assertEquals([service.calls.token, tv.codes.length], [1, 1]);
});

for (const weather of ["no_connection", "answer_lost", "silence", "hotel"] as const) {
  Deno.test(`signInWithAmazon sends the same code and key again after no answer: ${weather}`, async () => {
    await using service = await TestService.open();
    const tv = new Device(service);
    tv.weather = [weather, weather];
    const result = await tv.signIn();
    // Silence is two time-outs of 15 seconds, all of the customer's patience.
    assertEquals(result.outcome, weather === "silence" ? "try_later" : "signed_in");
    if (weather === "silence") assertEquals((await tv.signIn()).outcome, "signed_in");
    assertEquals(new Set(tv.sent.map(({ headers }) => headers.get("idempotency-key"))).size, 1);
    assertEquals([tv.codes.length, service.calls], [1, { token: 1, profile: 1 }]);
    assertEquals((await service.stored()).session, 1);
    assertEquals(service.clock.pending, 0);
  });
}

Deno.test("signInWithAmazon gives up after half a minute, keeps the code, and goes on with it when called again", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  tv.weather = Array(20).fill("no_connection");
  const start = service.clock.now();
  assertEquals(await tv.signIn(), { outcome: "try_later", retry_after: 30, problem: null });
  const took = service.clock.now() - start;
  assert(
    took <= 31_000 && tv.sent.length >= 4 && tv.sent.length <= 8,
    `${took} ms, ${tv.sent.length} requests`,
  );
  for (let i = 1; i < tv.pauses.length; i++) assert(tv.pauses[i]! > 0.5 * tv.pauses[i - 1]!);
  tv.weather = [];
  assertEquals((await tv.signIn()).outcome, "signed_in");
  assertEquals(tv.codes.length, 1);
});

Deno.test("signInWithAmazon gives up at once when the service's wait is longer than a customer's patience", async () => {
  await using service = await TestService.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "1" } });
  await service.signedIn("mork.1");
  const tv = new Device(service);
  const result = await tv.signIn();
  assert(result.outcome === "try_later");
  assertEquals([result.retry_after, result.problem?.code, tv.pauses.length], [60, "rate_limited", 0]);
  await service.clock.advance(60_000);
  assertEquals([(await tv.signIn()).outcome, tv.codes.length], ["signed_in", 1]);
});

Deno.test("signInWithAmazon ends after 12 tries on a clock that stands still", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  tv.weather = Array(100).fill("no_connection");
  const clock = { now: () => 0, after: (ms: number, done: () => void) => service.clock.after(ms, done) };
  assertEquals((await tv.signIn({ clock })).outcome, "try_later");
  assertEquals(tv.sent.length, 12);
});

for (
  const [scenario, code] of [
    ["unknown.1", "code_rejected"],
    ["new~token-cut", "code_lost"],
    ["new~token-null", "upstream_invalid"],
  ] as const
) {
  Deno.test(`signInWithAmazon asks the Appstore for a new code after ${code}, once`, async () => {
    await using service = await TestService.open();
    const tv = new Device(service);
    tv.scenarios = [scenario, "new"];
    assertEquals((await tv.signIn()).outcome, "signed_in");
    assertEquals(tv.codes.length, 2);

    const unlucky = new Device(service);
    unlucky.scenarios = [scenario];
    const result = await unlucky.signIn();
    assert(result.outcome === "try_later");
    assertEquals([result.problem?.next, unlucky.codes.length, unlucky.stored.size], ["new_code", 2, 0]);
    unlucky.scenarios = ["new"];
    assertEquals((await unlucky.signIn()).outcome, "signed_in");
  });
}

Deno.test("signInWithAmazon asks for a new code when its code was used before with another key", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  tv.scenarios = ["mork.1", "mork"];
  await service.signedIn("mork.1");
  assertEquals((await tv.signIn()).outcome, "signed_in");
  assertEquals(tv.sent.map(({ status }) => status), [409, 200]);
});

Deno.test("signInWithAmazon asks for no new code from a customer who has withdrawn consent meanwhile", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  tv.scenarios = ["unknown.1"];
  tv.weather = Array(20).fill("no_connection");
  await tv.signIn();
  tv.weather = [];
  tv.consent = 1;
  assertEquals(await tv.signIn(), { outcome: "consent_unavailable", reason: "not_consented" });
  assertEquals([tv.codes.length, tv.stored.size], [1, 0]);
});

Deno.test("signInWithAmazon is refused when the service is set up wrong, and keeps the code", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  tv.scenarios = ["new~token-invalid_client*1"];
  const result = await tv.signIn();
  assert(result.outcome === "refused");
  assertEquals(result.problem.code, "upstream_rejected_client");
  assertEquals([(await tv.signIn()).outcome, tv.codes.length], ["signed_in", 1]);
});

Deno.test("signInWithAmazon is refused when the app is set up wrong, and does not send the code at every start", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  const result = await tv.signIn({ app: "no such app" });
  assert(result.outcome === "refused");
  assertEquals([result.problem.errors?.[0]?.path, tv.stored.size], ["/app", 0]);
  assertEquals((await tv.signIn()).outcome, "signed_in");
});

const OUTCOMES = {
  retry: ["try_later", 1],
  new_code: ["try_later", 2],
  sign_in: ["sign_in_needed", 1],
  sign_up: ["sign_up_needed", 1],
  fix_request: ["refused", 1],
  none: ["refused", 1],
} as const;

for (const code of Object.keys(PROBLEMS) as ProblemCode[]) {
  Deno.test(`signInWithAmazon does what next says and ends, should ${code} never end`, async () => {
    await using service = await TestService.open();
    const tv = new Device(service);
    const { status, next } = PROBLEMS[code];
    const problem = { ...PROBLEMS[code], type: `${SERVICE}/problems/${code}`, code, request_id: "1" };
    let requests = 0;
    const result = await tv.signIn({
      fetch: () => {
        requests++;
        const headers = { "content-type": "application/problem+json", "retry-after": "1" };
        return Promise.resolve(new Response(JSON.stringify(problem), { status, headers }));
      },
    });
    const [outcome, codes] = OUTCOMES[next];
    assertEquals([result.outcome, tv.codes.length], [outcome, codes]);
    assert(requests <= (next === "retry" ? 31 : 2), `${requests} requests`);
    assert("problem" in result);
    assertEquals(result.problem, problem);
  });
}
