/** The device client: sign-up and sign-in by password, the session, sign-out and `fetch`. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { EMAIL, PASSWORD, signedUp } from "../../support/account_requests.ts";
import { SERVICE, SimulatedTv } from "../../support/simulated_tv.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("signUp creates an account and stores the session", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  const { client } = tv.startApp({ device: { name: "Bedroom" } });
  const customer = { email: EMAIL, password: PASSWORD, name: "Vera", postal_code: "98052" };
  const result = await service.answerOf(client.signUp(customer));
  assert(result.outcome === "signed_in");
  assertEquals([result.session.account.created, result.session.account.name], [true, "Vera"]);
  assertEquals(result.session.session.device, { name: "Bedroom" });
  assertEquals(await tv.startApp().client.session(), result.session);
});

Deno.test("signUp and signIn return what the customer has to change, or when to try again", async () => {
  await using service = await TestService.open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "3" } });
  const tv = new SimulatedTv(service);
  const { client } = tv.startApp();
  const weak = await service.answerOf(client.signUp({ email: EMAIL, password: "12345678" }));
  assert(weak.outcome === "refused");
  assertEquals([weak.problem.code, weak.problem.errors?.[0]?.path], ["weak_password", "/password"]);
  await service.answerOf(client.signUp({ email: EMAIL, password: PASSWORD }));
  const taken = await service.answerOf(client.signUp({ email: EMAIL, password: PASSWORD }));
  assert(taken.outcome === "refused");
  assertEquals(taken.problem.code, "email_taken");
  const wrong = await service.answerOf(client.signIn({ email: EMAIL, password: "not the one" }));
  assert(wrong.outcome === "refused");
  assertEquals(wrong.problem.code, "invalid_credentials");
  for (let tries = 2; tries <= 3; tries++) {
    await service.answerOf(client.signIn({ email: EMAIL, password: "not the one" }));
  }
  const limited = await service.answerOf(client.signIn({ email: EMAIL, password: PASSWORD }));
  assert(limited.outcome === "try_later");
  assertEquals([limited.problem?.code, limited.retry_after], ["rate_limited", 900]);
  tv.network = ["no_connection"];
  assertEquals(await service.answerOf(client.signIn({ email: EMAIL, password: PASSWORD })), {
    outcome: "try_later",
    retry_after: 30,
    problem: null,
  });
  assertEquals(tv.storage.size, 1);
});

Deno.test("session returns null on a new device and while a code is pending", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  assertEquals(await tv.startApp().client.session(), null);
  tv.network = Array(20).fill("no_connection");
  await tv.signIn();
  assertEquals(await tv.startApp().client.session(), null);
});

Deno.test("signOut ends the session at the service and on the device", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  const { client, appstore } = tv.startApp();
  const result = await service.answerOf(client.signInWithAmazon(appstore));
  assert(result.outcome === "signed_in");
  assertEquals(await service.answerOf(client.signOut()), true);
  const consented = `{"kind":"consented","user":"${tv.user}"}`;
  assertEquals([await client.session(), tv.storage.get("oneclick")], [null, consented]);
  const token = result.session.session_token;
  assertEquals((await service.request("/v1/sessions/current", { token })).status, 401);
  assertEquals(await service.answerOf(client.signOut()), true);
});

Deno.test("signOut removes the session even if the service cannot be reached, and then returns false", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  const { client, appstore } = tv.startApp();
  await service.answerOf(client.signInWithAmazon(appstore));
  tv.network = ["no_connection"];
  assertEquals(await service.answerOf(client.signOut()), false);
  assertEquals(await client.session(), null);
  assert(!tv.storage.get("oneclick")?.includes("ocs_"));
});

Deno.test("fetch sends the session token to the service and the origins, and to no other URL", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  const sent: [string, string | null][] = [];
  const { client, appstore } = tv.startApp({
    origins: ["https://api.example"],
    fetch: (url, init) => {
      sent.push([url, new Headers(init?.headers).get("authorization")]);
      return url.startsWith(SERVICE) ? tv.send(url, init) : Promise.resolve(new Response("{}"));
    },
  });
  const result = await service.answerOf(client.signInWithAmazon(appstore));
  assert(result.outcome === "signed_in");
  const bearer = `Bearer ${result.session.session_token}`;
  const account = await client.fetch("/v1/account");
  assertEquals([account.status, (await account.json()).id], [200, result.session.account.id]);
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ name: "Vera" });
  assertEquals((await client.fetch("/v1/account", { method: "PATCH", headers, body })).status, 200);
  await client.fetch("https://api.example/films");
  assertEquals(sent.slice(1), [
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
  assertEquals(sent.length, 4);
});

Deno.test("a slash behind the URL of the service or of an origin changes nothing", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  const { client, appstore } = tv.startApp({
    service: `${SERVICE}/`,
    origins: ["https://api.example/"],
    fetch: (url, init) => url.startsWith(SERVICE) ? tv.send(url, init) : Promise.resolve(new Response(url)),
  });
  assertEquals((await service.answerOf(client.signInWithAmazon(appstore))).outcome, "signed_in");
  assertEquals((await client.fetch("/v1/account")).status, 200);
  assertEquals(await (await client.fetch("https://api.example/films")).text(), "https://api.example/films");
});

Deno.test("fetch calls onSignedOut once, however many requests are refused", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  let signedOutCalls = 0;
  const { client, appstore } = tv.startApp({ onSignedOut: () => signedOutCalls++ });
  const result = await service.answerOf(client.signInWithAmazon(appstore));
  assert(result.outcome === "signed_in");
  await service.request("/v1/sessions", { method: "DELETE", token: result.session.session_token });
  const responses = await Promise.all([1, 2, 3].map(() => client.fetch("/v1/account")));
  assertEquals(responses.map(({ status }) => status), [401, 401, 401]);
  assertEquals((await responses[0]!.json()).code, "invalid_session");
  await service.answerOf(client.accessToken());
  assertEquals([signedOutCalls, await client.session()], [1, null]);
  assertEquals((await client.fetch("/v1/account")).status, 401);
  assertEquals(signedOutCalls, 1);
  assertEquals((await service.answerOf(client.signInWithAmazon(appstore))).outcome, "signed_in");
});

Deno.test("fetch keeps the session when a 401 has another cause, or the service cannot be reached", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  let signedOutCalls = 0;
  const { client } = tv.startApp({
    origins: ["https://api.example"],
    onSignedOut: () => signedOutCalls++,
    fetch: (url, init) =>
      url.startsWith(SERVICE) ? tv.send(url, init) : Promise.resolve(new Response("", { status: 401 })),
  });
  await service.answerOf(client.signUp({ email: EMAIL, password: PASSWORD }));
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ current_password: "not the one", new_password: "another good one" });
  assertEquals((await client.fetch("/v1/account/password", { method: "PUT", headers, body })).status, 401);
  assertEquals((await client.fetch("https://api.example/films")).status, 401);
  tv.network = ["no_connection"];
  assertEquals((await client.fetch("https://api.example/films")).status, 401);
  assertEquals(signedOutCalls, 0);
  assert(await client.session() !== null);
});

Deno.test("signIn with a ticket gets the session again whose response was lost, and then one click signs in", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: "mhashimoto-04@plaxo.com" });
  const tv = new SimulatedTv(service);
  tv.scenarios = ["mork"];
  const needed = await tv.signIn();
  assert(needed.outcome === "sign_in_needed" && needed.link_ticket !== null);
  const typed = { email: "mhashimoto-04@plaxo.com", password: PASSWORD, link_ticket: needed.link_ticket };
  const { client, appstore } = tv.startApp();
  tv.network = ["response_lost"];
  assertEquals((await service.answerOf(client.signIn(typed))).outcome, "try_later");
  assertEquals((await service.answerOf(client.signIn(typed))).outcome, "signed_in");
  assertEquals((await service.stored()).session, 2);
  assertEquals((await service.answerOf(client.signInWithAmazon(appstore))).outcome, "signed_in");
});

Deno.test("signInWithAmazon runs once when it is called twice at the same moment", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  const { client, appstore } = tv.startApp();
  const both = Promise.all([client.signInWithAmazon(appstore), client.signInWithAmazon(appstore)]);
  const [first, second] = await service.answerOf(both);
  assert(first === second);
  assertEquals([tv.codes.length, tv.requests.length], [1, 1]);
  assertEquals((await client.signInWithAmazon(appstore)).outcome, "signed_in");
});

Deno.test("a faulty onSignedOut of the app makes no method reject", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  const { client, appstore } = tv.startApp({
    onSignedOut: () => {
      throw new Error("The app's own fault");
    },
  });
  const result = await service.answerOf(client.signInWithAmazon(appstore));
  assert(result.outcome === "signed_in");
  await service.request("/v1/sessions", { method: "DELETE", token: result.session.session_token });
  assertEquals(await service.answerOf(client.accessToken()), null);
  assertEquals((await client.fetch("/v1/account")).status, 401);
  await service.answerOf(client.signOut());
  assertEquals(await client.session(), null);
});

Deno.test("fetch returns a back end's 401 without waiting for the service", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  const { client, appstore } = tv.startApp({
    origins: ["https://api.example"],
    fetch: (url, init) =>
      url.startsWith(SERVICE) ? tv.send(url, init) : Promise.resolve(new Response("", { status: 401 })),
  });
  await service.answerOf(client.signInWithAmazon(appstore));
  tv.network = ["no_response"];
  const before = service.clock.now();
  assertEquals((await client.fetch("https://api.example/films")).status, 401);
  assertEquals(service.clock.now(), before);
  assert(await client.session() !== null);
  await service.clock.advance(15_000);
});

for (
  const [title, change, expected] of [
    ["has no account", { account: undefined }, false],
    ["has no token", { session_token: "" }, false],
    ["is whole", {}, true],
  ] as const
) {
  Deno.test(`signInWithAmazon ${expected ? "restores" : "does not restore"} a stored session that ${title}`, async () => {
    await using service = await TestService.open();
    const tv = new SimulatedTv(service);
    await tv.signIn();
    const stored = JSON.parse(tv.storage.get("oneclick")!);
    Object.assign(stored.session, change);
    tv.storage.set("oneclick", JSON.stringify(stored));
    tv.spentConsents.clear();
    const result = await tv.signIn();
    assert(result.outcome === "signed_in");
    assertEquals([result.restored, result.session.account.email !== undefined], [expected, true]);
  });
}

Deno.test("signInWithAmazon asks the service about a session whose end has come", async () => {
  await using service = await TestService.open({ env: { SESSION_TTL_DAYS: "2" } });
  const tv = new SimulatedTv(service);
  const first = await tv.signIn();
  assert(first.outcome === "signed_in");
  // The session is used each day, so it lives on after the end that the device knows.
  for (let day = 0; day < 3; day++) {
    await service.clock.advance(86_400_000);
    const token = first.session.session_token;
    assertEquals((await service.request("/v1/sessions/current", { token })).status, 200);
  }
  assertEquals(await tv.signIn(), { ...first, restored: true });
  await service.clock.advance(5 * 86_400_000);
  tv.network = ["no_connection"];
  assertEquals(await tv.signIn(), { ...first, restored: true });
  const anew = await tv.signIn();
  assert(anew.outcome === "signed_in");
  assertEquals([anew.restored, tv.codes.length], [false, 2]);
});
