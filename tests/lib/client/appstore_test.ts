/** The device client with an Appstore that offers no one click, or fails. */
import { assert, assertEquals } from "@std/assert";
import { EMAIL, PASSWORD } from "../../support/account_requests.ts";
import { SimulatedTv } from "../../support/simulated_tv.ts";
import { TestService } from "../../support/test_service.ts";

for (
  const [title, appstore, expected] of [
    ["getUserData is NOT_SUPPORTED", { userDataCode: 2 }, "not_supported"],
    ["getUserData is FAILED", { userDataCode: 3 }, "failed"],
    ["getUserData responds with an unknown code", { userDataCode: 9 }, "failed"],
    ["consent is UNAVAILABLE", { consent: 1 }, "not_consented"],
    ["requestUserProfileAccess is NOT_SUPPORTED", { profileAccessCode: 2 }, "not_supported"],
    ["requestUserProfileAccess is FAILED", { profileAccessCode: 3 }, "failed"],
    ["requestUserProfileAccess is SERVICE_UNAVAILABLE", { profileAccessCode: 4 }, "try_later"],
    ["requestUserProfileAccess responds with an unknown code", { profileAccessCode: 9 }, "failed"],
  ] as const
) {
  Deno.test(`signInWithAmazon sends the service no request when ${title}`, async () => {
    await using service = await TestService.open();
    const tv = new SimulatedTv(service);
    Object.assign(tv, appstore);
    assertEquals(
      await tv.signIn(),
      expected === "try_later"
        ? { outcome: "try_later", retry_after: 30, problem: null }
        : { outcome: "consent_unavailable", reason: expected, activation: {} },
    );
    // The Appstore told the consent, and tells it no second time; or it may have told it without an answer.
    const consented = "profileAccessCode" in appstore
      ? `{"kind":"consented","user":"${tv.user}"}`
      : undefined;
    const stored = title.startsWith("getUserData") && expected === "failed"
      ? `{"kind":"asked","user":null}`
      : consented;
    assertEquals([tv.requests.length, tv.storage.get("oneclick"), tv.codes.length], [0, stored, 0]);
  });
}

Deno.test("signInWithAmazon treats an Appstore that throws or returns no code as failed", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  const failed = { outcome: "consent_unavailable", reason: "failed", activation: {} } as const;
  const { client, appstore } = tv.startApp();
  const rejects = () => Promise.reject(new Error("The Appstore is not available"));
  assertEquals(await client.signInWithAmazon({ ...appstore, getUserData: rejects }), failed);
  assertEquals(await client.signInWithAmazon({ ...appstore, requestUserProfileAccess: rejects }), failed);
  const noCode = () => Promise.resolve({ responseCode: 1, userProfileAccessAuthCode: null });
  assertEquals(await client.signInWithAmazon({ ...appstore, requestUserProfileAccess: noCode }), failed);
  assertEquals(tv.requests, []);
});

Deno.test("signInWithAmazon asks the Appstore for the consent status", async () => {
  await using service = await TestService.open();
  const { client, appstore } = new SimulatedTv(service).startApp();
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

for (const method of ["getUserData", "requestUserProfileAccess"] as const) {
  Deno.test(`signInWithAmazon ends when ${method} never settles, and password sign-in does not wait for it`, async () => {
    await using service = await TestService.open();
    const tv = new SimulatedTv(service);
    tv.silent = method;
    const expected = { outcome: "consent_unavailable", reason: "failed", activation: {} } as const;
    assertEquals(await tv.signIn(), expected);

    const { client, appstore } = tv.startApp();
    const before = service.clock.now();
    const oneClick = client.signInWithAmazon(appstore);
    const signedUp = await service.answerOf(client.signUp({ email: EMAIL, password: PASSWORD }));
    assertEquals([signedUp.outcome, service.clock.now() - before < 1000], ["signed_in", true]);
    assertEquals((await oneClick).outcome, "try_later");
    assert(await client.session() !== null);
    assertEquals(service.clock.pending, 0);
  });
}

Deno.test("signInWithAmazon signs in when getPurchaseUpdates or notifyFulfillment never settles", async () => {
  await using service = await TestService.open();
  for (const method of ["getPurchaseUpdates", "notifyFulfillment"] as const) {
    const tv = new SimulatedTv(service);
    tv.silent = method;
    assertEquals((await tv.signIn()).outcome, "signed_in");
  }
});

for (const method of ["getItem", "setItem", "removeItem"] as const) {
  Deno.test(`no method of the client waits for ever when ${method} of the storage never settles`, async () => {
    await using service = await TestService.open();
    const tv = new SimulatedTv(service);
    tv.silent = method;
    const { client, appstore } = tv.startApp();
    const answer = <T>(call: Promise<T>) => service.answerOf(call);
    assertEquals((await answer(client.signInWithAmazon(appstore))).outcome, "signed_in");
    assert(await answer(client.session()) !== null);
    assertEquals((await answer(client.fetch("/v1/account"))).status, 200);
    assertEquals(await answer(client.signOut()), true);
    assertEquals((await answer(client.signUp({ email: EMAIL, password: PASSWORD }))).outcome, "signed_in");
  });
}
