/** The device client with an Appstore that offers no one click, or fails. */
import { assertEquals } from "@std/assert";
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
        : { outcome: "consent_unavailable", reason: expected },
    );
    assertEquals([tv.requests.length, tv.storage.size, tv.codes.length], [0, 0, 0]);
  });
}

Deno.test("signInWithAmazon treats an Appstore that throws or returns no code as failed", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  const failed = { outcome: "consent_unavailable", reason: "failed" } as const;
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
