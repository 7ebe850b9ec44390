/** The device client, `lib/client/`, against the real service: the guide's flow, and what the contract's `next` asks. */
import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { type ProblemCode, PROBLEMS } from "../lib/problem.ts";
import { EMAIL, PASSWORD, signedUp } from "./account_calls.ts";
import { Device, SERVICE } from "./device.ts";
import { House } from "./house.ts";

Deno.test("signInWithAmazon signs a new customer in with one request", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  const result = await tv.signIn({ app: "tv", device: { name: "Living room", platform: "vega" } });
  assert(result.outcome === "signed_in");
  assertEquals([result.restored, result.session.account.created], [false, true]);
  assertEquals(result.session.session.device, { name: "Living room", platform: "vega" });
  const [sent, ...more] = tv.sent;
  assertEquals(more, []);
  assertEquals([sent?.method, sent?.path, sent?.status], ["POST", "/v1/sessions/amazon", 201]);
  assertEquals(sent?.body, {
    code: tv.codes[0],
    app: "tv",
    device: { name: "Living room", platform: "vega" },
  });
  assertMatch(sent?.headers.get("idempotency-key") ?? "", /^[0-9a-f]{32}$/);
  assertEquals(house.clock.pending, 0);
});

Deno.test("signInWithAmazon signs a known customer in", async () => {
  await using house = await House.open();
  await house.signedIn("mork.1");
  const tv = new Device(house);
  tv.scenarios = ["mork"];
  const result = await tv.signIn();
  assert(result.outcome === "signed_in");
  assertEquals([result.session.account.created, tv.sent[0]?.status], [false, 200]);
});

for (
  const [title, appstore, expected] of [
    ["getUserData is NOT_SUPPORTED", { userDataCode: 2 }, "not_supported"],
    ["getUserData has FAILED", { userDataCode: 3 }, "failed"],
    ["getUserData answers with a code of the future", { userDataCode: 9 }, "failed"],
    ["consent is UNAVAILABLE", { consent: 1 }, "not_consented"],
    ["requestUserProfileAccess is NOT_SUPPORTED", { profileAccessCode: 2 }, "not_supported"],
    ["requestUserProfileAccess has FAILED", { profileAccessCode: 3 }, "failed"],
    ["requestUserProfileAccess is SERVICE_UNAVAILABLE", { profileAccessCode: 4 }, "try_later"],
    ["requestUserProfileAccess answers with a code of the future", { profileAccessCode: 9 }, "failed"],
  ] as const
) {
  Deno.test(`signInWithAmazon asks the service for nothing when ${title}`, async () => {
    await using house = await House.open();
    const tv = new Device(house);
    Object.assign(tv, appstore);
    assertEquals(
      await tv.signIn(),
      expected === "try_later"
        ? { outcome: "try_later", retry_after: 30, problem: null }
        : { outcome: "consent_unavailable", reason: expected },
    );
    assertEquals([tv.sent.length, tv.stored.size, tv.codes.length], [0, 0, 0]);
  });
}

Deno.test("signInWithAmazon takes an Appstore that throws or gives no code for one that failed", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  const failed = { outcome: "consent_unavailable", reason: "failed" } as const;
  const { client, appstore } = tv.start();
  const gone = () => Promise.reject(new Error("The Appstore is gone"));
  assertEquals(await client.signInWithAmazon({ ...appstore, getUserData: gone }), failed);
  assertEquals(await client.signInWithAmazon({ ...appstore, requestUserProfileAccess: gone }), failed);
  const empty = () => Promise.resolve({ responseCode: 1, userProfileAccessAuthCode: null });
  assertEquals(await client.signInWithAmazon({ ...appstore, requestUserProfileAccess: empty }), failed);
  assertEquals(tv.sent, []);
});

Deno.test("signInWithAmazon asks for the consent status", async () => {
  await using house = await House.open();
  const { client, appstore } = new Device(house).start();
  const requests: unknown[] = [];
  await house.answerOf(client.signInWithAmazon({
    ...appstore,
    getUserData: (request) => {
      requests.push(request);
      return appstore.getUserData(request);
    },
  }));
  assertEquals(requests, [{ fetchUserProfileAccessConsentStatus: true }]);
});

Deno.test("signInWithAmazon stores code and key before it sends them, and the session in their place", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  let stored = "";
  const result = await tv.signIn({
    fetch: (url, init) => {
      stored = tv.stored.get("oneclick") ?? "";
      return tv.send(url, init);
    },
  });
  assert(result.outcome === "signed_in");
  const { code, key } = JSON.parse(stored);
  assertEquals([code, key], [tv.codes[0], tv.sent[0]?.headers.get("idempotency-key")]);
  const after = JSON.parse(tv.stored.get("oneclick") ?? "");
  assertEquals(after, { kind: "session", user: tv.user, session: result.session });
});

