/** `POST /v1/appstore/notifications`: what is taken and refused, and what a taken message causes. */
import { assertEquals } from "@std/assert";
import { assertProblem } from "../../support/contract_problems.ts";
import { notify, openWithReceipt, RECEIPT_ID, settle } from "../../support/notifications.ts";
import { entitlementsOf, pass, purchasesOf, statesOf, submit, USER } from "../../support/purchases.ts";
import { TestService } from "../../support/test_service.ts";

const DAY_MS = 86_400_000;
Deno.test("a notification changes the entitlement as RVS says, whatever its content type", async () => {
  await using service = await openWithReceipt();
  const { session_token } = await service.signedIn("mork.1", { purchases: purchasesOf([RECEIPT_ID]) });
  const types = [
    "text/plain; charset=UTF-8",
    "application/json",
    "application/x-www-form-urlencoded",
    "text/html",
    "",
  ];
  const actions = ["fail", "recover", "cancel", "fulfill", "revoke"] as const;
  const states = ["grace", "active", "active", "active", "ended"];
  for (const [i, action] of actions.entries()) {
    service.clock.jump(1000);
    service.receipts.act(service.receipt, action);
    const body = service.notifications.notice(service.receipt, action);
    const response = await notify(
      service,
      new TextEncoder().encode(body) as never,
      types[i] === "" ? {} : { "content-type": types[i]! },
    );
    assertEquals([response.status, await response.json()], [200, { status: "ok" }]);
    await settle(service);
    assertEquals(statesOf(await entitlementsOf(service, session_token)), { [RECEIPT_ID]: states[i] }, action);
  }
});

Deno.test("the message itself is never trusted for the state", async () => {
  await using service = await openWithReceipt();
  const { session_token } = await service.signedIn("mork.1", { purchases: purchasesOf([RECEIPT_ID]) });
  assertEquals((await notify(service, service.notifications.notice(service.receipt, "refund"))).status, 200);
  await settle(service);
  assertEquals(service.rvsCalls(), 2);
  assertEquals(statesOf(await entitlementsOf(service, session_token)), { [RECEIPT_ID]: "active" });
});

Deno.test("a message is stored once for its id, and older messages change nothing newer", async () => {
  await using service = await openWithReceipt();
  await service.signedIn("mork.1", { purchases: purchasesOf([RECEIPT_ID]) });
  const at = service.clock.now();
  const message = service.notifications.notice(service.receipt, "renew", { timestamp: at + 5 });
  for (let i = 0; i < 3; i++) {
    assertEquals((await notify(service, message)).status, 200);
    await settle(service);
  }
  await Promise.all(
    Array.from(
      { length: 5 },
      () => service.request("/v1/appstore/notifications", { method: "POST", body: message }),
    ),
  );
  await settle(service);
  assertEquals([service.rvsCalls(), (await service.stored()).notification], [2, 1]);
  for (const timestamp of [at, at + 4, at + 5]) {
    await notify(service, service.notifications.notice(service.receipt, "fail", { timestamp }));
  }
  await settle(service);
  assertEquals(service.rvsCalls(), 2);
  await notify(service, service.notifications.notice(service.receipt, "fail", { timestamp: at + 6 }));
  await settle(service);
  assertEquals(service.rvsCalls(), 3);
  assertEquals((await service.stored()).receipt_check, 1, "the entitlement's own check is left");
});

Deno.test("the receipt that a change of tier has ended is asked about too", async () => {
  await using service = await openWithReceipt();
  const { session_token } = await service.signedIn("mork.1", { purchases: purchasesOf([RECEIPT_ID]) });
  service.receipts.act(service.receipt, "refund");
  const next = service.receipts.issue("sub.active", { receiptId: "next", userId: USER });
  await notify(
    service,
    service.notifications.notice(next, undefined, { relatedReceipts: { cancelledReceiptId: RECEIPT_ID } }),
  );
  await settle(service);
  assertEquals(statesOf(await entitlementsOf(service, session_token)), { [RECEIPT_ID]: "ended" });
  assertEquals((await service.stored()).parked_receipt, 1);
});

