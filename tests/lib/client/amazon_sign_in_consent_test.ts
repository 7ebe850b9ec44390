/**
 * Consent counts once. Amazon's pages leave open what uses it up: the question for the status, or the one for a code. So
 * each test runs with both readings.
 */
import { assert, assertEquals } from "@std/assert";
import { EMAIL, MORK, PASSWORD, signedUp } from "../../support/account_requests.ts";
import { type NetworkOutcome, SimulatedTv } from "../../support/simulated_tv.ts";
import { TestService } from "../../support/test_service.ts";

for (const consentSpentBy of ["status", "code"] as const) {
  const open = async () => {
    const service = await TestService.open();
    const tv = new SimulatedTv(service);
    tv.consentSpentBy = consentSpentBy;
    return { service, tv, ...countQuestions(tv) };
  };
  const name = (text: string) => `signInWithAmazon, where the ${consentSpentBy} uses consent up, ${text}`;

  Deno.test(name("asks for the consent once in the life of a session"), async () => {
    const { service, tv, start, questions } = await open();
    await using _ = service;
    assertEquals(await start(), "signed_in");
    assertEquals(await start(), "signed_in");
    assertEquals(questions, [true, false]);
    assertEquals(tv.codes.length, 1);
  });

  Deno.test(name("takes the answer that the app's hook has had"), async () => {
    const { service, tv, questions } = await open();
    await using _ = service;
    const { client, appstore } = tv.startApp();
    const userData = await appstore.getUserData({ fetchUserProfileAccessConsentStatus: true });
    const result = await service.answerOf(client.signInWithAmazon(appstore, { userData }));
    assertEquals([result.outcome, questions], ["signed_in", []]);
  });

  Deno.test(
    name("goes on after a kill at any moment, and asks for no consent while a code is pending"),
    async () => {
      for (let at = 1; at <= 8; at++) {
        for (const takesEffect of [false, true]) {
          const { service, tv, start } = await open();
          await using _ = service;
          await start({ at, takesEffect });
          const codeWasLost = tv.consentSpentBy === "code" && tv.codes.length === 1 &&
            !tv.storage.get("oneclick")?.includes(tv.codes[0]!) &&
            !tv.storage.get("oneclick")?.includes("ocs_");
          // Only a code that never reached the app, and a consent that it used up, lead to the keyboard.
          assertEquals(
            await start(),
            codeWasLost ? "consent_unavailable" : "signed_in",
            `${at} ${takesEffect}`,
          );
        }
      }
    },
  );

  Deno.test(name("asks for a new code without the consent, and keeps what it has learnt"), async () => {
    const { service, tv, start, questions } = await open();
    await using _ = service;
    tv.scenarios = ["unknown.1", "new"];
    // With the second reading the Appstore gives no second code.
    assertEquals(await start(), consentSpentBy === "status" ? "signed_in" : "consent_unavailable");
    assertEquals(questions, [true]);
  });

  Deno.test(name("asks for a code without the consent after a sign-out"), async () => {
    const { service, tv, start, questions } = await open();
    await using _ = service;
    await start();
    const { client } = tv.startApp();
    assertEquals(await service.answerOf(client.signOut()), true);
    assertEquals(await start(), consentSpentBy === "status" ? "signed_in" : "consent_unavailable");
    assertEquals(questions, [true, false]);
  });

  Deno.test(name("keeps the consent through a sign-in with the ticket, and its end"), async () => {
    for (const end of ["sign-out", "revocation"]) {
      const { service, tv, start, questions } = await open();
      await using _ = service;
      await signedUp(service, { email: MORK });
      tv.scenarios = ["mork"];
      const first = tv.startApp();
      const needed = await service.answerOf(first.client.signInWithAmazon(first.appstore));
      assert(needed.outcome === "sign_in_needed" && needed.link_ticket !== null);
      const customer = { email: MORK, password: PASSWORD, link_ticket: needed.link_ticket };
      const linked = await service.answerOf(first.client.signIn(customer));
      assert(linked.outcome === "signed_in");
      const { session_token: token } = linked.session;
      // Another user of the device does not end a sign-in by password, and gets no consent of the first one.
      tv.user = "amzn1.account.B";
      assertEquals(await start(), "signed_in");
      tv.user = "amzn1.account.A";
      if (end === "sign-out") await service.answerOf(tv.startApp().client.signOut());
      else {
        await service.request("/v1/sessions", { method: "DELETE", token });
        const { client } = tv.startApp();
        assertEquals((await client.fetch("/v1/account")).status, 401);
        while (await client.session() !== null) await service.clock.advance(1);
      }
      assertEquals(await start(), consentSpentBy === "status" ? "signed_in" : "consent_unavailable");
      assertEquals(questions, [false, false]);
    }
  });

  Deno.test(name("asks for the consent again when it was that of another user"), async () => {
    const { service, tv, start, questions } = await open();
    await using _ = service;
    await signedUp(service, { email: MORK });
    tv.scenarios = ["mork", "new"];
    const { client, appstore } = tv.startApp();
    await service.answerOf(client.signInWithAmazon(appstore));
    assertEquals(
      (await service.answerOf(client.signIn({ email: MORK, password: PASSWORD }))).outcome,
      "signed_in",
    );
    await service.answerOf(client.signOut());
    tv.user = "amzn1.account.B";
    assertEquals(await start(), "signed_in");
    assertEquals(questions, [false, true]);
  });

  Deno.test(name("asks for the consent when a session has ended that was made without it"), async () => {
    const { service, tv, start, questions } = await open();
    await using _ = service;
    await signedUp(service);
    const { client } = tv.startApp();
    await service.answerOf(client.signIn({ email: EMAIL, password: PASSWORD }));
    await service.clock.advance(366 * 86_400_000);
    assertEquals(await start(), "signed_in");
    assertEquals([questions, tv.codes.length], [[true], 1]);
  });

  Deno.test(name("asks another user of the device for theirs"), async () => {
    const { service, tv, start, questions } = await open();
    await using _ = service;
    await start();
    tv.user = "amzn1.account.B";
    assertEquals(await start(), "signed_in");
    assertEquals([questions, tv.codes.length], [[true, false, true], 2]);
  });
}