Deno.test("signInWithAmazon makes another key for every code", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  tv.scenarios = ["unknown.1", "new"];
  await tv.signIn();
  const [first, second] = tv.sent.map(({ headers }) => headers.get("idempotency-key"));
  assert(first && second);
  assertNotEquals(first, second);
});

Deno.test("signInWithAmazon sends the same code and key again after the service's wait, and up to half as much", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  tv.scenarios = ["new~profile-429-7*1"];
  const result = await tv.signIn();
  assert(result.outcome === "signed_in");
  assertEquals(tv.sent.map(({ status }) => status), [503, 201]);
  assertEquals(tv.sent[1]?.headers.get("idempotency-key"), tv.sent[0]?.headers.get("idempotency-key"));
  assertEquals(tv.sent[1]?.body, tv.sent[0]?.body);
  const [pause = 0] = tv.pauses;
  assert(pause >= 7000 && pause <= 10_500, `Waited ${pause} ms`);
  assertEquals(house.calls.token, 1);
});

Deno.test("signInWithAmazon waits out another request that exchanges its code", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  tv.scenarios = ["new~token-delay-2000"];
  tv.weather = ["answer_lost"];
  const { client, appstore } = tv.start({
    // The first answer is lost while the service is still at work.
    fetch: (url, init) => {
      const answer = tv.send(url, init);
      return tv.sent.length > 1 ? answer : Promise.race([answer, Promise.reject(new TypeError("Reset"))]);
    },
  });
  const result = await house.answerOf(client.signInWithAmazon(appstore));
  assert(result.outcome === "signed_in");
  assert(tv.sent.some(({ status }) => status === 409));
  assertEquals([house.calls.token, tv.codes.length], [1, 1]);
});

for (const weather of ["no_connection", "answer_lost", "silence", "hotel"] as const) {
  Deno.test(`signInWithAmazon sends the same code and key again after no answer: ${weather}`, async () => {
    await using house = await House.open();
    const tv = new Device(house);
    tv.weather = [weather, weather];
    const result = await tv.signIn();
    // Silence is two time-outs of 15 seconds, all of the customer's patience.
    assertEquals(result.outcome, weather === "silence" ? "try_later" : "signed_in");
    if (weather === "silence") assertEquals((await tv.signIn()).outcome, "signed_in");
    assertEquals(new Set(tv.sent.map(({ headers }) => headers.get("idempotency-key"))).size, 1);
    assertEquals([tv.codes.length, house.calls], [1, { token: 1, profile: 1 }]);
    assertEquals((await house.stored()).session, 1);
    assertEquals(house.clock.pending, 0);
  });
}

Deno.test("signInWithAmazon gives up after half a minute, keeps the code, and goes on with it when called again", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  tv.weather = Array(20).fill("no_connection");
  const start = house.clock.now();
  assertEquals(await tv.signIn(), { outcome: "try_later", retry_after: 30, problem: null });
  const took = house.clock.now() - start;
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
  await using house = await House.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "1" } });
  await house.signedIn("mork.1");
  const tv = new Device(house);
  const result = await tv.signIn();
  assert(result.outcome === "try_later");
  assertEquals([result.retry_after, result.problem?.code, tv.pauses.length], [60, "rate_limited", 0]);
  await house.clock.advance(60_000);
  assertEquals([(await tv.signIn()).outcome, tv.codes.length], ["signed_in", 1]);
});

Deno.test("signInWithAmazon ends after 12 tries on a clock that stands still", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  tv.weather = Array(100).fill("no_connection");
  const clock = { now: () => 0, after: (ms: number, done: () => void) => house.clock.after(ms, done) };
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
    await using house = await House.open();
    const tv = new Device(house);
    tv.scenarios = [scenario, "new"];
    assertEquals((await tv.signIn()).outcome, "signed_in");
    assertEquals(tv.codes.length, 2);

    const unlucky = new Device(house);
    unlucky.scenarios = [scenario];
    const result = await unlucky.signIn();
    assert(result.outcome === "try_later");
    assertEquals([result.problem?.next, unlucky.codes.length, unlucky.stored.size], ["new_code", 2, 0]);
    unlucky.scenarios = ["new"];
    assertEquals((await unlucky.signIn()).outcome, "signed_in");
  });
}

