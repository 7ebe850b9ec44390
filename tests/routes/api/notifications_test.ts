/** `POST /v1/appstore/notifications`: what is taken and refused, and what a taken message causes. */
import { assert, assertEquals } from "@std/assert";
import { createNotifications, TOPIC_ARN } from "../../../lib/dev/simulator/notifications.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { notify, RTN_ENV, settle } from "../../support/notifications.ts";
import { entitlementsOf, pass, purchasesOf, statesOf, submit, USER } from "../../support/purchases.ts";
import { TestService } from "../../support/test_service.ts";

const DAY_MS = 86_400_000;
const ID = "q1YqVb/JSyjH28DGP=:3:11";

async function open(options: Parameters<typeof TestService.open>[0] = {}) {
  const service = await TestService.open({ ...options, env: { ...RTN_ENV, ...options.env } });
  const { receipts, notifications } = service.simulator;
  const receipt = receipts.issue("sub.active", { receiptId: ID, userId: USER });
  const rvsCalls = () => service.simulator.requests.filter(({ endpoint }) => endpoint === "rvs").length;
  return Object.assign(service, { receipts, notifications, receipt, rvsCalls });
}

Deno.test("a notification changes the entitlement as RVS says, whatever its content type", async () => {
  await using service = await open();
  const { session_token } = await service.signedIn("mork.1", { purchases: purchasesOf([ID]) });
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
    assertEquals(statesOf(await entitlementsOf(service, session_token)), { [ID]: states[i] }, action);
  }
});

Deno.test("the message itself is never trusted for the state", async () => {
  await using service = await open();
  const { session_token } = await service.signedIn("mork.1", { purchases: purchasesOf([ID]) });
  assertEquals((await notify(service, service.notifications.notice(service.receipt, "refund"))).status, 200);
  await settle(service);
  assertEquals(service.rvsCalls(), 2);
  assertEquals(statesOf(await entitlementsOf(service, session_token)), { [ID]: "active" });
});

Deno.test("a message is stored once for its id, and older messages change nothing newer", async () => {
  await using service = await open();
  await service.signedIn("mork.1", { purchases: purchasesOf([ID]) });
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
  await using service = await open();
  const { session_token } = await service.signedIn("mork.1", { purchases: purchasesOf([ID]) });
  service.receipts.act(service.receipt, "refund");
  const next = service.receipts.issue("sub.active", { receiptId: "next", userId: USER });
  await notify(
    service,
    service.notifications.notice(next, undefined, { relatedReceipts: { cancelledReceiptId: ID } }),
  );
  await settle(service);
  assertEquals(statesOf(await entitlementsOf(service, session_token)), { [ID]: "ended" });
  assertEquals((await service.stored()).parked_receipt, 1);
});

Deno.test("a receipt without an account is parked, and joined when a device brings it", async () => {
  await using service = await open();
  assertEquals((await notify(service, service.notifications.notice(service.receipt))).status, 200);
  await settle(service);
  assertEquals((await service.stored()).parked_receipt, 1);
  const { session_token } = await service.signedIn("mork.1");
  assertEquals(statesOf(await submit(service, session_token, [ID])), { [ID]: "active" });
  await pass(service, 13 * DAY_MS, DAY_MS / 2);
  const { parked_receipt, receipt_check } = await service.stored();
  assertEquals([parked_receipt, receipt_check], [undefined, 1]);
  assertEquals(service.log.filter(({ message }) => message === "purchase_unclaimed"), []);
});

Deno.test("12 days after its purchase the operator hears of a receipt that nobody claims, once, and it is gone after 30", async () => {
  await using service = await open();
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
  assertEquals(statesOf(await submit(service, session_token, [ID])), { [ID]: "active" });
});

Deno.test("what RVS does not answer is asked again, and what it does not know is not parked", async () => {
  await using service = await open();
  const flaky = { id: "sub.active~500*2.1", userId: USER };
  await notify(service, service.notifications.notice(flaky));
  await notify(service, service.notifications.notice({ id: "unknown", userId: USER }));
  await settle(service);
  await pass(service, 180_000, 60_000);
  assertEquals(service.rvsCalls(), 4);
  assertEquals((await service.stored()).parked_receipt, 1);
});