Deno.test("a receipt without an account is parked, and joined when a device brings it", async () => {
  await using service = await openWithReceipt();
  assertEquals((await notify(service, service.notifications.notice(service.receipt))).status, 200);
  await settle(service);
  assertEquals((await service.stored()).parked_receipt, 1);
  const { session_token } = await service.signedIn("mork.1");
  assertEquals(statesOf(await submit(service, session_token, [RECEIPT_ID])), { [RECEIPT_ID]: "active" });
  await pass(service, 13 * DAY_MS, DAY_MS / 2);
  const { parked_receipt, receipt_check } = await service.stored();
  assertEquals([parked_receipt, receipt_check], [undefined, 1]);
  assertEquals(service.log.filter(({ message }) => message === "purchase_unclaimed"), []);
});

Deno.test("12 days after its purchase the operator hears of a receipt that nobody claims, once, and it is gone after 30", async () => {
  await using service = await openWithReceipt();
  const unclaimed = () => service.log.filter(({ message }) => message === "purchase_unclaimed").length;
  service.clock.jump(DAY_MS);
  service.receipts.act(service.receipt, "fulfill");
  await notify(service, service.notifications.notice(service.receipt));
  await settle(service);
  await pass(service, 11 * DAY_MS - 3_600_000);
  assertEquals(unclaimed(), 0);
  await pass(service, 3_600_000 + 60_000);
  assertEquals(unclaimed(), 1);
  await pass(service, 10 * DAY_MS, DAY_MS);
  assertEquals(unclaimed(), 1);
  service.clock.jump(10 * DAY_MS);
  const { session_token } = await service.signedIn("mork.1");
  assertEquals(statesOf(await submit(service, session_token, [RECEIPT_ID])), { [RECEIPT_ID]: "active" });
});

Deno.test("what RVS does not answer is asked again, and what it does not know is not parked", async () => {
  await using service = await openWithReceipt();
  const flaky = { id: "sub.active~500*2.1", userId: USER };
  await notify(service, service.notifications.notice(flaky));
  await notify(service, service.notifications.notice({ id: "unknown", userId: USER }));
  await settle(service);
  await pass(service, 180_000, 60_000);
  assertEquals(service.rvsCalls(), 4);
  assertEquals((await service.stored()).parked_receipt, 1);
});

Deno.test("without a shared secret a subscription is confirmed, and a notification waits until there is one", async () => {
  const fetched: string[] = [];
  const options = {
    wrapFetch: (fetch: typeof globalThis.fetch): typeof globalThis.fetch => (input, init) => {
      if (!String(input).includes("Action=Confirm")) return fetch(input, init);
      fetched.push(String(input));
      return Promise.resolve(new Response("<ConfirmSubscriptionResponse/>"));
    },
  };
  await using service = await openWithReceipt({ ...options, env: { APPSTORE_SHARED_SECRET: "" } });
  const SubscribeURL = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=t";
  const { envelope, notice } = service.notifications;
  assertEquals((await notify(service, notice(service.receipt))).status, 200);
  const confirmation = envelope({ Type: "SubscriptionConfirmation", Token: "t", SubscribeURL });
  assertEquals((await notify(service, confirmation)).status, 200);
  await settle(service);
  await pass(service, 120_000, 60_000);
  assertEquals([fetched, service.rvsCalls()], [[SubscribeURL], 0]);
  assertEquals(service.log.filter(({ level }) => level === "ERROR"), []);

  const { kv, clock, simulator } = service;
  await using later = await openWithReceipt({ ...options, kv, clock, simulator });
  await pass(later, 60_000);
  assertEquals((await later.stored()).parked_receipt, 1);
});

Deno.test("without RTN_TOPIC_ARN the path does not exist", async () => {
  await using service = await TestService.open();
  const { notifications, receipts } = service.simulator;
  await assertProblem(
    await notify(service, notifications.notice(receipts.issue("sub.active", { userId: USER }))),
    "not_found",
  );
});