Deno.test("signInWithAmazon asks for a new code when its code was used before with another key", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  tv.scenarios = ["mork.1", "mork"];
  await house.signedIn("mork.1");
  assertEquals((await tv.signIn()).outcome, "signed_in");
  assertEquals(tv.sent.map(({ status }) => status), [409, 200]);
});

Deno.test("signInWithAmazon asks for no new code from a customer who has withdrawn consent meanwhile", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  tv.scenarios = ["unknown.1"];
  tv.weather = Array(20).fill("no_connection");
  await tv.signIn();
  tv.weather = [];
  tv.consent = 1;
  assertEquals(await tv.signIn(), { outcome: "consent_unavailable", reason: "not_consented" });
  assertEquals([tv.codes.length, tv.stored.size], [1, 0]);
});

Deno.test("signInWithAmazon needs the sign-in screen after link_required; signIn with the ticket links", async () => {
  await using house = await House.open();
  await signedUp(house, { email: "mhashimoto-04@plaxo.com" });
  const tv = new Device(house);
  tv.scenarios = ["mork"];
  const result = await tv.signIn();
  assert(result.outcome === "sign_in_needed" && result.link_ticket !== null);
  assertEquals(result.problem.code, "link_required");

  // Killed while the screen is shown: the same code gives the same ticket.
  const again = await tv.signIn();
  assert(again.outcome === "sign_in_needed");
  assertEquals([again.link_ticket, tv.codes.length], [result.link_ticket, 1]);

  const { client } = tv.start();
  const { link_ticket } = again;
  assert(link_ticket !== null);
  const signedIn = await house.answerOf(
    client.signIn({ email: "mhashimoto-04@plaxo.com", password: PASSWORD, link_ticket }),
  );
  assert(signedIn.outcome === "signed_in");
  assertEquals(signedIn.session.account.amazon_linked, true);
});

Deno.test("signIn whose answer was lost after it linked is refused once, and then one click signs in", async () => {
  await using house = await House.open();
  await signedUp(house, { email: "mhashimoto-04@plaxo.com" });
  const tv = new Device(house);
  tv.scenarios = ["mork"];
  const needed = await tv.signIn();
  assert(needed.outcome === "sign_in_needed" && needed.link_ticket !== null);
  const typed = { email: "mhashimoto-04@plaxo.com", password: PASSWORD, link_ticket: needed.link_ticket };
  const { client, appstore } = tv.start();
  tv.weather = ["answer_lost"];
  assertEquals((await house.answerOf(client.signIn(typed))).outcome, "try_later");
  const refused = await house.answerOf(client.signIn(typed));
  assert(refused.outcome === "refused");
  assertEquals(refused.problem.code, "link_ticket_invalid");
  assertEquals((await house.answerOf(client.signInWithAmazon(appstore))).outcome, "signed_in");
});

Deno.test("signInWithAmazon needs the sign-up screen after profile_incomplete and consent_insufficient", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  tv.scenarios = ["noemail"];
  const result = await tv.signIn();
  assert(result.outcome === "sign_up_needed");
  assertEquals(result.problem.code, "profile_incomplete");
  assert(result.prefill.name && result.prefill.postal_code);
  const other = new Device(house);
  other.scenarios = ["new~profile-insufficient_scope"];
  const bare = await other.signIn();
  assert(bare.outcome === "sign_up_needed");
  assertEquals([bare.problem.code, bare.prefill], ["consent_insufficient", {}]);
});

Deno.test("signInWithAmazon is refused when the service is set up wrong, and keeps the code", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  tv.scenarios = ["new~token-invalid_client*1"];
  const result = await tv.signIn();
  assert(result.outcome === "refused");
  assertEquals(result.problem.code, "upstream_rejected_client");
  assertEquals([(await tv.signIn()).outcome, tv.codes.length], ["signed_in", 1]);
});

Deno.test("signInWithAmazon is refused when the app is set up wrong, and does not send the code at every start", async () => {
  await using house = await House.open();
  const tv = new Device(house);
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
    await using house = await House.open();
    const tv = new Device(house);
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

Deno.test("signInWithAmazon gives the session that is there, and asks the service for nothing", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  const first = await tv.signIn();
  assert(first.outcome === "signed_in");
  assertEquals(await tv.signIn(), { ...first, restored: true });
  tv.userDataCode = 3;
  assertEquals(await tv.signIn(), { ...first, restored: true });
  assertEquals([tv.sent.length, tv.codes.length], [1, 1]);
});

Deno.test("signInWithAmazon forgets the session and the code of another customer of the device", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  tv.scenarios = ["mork", "new"];
  const mork = await tv.signIn();
  tv.user = "amzn1.account.B";
  const other = await tv.signIn();
  assert(mork.outcome === "signed_in" && other.outcome === "signed_in");
  assertNotEquals(other.session.account.id, mork.session.account.id);

  tv.stored.clear();
  tv.weather = Array(20).fill("no_connection");
  await tv.signIn();
  tv.weather = [];
  tv.user = "amzn1.account.C";
  tv.consent = 1;
  const sent = tv.sent.length;
  assertEquals((await tv.signIn()).outcome, "consent_unavailable");
  assertEquals([tv.sent.length, tv.stored.size], [sent, 0]);
});

