/** `purchases` in `POST /v1/sessions/amazon`: beside the token call, in the same commit, and never in the way. */
import { assertEquals } from "@std/assert";
import { assertProblem } from "../../support/contract_problems.ts";
import { entitlementsOf, NOTHING_TOLD, purchasesOf, runDue, statesOf } from "../../support/purchases.ts";
import { TestService } from "../../support/test_service.ts";

const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";

Deno.test("a sign-in entitles, for a new and a known customer, and says nothing when no purchases were sent", async () => {
  await using service = await TestService.open();
  const { entitlements, session_token } = await service.signedIn("mork.1", {
    purchases: purchasesOf(["sub.active.1", "q1YqVb:3:11"]),
  });
  assertEquals(statesOf(entitlements), { "sub.active.1": "active", "q1YqVb:3:11": "invalid" });
  assertEquals(statesOf(await entitlementsOf(service, session_token)), { "sub.active.1": "active" });
  const again = await service.signedIn("mork.2", { purchases: purchasesOf(["sub.trial.1", "sub.active.1"]) });
  assertEquals(statesOf(again.entitlements), { "sub.trial.1": "active", "sub.active.1": "active" });
  const other = await service.signedIn("returning.1", { purchases: purchasesOf(["sub.active.1"]) });
  assertEquals<unknown>(other.entitlements, [{
    ...NOTHING_TOLD,
    receipt_id: "sub.active.1",
    state: "elsewhere",
  }]);
  assertEquals("entitlements" in await service.signedIn("mork.3"), false);
});

for (
  const [name, fault] of Object.entries({
    hangs: "~hang*2",
    stalls: "~stall*2",
    drips: "~drip*2",
    drops: "~drop*2",
    throttles: "~429*2",
    fails: "~500*2",
  })
) {
  Deno.test(`RVS that ${name} neither delays nor fails a sign-in`, async () => {
    await using service = await TestService.open();
    const receipt = `sub.active${fault}.1`;
    const purchases = purchasesOf([receipt, "sub.active.2"]);
    const { value, ms } = await service.clock.advanceUntil(
      service.signIn("mork~token-delay-30~profile-delay-20.1", { purchases }),
    );
    assertEquals([value.status, ms], [201, 50]);
    const { entitlements, session_token } = await value.json();
    assertEquals(statesOf(entitlements), { [receipt]: "unverified", "sub.active.2": "active" });
    await service.answerOf(service.services.background.idle());
    service.clock.jump(60_000);
    await runDue(service);
    assertEquals(statesOf(await entitlementsOf(service, session_token))[receipt], "active");
  });
}

Deno.test("what RVS has not said when the profile is there is unverified, even if it says it a moment later", async () => {
  await using service = await TestService.open();
  const signIn = (code: string, receipt: string) =>
    service.clock.advanceUntil(service.signIn(code, { purchases: purchasesOf([receipt]) }));
  const late = await signIn("mork~profile-delay-20.1", "sub.active~delay-21*1.1");
  assertEquals([late.ms, statesOf((await late.value.json()).entitlements)], [20, {
    "sub.active~delay-21*1.1": "unverified",
  }]);
  const early = await signIn("mork~profile-delay-20.2", "sub.active~delay-19.2");
  assertEquals([early.ms, statesOf((await early.value.json()).entitlements)], [20, {
    "sub.active~delay-19.2": "active",
  }]);
});

Deno.test("RVS is asked only once the claim of the code is held", async () => {
  await using service = await TestService.open();
  await service.signedIn("mork.1");
  await assertProblem(
    await service.signIn("mork.1", { purchases: purchasesOf(["sub.active.1"]) }),
    "code_already_used",
  );
  assertEquals(service.simulator.requests.filter(({ endpoint }) => endpoint === "rvs"), []);
});

Deno.test("a replay tells the entitlements as they are then, without a call to Amazon", async () => {
  await using service = await TestService.open();
  const purchases = purchasesOf(["sub.active.1", "sub.active~429*1.2", "q1YqVb:3:11", "sub.active.9"]);
  await service.signedIn("returning.1", { purchases: purchasesOf(["sub.active.9"]) });
  const first = await service.signedIn("mork.1", { key: KEY, purchases });
  await runDue(service);
  const calls = service.simulator.requests.length;
  const again = await service.signIn("mork.1", { key: KEY, purchases });
  assertEquals([again.status, again.headers.get("idempotency-replayed")], [201, "true"]);
  const body = await again.json();
  assertEquals(body.session_token, first.session_token);
  assertEquals(statesOf(first.entitlements), {
    "sub.active.1": "active",
    "sub.active~429*1.2": "unverified",
    "q1YqVb:3:11": "invalid",
    "sub.active.9": "elsewhere",
  });
  assertEquals(statesOf(body.entitlements), {
    ...statesOf(first.entitlements),
    "sub.active~429*1.2": "active",
  });
  assertEquals("entitlements" in await (await service.signIn("mork.1", { key: KEY })).json(), false);
  assertEquals(service.simulator.requests.length, calls);
});

Deno.test("a sign-in that comes to no session binds no receipt", async () => {
  await using service = await TestService.open();
  await service.signedIn("mork.1");
  const purchases = purchasesOf(["sub.active.1"]);
  for (
    const code of ["twin.1", "noemail.1", "mork~token-invalid_grant.2", "mork~profile-insufficient_scope.3"]
  ) {
    assertEquals((await service.answerOf(service.signIn(code, { purchases }))).ok, false);
  }
  const { entitlement, receipt, receipt_check } = await service.stored();
  assertEquals([entitlement, receipt, receipt_check], [undefined, undefined, undefined]);
});

Deno.test("the app of the request chooses the shared secret, and the session keeps the app", async () => {
  const client = (id: string, shared_secret?: string) => ({
    client_id: id,
    client_secret: `${id}secret`,
    shared_secret,
  });
  await using service = await TestService.open({
    env: {
      APPSTORE_SHARED_SECRET: "",
      AMAZON_CLIENTS: JSON.stringify({
        tv: { ...client("foodev"), client_secret: "foosecret" },
        kids: client("kids", "dev-shared-secret"),
      }),
    },
  });
  const purchases = purchasesOf(["sub.active.1"]);
  const refused = await assertProblem(await service.signIn("mork.1", { purchases }), "invalid_request");
  assertEquals(refused.errors?.map(({ path }) => path), ["/purchases"]);
  const { entitlements, session_token } = await service.signedIn("mork@kids.2", { app: "kids", purchases });
  assertEquals(statesOf(entitlements), { "sub.active.1": "active" });
  assertEquals(statesOf(await entitlementsOf(service, session_token)), { "sub.active.1": "active" });
});
