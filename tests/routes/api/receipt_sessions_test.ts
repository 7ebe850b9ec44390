/** `POST /v1/sessions/receipt`, in the order of the statuses. */
import { assertEquals } from "@std/assert";
import type { ProblemCode } from "../../../lib/base/problem.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { entitlementsOf, purchasesOf, statesOf, submit, USER } from "../../support/purchases.ts";
import { TestService } from "../../support/test_service.ts";

function signIn(
  service: TestService,
  receipt_id: string,
  changes: Record<string, unknown> = {},
): Promise<Response> {
  const body = { user_id: USER, receipt_id, device: { name: "Bedroom" }, ...changes };
  return service.answerOf(service.send("POST", "/v1/sessions/receipt", body));
}

Deno.test("a running receipt signs in to the account that has it", async () => {
  await using service = await TestService.open();
  const receipts = ["sub.active.1", "sub.grace.1", "sub.cancelled.1", "item.entitled.1"];
  const first = await service.signedIn("mork.1", { purchases: purchasesOf(receipts) });
  for (const receipt of receipts) {
    const response = await signIn(service, receipt);
    assertEquals(response.status, 200);
    const { account, session, session_token: token } = await response.json();
    assertEquals(account, { ...first.account, created: false });
    assertEquals(session.device, { name: "Bedroom" });
    const events = await service.request("/v1/account/events?limit=1", { token });
    const { type, data } = (await events.json()).events[0];
    assertEquals([type, data.method, data.session_id], ["session.created", "receipt", session.id]);
  }
});

Deno.test("it writes what RVS said to the entitlement", async () => {
  await using service = await TestService.open();
  const { session_token } = await service.signedIn("mork.1", { purchases: purchasesOf(["sub.active.1"]) });
  service.simulator.receipts.act(service.simulator.receipts.find("sub.active.1")!, "fail");
  assertEquals((await signIn(service, "sub.active.1")).status, 200);
  assertEquals(statesOf(await entitlementsOf(service, session_token)), { "sub.active.1": "grace" });
});

Deno.test("an unknown app, and ids that are none, are invalid_request", async () => {
  await using service = await TestService.open();
  const cases: [Record<string, unknown>, string][] = [
    [{ app: "radio" }, "/app"],
    [{ user_id: "" }, "/user_id"],
    [{ user_id: ".." }, "/user_id"],
    [{ receipt_id: "." }, "/receipt_id"],
    [{ receipt_id: "r".repeat(257) }, "/receipt_id"],
    [{ receipt_id: ["sub.active.1"] }, "/receipt_id"],
  ];
  for (const [changes, path] of cases) {
    const problem = await assertProblem(await signIn(service, "sub.active.1", changes), "invalid_request");
    assertEquals(problem.errors?.map((error) => error.path), [path]);
  }
  assertEquals(service.simulator.requests, []);
});

const REFUSED: Record<string, ProblemCode> = {
  "sub.ended.1": "receipt_rejected",
  "sub.gone.1": "receipt_rejected",
  "q1YqVb:3:11": "receipt_rejected",
  "sub.active~400.1": "receipt_rejected",
  "sub.active~497.1": "receipt_rejected",
  "sub.active.unclaimed": "receipt_unknown",
  "sub.active~496.1": "upstream_rejected_client",
  "sub.active~429.1": "upstream_unavailable",
  "sub.active~500.1": "upstream_unavailable",
  "sub.active~hang.1": "upstream_unavailable",
  "sub.active~html.1": "upstream_unavailable",
  "sub.active~cut.1": "upstream_unavailable",
  "sub.active~wrong_types.1": "upstream_unavailable",
};

for (const [receipt, problem] of Object.entries(REFUSED)) {
  Deno.test(`${receipt} comes to ${problem}, and to no session`, async () => {
    await using service = await TestService.open();
    const { session_token } = await service.signedIn("mork.1");
    if (problem !== "receipt_unknown") await submit(service, session_token, [receipt]);
    await service.answerOf(service.services.background.idle());
    await assertProblem(await signIn(service, receipt), problem);
    assertEquals(
      (await (await service.request("/v1/sessions", { token: session_token })).json()).sessions.length,
      1,
    );
  });
}

Deno.test("a claim that RVS has not confirmed signs nobody in", async () => {
  await using service = await TestService.open();
  const { session_token } = await service.signedIn("mork.1");
  // RVS throttles the device and the task right after.
  const receipt = "sub.active~429*2.1";
  assertEquals(statesOf(await submit(service, session_token, [receipt])), { [receipt]: "unverified" });
  await service.answerOf(service.services.background.idle());
  await assertProblem(await signIn(service, receipt), "receipt_unknown");
});

Deno.test("another Appstore user, and a receipt of a deleted account, sign nobody in", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1", {
    purchases: purchasesOf(["sub.active.1"]),
  });
  await assertProblem(await signIn(service, "sub.active.1", { user_id: "another" }), "receipt_rejected");
  assertEquals((await service.request("/v1/account", { method: "DELETE", token })).status, 204);
  await assertProblem(await signIn(service, "sub.active.1"), "receipt_unknown");
});

Deno.test("it does not exist unless the operator allows it, and where there is no shared secret", async () => {
  for (const env of [{ RECEIPT_SIGN_IN: "" }, { RECEIPT_SIGN_IN: "off" }, { APPSTORE_SHARED_SECRET: "" }]) {
    await using service = await TestService.open({ env });
    await assertProblem(await signIn(service, "sub.active.1"), "not_found");
    assertEquals(service.simulator.requests, []);
  }
});

Deno.test("too many tries of one address are refused", async () => {
  await using service = await TestService.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "2" } });
  for (const _ of [1, 2]) await assertProblem(await signIn(service, "q1YqVb:3:11"), "receipt_rejected");
  await assertProblem(await signIn(service, "q1YqVb:3:11"), "rate_limited");
});
