/** Which messages of SNS are taken: envelopes, signatures, certificates and confirmations. */
import { assert, assertEquals } from "@std/assert";
import { createNotifications, TOPIC_ARN } from "../../../lib/dev/simulator/notifications.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { notify, openWithReceipt, settle } from "../../support/notifications.ts";
import { pass } from "../../support/purchases.ts";

Deno.test("what is no envelope of SNS is invalid_request", async () => {
  await using service = await openWithReceipt();
  for (const body of ["", "{}", "hello", "[]", new Uint8Array([0xff, 0xfe]) as never]) {
    await assertProblem(await notify(service, body), "invalid_request");
  }
});

Deno.test("a wrong topic, signature or place of the certificate is notification_rejected, and fetches nothing", async () => {
  const fetched: string[] = [];
  await using service = await openWithReceipt({
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
  await using service = await openWithReceipt();
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
  await using service = await openWithReceipt({
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
  await using service = await openWithReceipt({
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
  await using service = await openWithReceipt({
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
  await using service = await openWithReceipt({
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
