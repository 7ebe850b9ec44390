/** The device client and a phone: the code on the TV, the wait, kills, and what ends it. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { parseEmail } from "../../../lib/base/email.ts";
import type { ActivateOptions, ActivationCode, ActivationResult } from "../../../lib/client/mod.ts";
import { findActivationPage } from "../../../lib/sign_in/activation.ts";
import { approveByPassword, denyActivation } from "../../../lib/sign_in/activation_approval.ts";
import { EMAIL, PASSWORD, signedUp } from "../../support/account_requests.ts";
import { type App, SimulatedTv } from "../../support/simulated_tv.ts";
import { TestService } from "../../support/test_service.ts";

/** A running activation of an app. */
interface Running {
  readonly codes: ActivationCode[];
  /** Resolves when another code is shown. */
  readonly shown: readonly Promise<void>[];
  readonly result: Promise<ActivationResult>;
}

function start({ client }: App, options: Partial<ActivateOptions> = {}): Running {
  const codes: ActivationCode[] = [];
  const signals = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const onCode = (code: ActivationCode) => signals[codes.push(code) - 1]?.resolve();
  return {
    codes,
    shown: signals.map(({ promise }) => promise),
    result: client.activate({ onCode, ...options }),
  };
}

/** Lets the clock run until the TV shows a code. */
async function whenShown(service: TestService, { codes, shown }: Running): Promise<ActivationCode> {
  await service.answerOf(shown[0]!);
  return codes[0]!;
}

async function pageOf(service: TestService, { user_code }: ActivationCode): Promise<string> {
  const page = await findActivationPage(service.services, { typed: user_code, client: "192.0.2.7" });
  assert(page !== null);
  return page;
}

async function approve(service: TestService, code: ActivationCode): Promise<void> {
  const email = parseEmail(EMAIL);
  assert(email !== null);
  const pageToken = await pageOf(service, code);
  const credentials = { email, password: PASSWORD, client: "192.0.2.7" };
  const decision = await service.answerOf(approveByPassword(service.services, { pageToken, ...credentials }));
  assertEquals(decision.is, "approved");
}

Deno.test("activate shows a code, asks at the service's pace and stores the session", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const tv = new SimulatedTv(service);
  const app = tv.startApp({ device: { name: "Living room" } });
  const running = start(app);
  const shown = await whenShown(service, running);
  assertEquals(Object.keys(shown).sort(), [
    "expires_in",
    "qr_image",
    "user_code",
    "verification_uri",
    "verification_uri_complete",
  ]);
  await service.clock.advance(20_000);
  await approve(service, shown);
  const result = await service.answerOf(running.result);
  assert(result.outcome === "signed_in");
  assertEquals([result.session.account.email, result.restored], [EMAIL, false]);
  assertEquals(result.session.session.device, { name: "Living room" });
  assertEquals(await app.client.session(), result.session);
  const polls = tv.requests.filter(({ path }) => path === "/v1/sessions/activation");
  assert(polls.every(({ at }, i) => i === 0 || at - polls[i - 1]!.at >= 5000), "Asked too often");
  assertEquals(polls.map(({ status }) => status).filter((status) => status !== 400), [200]);
  assertEquals([...tv.storage.keys()], ["oneclick"]);
});

Deno.test("activate goes on with the stored code after the app was killed, also when it was approved meanwhile", async () => {
  for (const approvedMeanwhile of [false, true]) {
    await using service = await TestService.open();
    await signedUp(service);
    const tv = new SimulatedTv(service);
    const shown = await whenShown(service, start(tv.startApp({ kill: { at: 5, takesEffect: false } })));
    if (approvedMeanwhile) await approve(service, shown);
    const running = start(tv.startApp());
    assertEquals((await whenShown(service, running)).user_code, shown.user_code);
    if (!approvedMeanwhile) await approve(service, shown);
    assertEquals((await service.answerOf(running.result)).outcome, "signed_in");
  }
});

