/** One click on a device: what the client does for every `next` of the contract, and that it ends. */
import { assert, assertEquals } from "@std/assert";
import { type ProblemCode, PROBLEMS } from "../../../lib/base/problem.ts";
import { SERVICE, SimulatedTv } from "../../support/simulated_tv.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("signInWithAmazon retries with the same code and key after the service's Retry-After and up to half as much", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  tv.scenarios = ["new~profile-429-7*1"];
  const result = await tv.signIn();
  assert(result.outcome === "signed_in");
  assertEquals(tv.requests.map(({ status }) => status), [503, 201]);
  assertEquals(
    tv.requests[1]?.headers.get("idempotency-key"),
    tv.requests[0]?.headers.get("idempotency-key"),
  );
  assertEquals(tv.requests[1]?.body, tv.requests[0]?.body);
  const [pause = 0] = tv.pauses;
  assert(pause >= 7000 && pause <= 10_500, `Waited ${pause} ms`);
  assertEquals(service.calls.token, 1);
});

Deno.test("signInWithAmazon retries while its first request is exchanging the code, and joins it", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  tv.scenarios = ["new~token-delay-2000"];
  tv.network = ["response_lost"];
  const { client, appstore } = tv.startApp({
    // The first response is lost while the service is still exchanging the code.
    fetch: (url, init) => {
      const response = tv.send(url, init);
      return tv.requests.length > 1
        ? response
        : Promise.race([response, Promise.reject(new TypeError("Reset"))]);
    },
  });
  const result = await service.answerOf(client.signInWithAmazon(appstore));
  assert(result.outcome === "signed_in");
  assertEquals(tv.requests.at(-1)?.status, 201);
  assertEquals([service.calls.token, tv.codes.length], [1, 1]);
});

for (const network of ["no_connection", "response_lost", "no_response", "captive_portal"] as const) {
  Deno.test(`signInWithAmazon retries with the same code and key after ${network}`, async () => {
    await using service = await TestService.open();
    const tv = new SimulatedTv(service);
    tv.network = [network, network];
    const result = await tv.signIn();
    // Two requests without a response take two time-outs of 15 seconds, which is the whole half minute.
    assertEquals(result.outcome, network === "no_response" ? "try_later" : "signed_in");
    if (network === "no_response") assertEquals((await tv.signIn()).outcome, "signed_in");
    assertEquals(new Set(tv.requests.map(({ headers }) => headers.get("idempotency-key"))).size, 1);
    assertEquals([tv.codes.length, service.calls], [1, { token: 1, profile: 1 }]);
    assertEquals((await service.stored()).session, 1);
    assertEquals(service.clock.pending, 0);
  });
}

Deno.test("signInWithAmazon gives up after half a minute, and the next call goes on with the same code", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  tv.network = Array(20).fill("no_connection");
  const start = service.clock.now();
  assertEquals(await tv.signIn(), { outcome: "try_later", retry_after: 30, problem: null });
  const took = service.clock.now() - start;
  assert(
    took <= 31_000 && tv.requests.length >= 4 && tv.requests.length <= 8,
    `${took} ms, ${tv.requests.length} requests`,
  );
  for (let i = 1; i < tv.pauses.length; i++) assert(tv.pauses[i]! > 0.5 * tv.pauses[i - 1]!);
  tv.network = [];
  assertEquals((await tv.signIn()).outcome, "signed_in");
  assertEquals(tv.codes.length, 1);
});

Deno.test("signInWithAmazon gives up at once when Retry-After is longer than half a minute", async () => {
  await using service = await TestService.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "1" } });
  await service.signedIn("mork.1");
  const tv = new SimulatedTv(service);
  const result = await tv.signIn();
  assert(result.outcome === "try_later");
  assertEquals([result.retry_after, result.problem?.code, tv.pauses.length], [60, "rate_limited", 0]);
  await service.clock.advance(60_000);
  assertEquals([(await tv.signIn()).outcome, tv.codes.length], ["signed_in", 1]);
});