Deno.test("what is no envelope of SNS is invalid_request", async () => {
  await using service = await open();
  for (const body of ["", "{}", "hello", "[]", new Uint8Array([0xff, 0xfe]) as never]) {
    await assertProblem(await notify(service, body), "invalid_request");
  }
});

Deno.test("a wrong topic, signature or place of the certificate is notification_rejected, and fetches nothing", async () => {
  const fetched: string[] = [];
  await using service = await open({
    wrapFetch: (fetch) => (input, init) => {
      fetched.push(String(input));
      return fetch(input, init);
    },
  });
  const { envelope } = service.notifications;
  const good = JSON.parse(service.notifications.notice(service.receipt));
  const bad = [
    envelope({ TopicArn: `${TOPIC_ARN}2` }),
    envelope({ TopicArn: "arn:aws:sns:us-east-1:666666666666:simulator" }),
    ...[
      "http://sns.us-east-1.amazonaws.com/sns.pem",
      "https://sns.us-east-1.amazonaws.com.evil.example/sns.pem",
      "https://evil.example/sns.pem",
      "https://sns.amazonaws.com/sns.pem",
      "https://sns.us-east-1.amazonaws.com:444/sns.pem",
      "https://user@sns.us-east-1.amazonaws.com/sns.pem",
      "https://sns.us-east-1.amazonaws.com/sns.txt",
      "https://sns.us-east-1.amazonaws.com/sns.pem?x=.pem",
      "https://xsns.us-east-1.amazonaws.com/sns.pem",
      "https://sns.us-east-1.a.amazonaws.com/sns.pem",
      "file:///sns.pem",
      "sns.pem",
    ].map((SigningCertURL) => envelope({ SigningCertURL })),
  ];
  for (const body of bad) await assertProblem(await notify(service, body), "notification_rejected");
  assertEquals(fetched, []);
  for (
    const changes of [{ Message: "{}" }, { Signature: btoa("x") }, { SignatureVersion: "2" }, {
      MessageId: "other",
    }]
  ) {
    await assertProblem(
      await notify(service, JSON.stringify({ ...good, ...changes })),
      "notification_rejected",
    );
  }
  assertEquals((await service.stored()).notification, undefined);
});

Deno.test("a body of 256 KiB is taken, and a larger one is not", async () => {
  await using service = await open();
  const short = service.notifications.envelope({ Message: "" }).length;
  const body = service.notifications.envelope({ Message: "x".repeat(256 * 1024 - short) });
  assertEquals(body.length, 256 * 1024);
  assertEquals((await notify(service, body)).status, 200);
  await assertProblem(await notify(service, `${body} `), "payload_too_large");
  const stream = new Blob([`${body} `]).stream();
  await assertProblem(await notify(service, stream), "payload_too_large");
});

Deno.test("trouble that is not the sender's fault is 503, so that Amazon sends it again", async () => {
  const commits = new CommitControl();
  const network = { down: true };
  await using service = await open({
    wrapKv: commits.wrap,
    wrapFetch: (fetch) => (input, init) =>
      network.down && String(input).endsWith(".pem")
        ? Promise.reject(new TypeError("refused"))
        : fetch(input, init),
  });
  const body = service.notifications.notice(service.receipt);
  await assertProblem(await notify(service, body), "upstream_unavailable");
  network.down = false;
  for (const fault of ["fails", "hangs"] as const) {
    commits.break(fault, { kind: "notification" });
    await assertProblem(await notify(service, body), "storage_unavailable");
    assertEquals((await service.stored()).notification, undefined);
  }
  commits.mend();
  const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
  await assertProblem(await notify(service, broken), "upstream_unavailable");
  const late = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
  });
  await assertProblem(await notify(service, late), "upstream_unavailable");
  assertEquals((await notify(service, body)).status, 200);
});