Deno.test("signInWithAmazon keeps a session made by password, whoever the Appstore's customer is", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  const { client } = tv.start();
  await house.answerOf(client.signUp({ email: EMAIL, password: PASSWORD }));
  tv.user = "amzn1.account.B";
  const result = await tv.signIn();
  assert(result.outcome === "signed_in");
  assertEquals([result.session.account.email, tv.codes.length], [EMAIL, 0]);
});

Deno.test("signInWithAmazon keeps its code while the Appstore cannot say who the customer is", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  tv.weather = Array(20).fill("no_connection");
  await tv.signIn();
  tv.weather = [];
  tv.userDataCode = 3;
  assertEquals((await tv.signIn()).outcome, "consent_unavailable");
  tv.userDataCode = 1;
  assertEquals([(await tv.signIn()).outcome, tv.codes.length], ["signed_in", 1]);
});

Deno.test("signInWithAmazon called twice at the same moment runs once", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  const { client, appstore } = tv.start();
  const both = Promise.all([client.signInWithAmazon(appstore), client.signInWithAmazon(appstore)]);
  const [one, two] = await house.answerOf(both);
  assert(one === two);
  assertEquals([tv.codes.length, tv.sent.length], [1, 1]);
  assertEquals((await client.signInWithAmazon(appstore)).outcome, "signed_in");
});

for (
  const [title, storage] of [
    ["cannot be read", { getItem: () => Promise.reject(new Error("Corrupt")) }],
    ["cannot be written", { setItem: () => Promise.reject(new Error("Disk full")) }],
    ["throws", {
      setItem: () => {
        throw new Error("Quota");
      },
    }],
    ["holds garbage", { getItem: () => "{" }],
    ["holds something else", { getItem: () => '{"kind":"session","session":{}}' }],
  ] as const
) {
  Deno.test(`signInWithAmazon signs in with a storage that ${title}`, async () => {
    await using house = await House.open();
    const tv = new Device(house);
    const works = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
    const { client, appstore } = tv.start({ storage: { ...works, ...storage } });
    const result = await house.answerOf(client.signInWithAmazon(appstore));
    assert(result.outcome === "signed_in");
    assertEquals(await client.session(), result.session);
  });
}

Deno.test("signUp makes an account, and the session stays", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  const { client } = tv.start({ device: { name: "Bedroom" } });
  const customer = { email: EMAIL, password: PASSWORD, name: "Vera", postal_code: "98052" };
  const result = await house.answerOf(client.signUp(customer));
  assert(result.outcome === "signed_in");
  assertEquals([result.session.account.created, result.session.account.name], [true, "Vera"]);
  assertEquals(result.session.session.device, { name: "Bedroom" });
  assertEquals(await tv.start().client.session(), result.session);
});

Deno.test("signUp and signIn tell what the customer has to change, and when to try again", async () => {
  await using house = await House.open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "3" } });
  const tv = new Device(house);
  const { client } = tv.start();
  const weak = await house.answerOf(client.signUp({ email: EMAIL, password: "12345678" }));
  assert(weak.outcome === "refused");
  assertEquals([weak.problem.code, weak.problem.errors?.[0]?.path], ["weak_password", "/password"]);
  await house.answerOf(client.signUp({ email: EMAIL, password: PASSWORD }));
  const taken = await house.answerOf(client.signUp({ email: EMAIL, password: PASSWORD }));
  assert(taken.outcome === "refused");
  assertEquals(taken.problem.code, "email_taken");
  const wrong = await house.answerOf(client.signIn({ email: EMAIL, password: "not the one" }));
  assert(wrong.outcome === "refused");
  assertEquals(wrong.problem.code, "invalid_credentials");
  for (let tries = 2; tries <= 3; tries++) {
    await house.answerOf(client.signIn({ email: EMAIL, password: "not the one" }));
  }
  const limited = await house.answerOf(client.signIn({ email: EMAIL, password: PASSWORD }));
  assert(limited.outcome === "try_later");
  assertEquals([limited.problem?.code, limited.retry_after], ["rate_limited", 900]);
  tv.weather = ["no_connection"];
  assertEquals(await house.answerOf(client.signIn({ email: EMAIL, password: PASSWORD })), {
    outcome: "try_later",
    retry_after: 30,
    problem: null,
  });
  assertEquals(tv.stored.size, 1);
});