for (const first of ["ok", "response_lost", "no_connection"] as const satisfies NetworkOutcome[]) {
  Deno.test(`sign in, sign out and sign in again without waiting end with a session (${first})`, async () => {
    await using service = await TestService.open();
    const tv = new SimulatedTv(service);
    tv.network = [first];
    const { client, appstore } = tv.startApp();
    const results = Promise.all([
      client.signInWithAmazon(appstore),
      client.signOut(),
      client.signInWithAmazon(appstore),
    ]);
    const [, , last] = await service.answerOf(results);
    const session = await client.session();
    assert(last.outcome === "signed_in" && session !== null);
    assertEquals(last.session.session_token, session.session_token);
    assertEquals((await client.fetch("/v1/account")).status, 200);
  });
}

/** Starts apps on a TV and notes each question for the user, and whether it asks for the consent as well. */
function countQuestions(tv: SimulatedTv) {
  const questions: boolean[] = [];
  const start = async (kill?: { at: number; takesEffect: boolean }): Promise<string> => {
    const { client, appstore, killed } = tv.startApp(kill ? { kill } : {});
    const counting = {
      ...appstore,
      getUserData: (request: { fetchUserProfileAccessConsentStatus: boolean }) => {
        questions.push(request.fetchUserProfileAccessConsentStatus);
        return appstore.getUserData(request);
      },
    };
    const done = client.signInWithAmazon(counting).then(({ outcome }) => outcome);
    return await tv.service.answerOf(Promise.race([done, killed]));
  };
  return { questions, start };
}