for (
  const [title, jumps] of [
    ["stands still", (ms: number) => ms - ms],
    ["is set from 1970 to now during a retry", (ms: number) => ms === 0 ? 0 : 1_790_000_000_000 + ms],
    ["is set back during a retry", (ms: number) => -ms],
  ] as const
) {
  Deno.test(`signInWithAmazon retries for half a minute on a clock that ${title}`, async () => {
    await using service = await TestService.open();
    const tv = new SimulatedTv(service);
    const start = service.clock.now();
    const clock = {
      now: () => jumps(service.clock.now() - start),
      after: (ms: number, callback: () => void) => service.clock.after(ms, callback),
    };
    tv.network = Array(3).fill("no_connection");
    assertEquals((await tv.signIn({ clock })).outcome, "signed_in");
    tv.storage.clear();
    tv.user = "amzn1.account.B";
    tv.network = Array(100).fill("no_connection");
    tv.requests.length = 0;
    assertEquals((await tv.signIn({ clock })).outcome, "try_later");
    assert(tv.requests.length >= 4 && tv.requests.length <= 8, `${tv.requests.length} requests`);
  });
}

for (
  const [scenario, code] of [
    ["unknown.1", "code_rejected"],
    ["new~token-cut", "code_lost"],
    ["new~token-null", "upstream_invalid"],
  ] as const
) {
  Deno.test(`signInWithAmazon asks the Appstore for a new code once after ${code}`, async () => {
    await using service = await TestService.open();
    const tv = new SimulatedTv(service);
    tv.scenarios = [scenario, "new"];
    assertEquals((await tv.signIn()).outcome, "signed_in");
    assertEquals(tv.codes.length, 2);

    const unlucky = new SimulatedTv(service);
    unlucky.scenarios = [scenario];
    const result = await unlucky.signIn();
    assert(result.outcome === "try_later");
    assertEquals([result.problem?.next, unlucky.codes.length, unlucky.storage.size], ["new_code", 2, 1]);
    unlucky.scenarios = ["new"];
    assertEquals((await unlucky.signIn()).outcome, "signed_in");
  });
}

Deno.test("signInWithAmazon asks for a new code when its code was used before with another key", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  tv.scenarios = ["mork.1", "mork"];
  await service.signedIn("mork.1");
  assertEquals((await tv.signIn()).outcome, "signed_in");
  assertEquals(tv.requests.map(({ status }) => status), [409, 200]);
});

Deno.test("signInWithAmazon gets no new code after the customer has withdrawn consent", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  tv.scenarios = ["unknown.1"];
  tv.network = Array(20).fill("no_connection");
  await tv.signIn();
  tv.network = [];
  tv.consent = 1;
  assertEquals(await tv.signIn(), { outcome: "consent_unavailable", reason: "failed", activation: {} });
  assertEquals(tv.codes.length, 1);
});

Deno.test("signInWithAmazon returns refused when the service is set up wrong, and keeps the code", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  tv.scenarios = ["new~token-invalid_client*1"];
  const result = await tv.signIn();
  assert(result.outcome === "refused");
  assertEquals(result.problem.code, "upstream_rejected_client");
  assertEquals([(await tv.signIn()).outcome, tv.codes.length], ["signed_in", 1]);
});

Deno.test("signInWithAmazon returns refused when the app is set up wrong, and does not keep the code", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  const result = await tv.signIn({ app: "no such app" });
  assert(result.outcome === "refused");
  assertEquals(result.problem.errors?.[0]?.path, "/app");
  assertEquals(JSON.parse(tv.storage.get("oneclick") ?? ""), { kind: "consented", user: tv.user });
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
  Deno.test(`signInWithAmazon follows next and ends when every response is ${code}`, async () => {
    await using service = await TestService.open();
    const tv = new SimulatedTv(service);
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
