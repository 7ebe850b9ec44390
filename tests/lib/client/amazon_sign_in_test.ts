/** One click on a device against the real service: the guide's flow, and which customer is signed in. */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { EMAIL, PASSWORD, signedUp } from "../../support/account_requests.ts";
import { SimulatedTv } from "../../support/simulated_tv.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("signInWithAmazon signs a new customer in with one request", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  const result = await tv.signIn({ app: "tv", device: { name: "Living room", platform: "vega" } });
  assert(result.outcome === "signed_in");
  assertEquals([result.restored, result.session.account.created], [false, true]);
  assertEquals(result.session.session.device, { name: "Living room", platform: "vega" });
  const [request, ...others] = tv.requests;
  assertEquals(others, []);
  assertEquals([request?.method, request?.path, request?.status], ["POST", "/v1/sessions/amazon", 201]);
  assertEquals(request?.body, {
    code: tv.codes[0],
    app: "tv",
    device: { name: "Living room", platform: "vega" },
  });
  assertMatch(request?.headers.get("idempotency-key") ?? "", /^[0-9a-f]{32}$/);
  assertEquals(service.clock.pending, 0);
});

Deno.test("signInWithAmazon signs a known customer in", async () => {
  await using service = await TestService.open();
  await service.signedIn("mork.1");
  const tv = new SimulatedTv(service);
  tv.scenarios = ["mork"];
  const result = await tv.signIn();
  assert(result.outcome === "signed_in");
  assertEquals([result.session.account.created, tv.requests[0]?.status], [false, 200]);
});

Deno.test("signInWithAmazon stores code and key before it sends them, and then the session in their place", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  let stored = "";
  const result = await tv.signIn({
    fetch: (url, init) => {
      stored = tv.storage.get("oneclick") ?? "";
      return tv.send(url, init);
    },
  });
  assert(result.outcome === "signed_in");
  const { code, key } = JSON.parse(stored);
  assertEquals([code, key], [tv.codes[0], tv.requests[0]?.headers.get("idempotency-key")]);
  const after = JSON.parse(tv.storage.get("oneclick") ?? "");
  assertEquals(after, { kind: "session", user: tv.user, session: result.session });
});

Deno.test("signInWithAmazon uses another Idempotency-Key for every code", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  tv.scenarios = ["unknown.1", "new"];
  await tv.signIn();
  const [first, second] = tv.requests.map(({ headers }) => headers.get("idempotency-key"));
  assert(first && second);
  assertNotEquals(first, second);
});

Deno.test("signInWithAmazon returns sign_in_needed after link_required, and signIn with its ticket links", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: "mhashimoto-04@plaxo.com" });
  const tv = new SimulatedTv(service);
  tv.scenarios = ["mork"];
  const result = await tv.signIn();
  assert(result.outcome === "sign_in_needed" && result.link_ticket !== null);
  assertEquals(result.problem.code, "link_required");

  // The app starts again while the sign-in screen is shown: the same code returns the same ticket.
  const again = await tv.signIn();
  assert(again.outcome === "sign_in_needed");
  assertEquals([again.link_ticket, tv.codes.length], [result.link_ticket, 1]);

  const { client } = tv.startApp();
  const { link_ticket } = again;
  assert(link_ticket !== null);
  const signedIn = await service.answerOf(
    client.signIn({ email: "mhashimoto-04@plaxo.com", password: PASSWORD, link_ticket }),
  );
  assert(signedIn.outcome === "signed_in");
  assertEquals(signedIn.session.account.amazon_linked, true);
});

Deno.test("signInWithAmazon returns sign_up_needed after profile_incomplete and consent_insufficient", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  tv.scenarios = ["noemail"];
  const result = await tv.signIn();
  assert(result.outcome === "sign_up_needed");
  assertEquals(result.problem.code, "profile_incomplete");
  assert(result.prefill.name && result.prefill.postal_code);
  const other = new SimulatedTv(service);
  other.scenarios = ["new~profile-insufficient_scope"];
  const bare = await other.signIn();
  assert(bare.outcome === "sign_up_needed");
  assertEquals([bare.problem.code, bare.prefill], ["consent_insufficient", {}]);
});

Deno.test("signInWithAmazon returns the stored session without a request to the service", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  const first = await tv.signIn();
  assert(first.outcome === "signed_in");
  assertEquals(await tv.signIn(), { ...first, restored: true });
  tv.userDataCode = 3;
  assertEquals(await tv.signIn(), { ...first, restored: true });
  assertEquals([tv.requests.length, tv.codes.length], [1, 1]);
});

Deno.test("signInWithAmazon removes the session and the code of another Appstore user", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  tv.scenarios = ["mork", "new"];
  const mork = await tv.signIn();
  tv.user = "amzn1.account.B";
  const other = await tv.signIn();
  assert(mork.outcome === "signed_in" && other.outcome === "signed_in");
  assertNotEquals(other.session.account.id, mork.session.account.id);

  tv.storage.clear();
  tv.network = Array(20).fill("no_connection");
  await tv.signIn();
  tv.network = [];
  tv.user = "amzn1.account.C";
  tv.consent = 1;
  const requestsBefore = tv.requests.length;
  assertEquals((await tv.signIn()).outcome, "consent_unavailable");
  assertEquals([tv.requests.length, tv.storage.size], [requestsBefore, 0]);
});

Deno.test("signInWithAmazon keeps a session made by password for every Appstore user", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  const { client } = tv.startApp();
  await service.answerOf(client.signUp({ email: EMAIL, password: PASSWORD }));
  tv.user = "amzn1.account.B";
  const result = await tv.signIn();
  assert(result.outcome === "signed_in");
  assertEquals([result.session.account.email, tv.codes.length], [EMAIL, 0]);
});

Deno.test("signInWithAmazon keeps its code while the Appstore cannot name its user", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  tv.network = Array(20).fill("no_connection");
  await tv.signIn();
  tv.network = [];
  tv.userDataCode = 3;
  assertEquals((await tv.signIn()).outcome, "consent_unavailable");
  tv.userDataCode = 1;
  assertEquals([(await tv.signIn()).outcome, tv.codes.length], ["signed_in", 1]);
});