Deno.test("session gives null on a new device and while a code is under way", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  assertEquals(await tv.start().client.session(), null);
  tv.weather = Array(20).fill("no_connection");
  await tv.signIn();
  assertEquals(await tv.start().client.session(), null);
});

Deno.test("signOut ends the session at the service and on the device", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  const { client, appstore } = tv.start();
  const result = await house.answerOf(client.signInWithAmazon(appstore));
  assert(result.outcome === "signed_in");
  assertEquals(await house.answerOf(client.signOut()), true);
  assertEquals([await client.session(), tv.stored.size], [null, 0]);
  const token = result.session.session_token;
  assertEquals((await house.request("/v1/sessions/current", { token })).status, 401);
  assertEquals(await house.answerOf(client.signOut()), true);
});

Deno.test("signOut forgets the session though the service cannot be reached, and says so", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  const { client, appstore } = tv.start();
  await house.answerOf(client.signInWithAmazon(appstore));
  tv.weather = ["no_connection"];
  assertEquals(await house.answerOf(client.signOut()), false);
  assertEquals([await client.session(), tv.stored.size], [null, 0]);
});

Deno.test("fetch sends the session's token to the service and the origins, and to nobody else", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  const seen: [string, string | null][] = [];
  const { client, appstore } = tv.start({
    origins: ["https://api.example"],
    fetch: (url, init) => {
      seen.push([url, new Headers(init?.headers).get("authorization")]);
      return url.startsWith(SERVICE) ? tv.send(url, init) : Promise.resolve(new Response("{}"));
    },
  });
  const result = await house.answerOf(client.signInWithAmazon(appstore));
  assert(result.outcome === "signed_in");
  const bearer = `Bearer ${result.session.session_token}`;
  const account = await client.fetch("/v1/account");
  assertEquals([account.status, (await account.json()).id], [200, result.session.account.id]);
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ name: "Vera" });
  assertEquals((await client.fetch("/v1/account", { method: "PATCH", headers, body })).status, 200);
  await client.fetch("https://api.example/films");
  assertEquals(seen.slice(1), [
    [`${SERVICE}/v1/account`, bearer],
    [`${SERVICE}/v1/account`, bearer],
    ["https://api.example/films", bearer],
  ]);
  for (
    const url of [
      "https://elsewhere.example/",
      "https://api.example.elsewhere.example/",
      "https://api.example@elsewhere.example/",
      "http://api.example/",
      "films",
      "",
    ]
  ) await assertRejects(() => client.fetch(url), TypeError, "Not a path of the service");
  assertEquals(seen.length, 4);
});

Deno.test("fetch handles the end of a session once, however many requests are refused", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  let ends = 0;
  const { client, appstore } = tv.start({ onSignedOut: () => ends++ });
  const result = await house.answerOf(client.signInWithAmazon(appstore));
  assert(result.outcome === "signed_in");
  await house.request("/v1/sessions", { method: "DELETE", token: result.session.session_token });
  const answers = await Promise.all([1, 2, 3].map(() => client.fetch("/v1/account")));
  assertEquals(answers.map(({ status }) => status), [401, 401, 401]);
  assertEquals((await answers[0]!.json()).code, "invalid_session");
  assertEquals([ends, await client.session(), tv.stored.size], [1, null, 0]);
  assertEquals((await client.fetch("/v1/account")).status, 401);
  assertEquals(ends, 1);
  assertEquals((await house.answerOf(client.signInWithAmazon(appstore))).outcome, "signed_in");
});

Deno.test("fetch keeps the session when a 401 says something else, or nobody can confirm it", async () => {
  await using house = await House.open();
  const tv = new Device(house);
  let ends = 0;
  const { client } = tv.start({
    origins: ["https://api.example"],
    onSignedOut: () => ends++,
    fetch: (url, init) =>
      url.startsWith(SERVICE) ? tv.send(url, init) : Promise.resolve(new Response("", { status: 401 })),
  });
  await house.answerOf(client.signUp({ email: EMAIL, password: PASSWORD }));
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ current_password: "not the one", new_password: "another good one" });
  assertEquals((await client.fetch("/v1/account/password", { method: "PUT", headers, body })).status, 401);
  assertEquals((await client.fetch("https://api.example/films")).status, 401);
  tv.weather = ["no_connection"];
  assertEquals((await client.fetch("https://api.example/films")).status, 401);
  assertEquals(ends, 0);
  assert(await client.session() !== null);
});