Deno.test("a certificate that is a page, or hangs, is 503; a good one is fetched once", async () => {
  const pem = { answer: () => Promise.resolve(new Response("<html>Sorry!</html>")), count: 0 };
  const own = createNotifications({ clock: { now: () => 0 }, origin: () => "" });
  await using service = await open({
    wrapFetch: (fetch) => (input, init) => {
      if (!String(input).endsWith(".pem")) return fetch(input, init);
      pem.count++;
      return pem.answer();
    },
  });
  const send = () => notify(service, service.notifications.notice(service.receipt));
  await assertProblem(await send(), "upstream_unavailable");
  for (
    const response of [
      new Response("", { status: 404 }),
      new Response(own.certificate(), { status: 500 }),
      Response.redirect("https://evil.example/"),
    ]
  ) {
    pem.answer = () => Promise.resolve(response);
    await assertProblem(await send(), "upstream_unavailable");
  }
  pem.answer = () => new Promise(() => {});
  pem.count = 0;
  pem.answer = () => Promise.resolve(new Response(own.certificate()));
  for (let i = 0; i < 3; i++) assertEquals((await send()).status, 200);
  assertEquals(pem.count, 1);
});

Deno.test("RTN_CERTIFICATE_URL is the only place of certificates", async () => {
  const RTN_CERTIFICATE_URL = "http://localhost:9/own/sns.pem";
  const fetched: string[] = [];
  await using service = await open({
    env: { RTN_CERTIFICATE_URL },
    wrapFetch: (fetch) => (input, init) => {
      fetched.push(String(input));
      return fetch(String(input).replace("/own/", "/"), init);
    },
  });
  for (
    const SigningCertURL of [
      RTN_CERTIFICATE_URL,
      "https://sns.us-east-1.amazonaws.com/sns.pem",
      "https://evil.example/sns.pem",
    ]
  ) {
    assertEquals(
      (await notify(service, service.notifications.envelope({ SigningCertURL, Message: "{}" }))).status,
      200,
    );
  }
  assertEquals(fetched, [RTN_CERTIFICATE_URL]);
});

Deno.test("a confirmation is fetched once when it is on the certificate's host, and its token is logged", async () => {
  const fetched: string[] = [];
  await using service = await open({
    wrapFetch: (fetch) => (input, init) => {
      if (!String(input).includes("Action=Confirm")) return fetch(input, init);
      fetched.push(String(input));
      return Promise.resolve(new Response("<ConfirmSubscriptionResponse/>"));
    },
  });
  const url = (host: string) => `${host}/?Action=ConfirmSubscription&Token=t`;
  const confirmation = (SubscribeURL: string) =>
    service.notifications.envelope({
      Type: "SubscriptionConfirmation",
      Token: "token-of-sns",
      SubscribeURL,
      Message: "Confirm",
    });
  const good = confirmation(url("https://sns.us-east-1.amazonaws.com"));
  for (let i = 0; i < 3; i++) assertEquals((await notify(service, good)).status, 200);
  for (
    const host of [
      "https://evil.example",
      "http://sns.us-east-1.amazonaws.com",
      "https://sns.eu-west-1.amazonaws.com",
      "nonsense",
    ]
  ) {
    assertEquals((await notify(service, confirmation(url(host)))).status, 200);
  }
  await settle(service);
  await pass(service, 120_000, 60_000);
  assertEquals(fetched, [url("https://sns.us-east-1.amazonaws.com")]);
  const lines = service.log.filter(({ message }) => message === "rtn_confirmation");
  assert(
    lines.length >= 5 && lines.every(({ token, topic }) => token === "token-of-sns" && topic === TOPIC_ARN),
  );
  const unsubscribed = service.notifications.envelope({
    Type: "UnsubscribeConfirmation",
    Token: "t",
    SubscribeURL: url("https://sns.us-east-1.amazonaws.com"),
  });
  assertEquals((await notify(service, unsubscribed)).status, 200);
  await settle(service);
  assertEquals(fetched.length, 1);
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
  await using service = await open({ ...options, env: { APPSTORE_SHARED_SECRET: "" } });
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
  await using later = await open({ ...options, kv, clock, simulator });
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
