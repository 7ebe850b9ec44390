/** The device client, `lib/client/`: sign-up and sign-in by password, and what is done with a session. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { EMAIL, PASSWORD } from "../../support/account_requests.ts";
import { Device, SERVICE } from "../../support/simulated_tv.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("signUp makes an account, and the session stays", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  const { client } = tv.start({ device: { name: "Bedroom" } });
  const customer = { email: EMAIL, password: PASSWORD, name: "Vera", postal_code: "98052" };
  const result = await service.answerOf(client.signUp(customer));
  assert(result.outcome === "signed_in");
  assertEquals([result.session.account.created, result.session.account.name], [true, "Vera"]);
  assertEquals(result.session.session.device, { name: "Bedroom" });
  assertEquals(await tv.start().client.session(), result.session);
});

Deno.test("signUp and signIn tell what the customer has to change, and when to try again", async () => {
  await using service = await TestService.open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "3" } });
  const tv = new Device(service);
  const { client } = tv.start();
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
  tv.weather = ["no_connection"];
  assertEquals(await service.answerOf(client.signIn({ email: EMAIL, password: PASSWORD })), {
    outcome: "try_later",
    retry_after: 30,
    problem: null,
  });
  assertEquals(tv.stored.size, 1);
});

Deno.test("session gives null on a new device and while a code is under way", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  assertEquals(await tv.start().client.session(), null);
  tv.weather = Array(20).fill("no_connection");
  await tv.signIn();
  assertEquals(await tv.start().client.session(), null);
});

Deno.test("signOut ends the session at the service and on the device", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  const { client, appstore } = tv.start();
  const result = await service.answerOf(client.signInWithAmazon(appstore));
  assert(result.outcome === "signed_in");
  assertEquals(await service.answerOf(client.signOut()), true);
  assertEquals([await client.session(), tv.stored.size], [null, 0]);
  const token = result.session.session_token;
  assertEquals((await service.request("/v1/sessions/current", { token })).status, 401);
  assertEquals(await service.answerOf(client.signOut()), true);
});

Deno.test("signOut forgets the session though the service cannot be reached, and says so", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  const { client, appstore } = tv.start();
  await service.answerOf(client.signInWithAmazon(appstore));
  tv.weather = ["no_connection"];
  assertEquals(await service.answerOf(client.signOut()), false);
  assertEquals([await client.session(), tv.stored.size], [null, 0]);
});

Deno.test("fetch sends the session's token to the service and the origins, and to nobody else", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  const seen: [string, string | null][] = [];
  const { client, appstore } = tv.start({
    origins: ["https://api.example"],
    fetch: (url, init) => {
      seen.push([url, new Headers(init?.headers).get("authorization")]);
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
  await using service = await TestService.open();
  const tv = new Device(service);
  let ends = 0;
  const { client, appstore } = tv.start({ onSignedOut: () => ends++ });
  const result = await service.answerOf(client.signInWithAmazon(appstore));
  assert(result.outcome === "signed_in");
  await service.request("/v1/sessions", { method: "DELETE", token: result.session.session_token });
  const answers = await Promise.all([1, 2, 3].map(() => client.fetch("/v1/account")));
  assertEquals(answers.map(({ status }) => status), [401, 401, 401]);
  assertEquals((await answers[0]!.json()).code, "invalid_session");
  assertEquals([ends, await client.session(), tv.stored.size], [1, null, 0]);
  assertEquals((await client.fetch("/v1/account")).status, 401);
  assertEquals(ends, 1);
  assertEquals((await service.answerOf(client.signInWithAmazon(appstore))).outcome, "signed_in");
});

Deno.test("fetch keeps the session when a 401 says something else, or nobody can confirm it", async () => {
  await using service = await TestService.open();
  const tv = new Device(service);
  let ends = 0;
  const { client } = tv.start({
    origins: ["https://api.example"],
    onSignedOut: () => ends++,
    fetch: (url, init) =>
      url.startsWith(SERVICE) ? tv.send(url, init) : Promise.resolve(new Response("", { status: 401 })),
  });
  await service.answerOf(client.signUp({ email: EMAIL, password: PASSWORD }));
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ current_password: "not the one", new_password: "another good one" });
  assertEquals((await client.fetch("/v1/account/password", { method: "PUT", headers, body })).status, 401);
  assertEquals((await client.fetch("https://api.example/films")).status, 401);
  tv.weather = ["no_connection"];
  assertEquals((await client.fetch("https://api.example/films")).status, 401);
  assertEquals(ends, 0);
  assert(await client.session() !== null);
});
