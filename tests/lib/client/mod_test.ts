/** The device client, `lib/client/`, against the real service: the guide's flow, and who is signed in by it. */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { EMAIL, PASSWORD, signedUp } from "../../support/account_requests.ts";
import { Device } from "../../support/simulated_tv.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("signInWithAmazon signs a new customer in with one request", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
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
  assertEquals(service.clock.pending, 0);
});

Deno.test("signInWithAmazon signs a known customer in", async () => {
  await using service = await TestService.open();
  await service.signedIn("mork.1");
  const tv = new Device(service);
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
    await using service = await TestService.open();
    const tv = new Device(service);
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
  await using service = await TestService.open();
  const tv = new Device(service);
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
  await using service = await TestService.open();
  const { client, appstore } = new Device(service).start();
  const requests: unknown[] = [];
  await service.answerOf(client.signInWithAmazon({
    ...appstore,
    getUserData: (request) => {
      requests.push(request);
      return appstore.getUserData(request);
    },
  }));
  assertEquals(requests, [{ fetchUserProfileAccessConsentStatus: true }]);
});

Deno.test("signInWithAmazon stores code and key before it sends them, and the session in their place", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
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
  await using service = await TestService.open();
  const tv = new Device(service);
  tv.scenarios = ["unknown.1", "new"];
  await tv.signIn();
  const [first, second] = tv.sent.map(({ headers }) => headers.get("idempotency-key"));
  assert(first && second);
  assertNotEquals(first, second);
});

Deno.test("signInWithAmazon needs the sign-in screen after link_required; signIn with the ticket links", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: "mhashimoto-04@plaxo.com" });
  const tv = new Device(service);
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
  const signedIn = await service.answerOf(
    client.signIn({ email: "mhashimoto-04@plaxo.com", password: PASSWORD, link_ticket }),
  );
  assert(signedIn.outcome === "signed_in");
  assertEquals(signedIn.session.account.amazon_linked, true);
});

Deno.test("signIn whose answer was lost after it linked is refused once, and then one click signs in", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: "mhashimoto-04@plaxo.com" });
  const tv = new Device(service);
  tv.scenarios = ["mork"];
  const needed = await tv.signIn();
  assert(needed.outcome === "sign_in_needed" && needed.link_ticket !== null);
  const typed = { email: "mhashimoto-04@plaxo.com", password: PASSWORD, link_ticket: needed.link_ticket };
  const { client, appstore } = tv.start();
  tv.weather = ["answer_lost"];
  assertEquals((await service.answerOf(client.signIn(typed))).outcome, "try_later");
  const refused = await service.answerOf(client.signIn(typed));
  assert(refused.outcome === "refused");
  assertEquals(refused.problem.code, "link_ticket_invalid");
  assertEquals((await service.answerOf(client.signInWithAmazon(appstore))).outcome, "signed_in");
});

Deno.test("signInWithAmazon needs the sign-up screen after profile_incomplete and consent_insufficient", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  tv.scenarios = ["noemail"];
  const result = await tv.signIn();
  assert(result.outcome === "sign_up_needed");
  assertEquals(result.problem.code, "profile_incomplete");
  assert(result.prefill.name && result.prefill.postal_code);
  const other = new Device(service);
  other.scenarios = ["new~profile-insufficient_scope"];
  const bare = await other.signIn();
  assert(bare.outcome === "sign_up_needed");
  assertEquals([bare.problem.code, bare.prefill], ["consent_insufficient", {}]);
});

Deno.test("signInWithAmazon gives the session that is there, and asks the service for nothing", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  const first = await tv.signIn();
  assert(first.outcome === "signed_in");
  assertEquals(await tv.signIn(), { ...first, restored: true });
  tv.userDataCode = 3;
  assertEquals(await tv.signIn(), { ...first, restored: true });
  assertEquals([tv.sent.length, tv.codes.length], [1, 1]);
});

Deno.test("signInWithAmazon forgets the session and the code of another customer of the device", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
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
  await using service = await TestService.open();
  const tv = new Device(service);
  const { client } = tv.start();
  await service.answerOf(client.signUp({ email: EMAIL, password: PASSWORD }));
  tv.user = "amzn1.account.B";
  const result = await tv.signIn();
  assert(result.outcome === "signed_in");
  assertEquals([result.session.account.email, tv.codes.length], [EMAIL, 0]);
});

Deno.test("signInWithAmazon keeps its code while the Appstore cannot say who the customer is", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  tv.weather = Array(20).fill("no_connection");
  await tv.signIn();
  tv.weather = [];
  tv.userDataCode = 3;
  assertEquals((await tv.signIn()).outcome, "consent_unavailable");
  tv.userDataCode = 1;
  assertEquals([(await tv.signIn()).outcome, tv.codes.length], ["signed_in", 1]);
});

Deno.test("signInWithAmazon called twice at the same moment runs once", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  const { client, appstore } = tv.start();
  const both = Promise.all([client.signInWithAmazon(appstore), client.signInWithAmazon(appstore)]);
  const [one, two] = await service.answerOf(both);
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
    await using service = await TestService.open();
    const tv = new Device(service);
    const works = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
    const { client, appstore } = tv.start({ storage: { ...works, ...storage } });
    const result = await service.answerOf(client.signInWithAmazon(appstore));
    assert(result.outcome === "signed_in");
    assertEquals(await client.session(), result.session);
  });
}