for (const network of ["no_connection", "response_lost", "no_response", "captive_portal"] as const) {
  Deno.test(`activate loses neither code nor session after ${network}`, async () => {
    await using service = await TestService.open();
    await signedUp(service);
    const tv = new SimulatedTv(service);
    tv.network = [network];
    const running = start(tv.startApp());
    await approve(service, await whenShown(service, running));
    tv.network = [network, network];
    const result = await service.answerOf(running.result);
    assert(result.outcome === "signed_in");
    assertEquals((await service.request("/v1/account", { token: result.session.session_token })).status, 200);
  });
}

Deno.test("activate returns refused when the customer denies, and starts anew with the next call", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  const app = tv.startApp();
  const running = start(app);
  const shown = await whenShown(service, running);
  await denyActivation(service.services, await pageOf(service, shown));
  const result = await service.answerOf(running.result);
  assert(result.outcome === "refused");
  assertEquals(result.problem.code, "access_denied");
  const stop = new AbortController();
  const next = start(app, { signal: stop.signal });
  assertNotEquals((await whenShown(service, next)).user_code, shown.user_code);
  stop.abort();
  assertEquals((await service.answerOf(next.result)).outcome, "try_later");
});

Deno.test("activate shows another code when the stored one has ended, and returns refused when the shown one ends", async () => {
  await using service = await TestService.open();
  const tv = new SimulatedTv(service);
  const first = await whenShown(service, start(tv.startApp({ kill: { at: 5, takesEffect: false } })));
  await service.clock.advance(16 * 60_000);
  const running = start(tv.startApp());
  await service.answerOf(running.shown[1]!);
  assertEquals(running.codes[0]?.user_code, first.user_code);
  assertNotEquals(running.codes[1]?.user_code, first.user_code);
  const ended = running.result.then((result) => "problem" in result ? result.problem?.code : result.outcome);
  await service.clock.advance(16 * 60_000);
  assertEquals(await service.answerOf(ended), "expired_token");
});

Deno.test("activate stops at the signal, keeps the code, and is not held up by other calls", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const tv = new SimulatedTv(service);
  const app = tv.startApp();
  const stop = new AbortController();
  const running = start(app, { signal: stop.signal });
  const shown = await whenShown(service, running);
  const signedIn = await service.answerOf(app.client.signIn({ email: EMAIL, password: PASSWORD }));
  assertEquals(signedIn.outcome, "signed_in");
  stop.abort();
  assertEquals((await service.answerOf(running.result)).outcome, "try_later");
  assertEquals(service.clock.pending, 0);
  const again = start(app, { signal: AbortSignal.abort() });
  assertEquals((await service.answerOf(again.result)).outcome, "try_later");
  assertEquals(again.codes[0]?.user_code, shown.user_code);
});

Deno.test("activate takes over the ticket of a result, and an app's faulty onCode does not end it", async () => {
  await using service = await TestService.open();
  const email = "mhashimoto-04@plaxo.com";
  await signedUp(service, { email });
  const tv = new SimulatedTv(service);
  tv.scenarios = ["mork"];
  const app = tv.startApp();
  const needed = await service.answerOf(app.client.signInWithAmazon(app.appstore));
  assert(needed.outcome === "sign_in_needed");
  assert(needed.activation.link_ticket);
  const shown = Promise.withResolvers<ActivationCode>();
  const result = app.client.activate({
    ...needed.activation,
    onCode: (code) => {
      shown.resolve(code);
      throw new Error("The app's own fault");
    },
  });
  const pageToken = await pageOf(service, await service.answerOf(shown.promise));
  const credentials = { email: parseEmail(email)!, password: PASSWORD, client: "192.0.2.7" };
  await service.answerOf(approveByPassword(service.services, { pageToken, ...credentials }));
  const signedIn = await service.answerOf(result);
  assert(signedIn.outcome === "signed_in");
  assertEquals(signedIn.session.account.amazon_linked, true);
});
