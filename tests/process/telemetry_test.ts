/** What `main.ts` sends to a collector of OpenTelemetry, by Deno's own exporter. */
import { assert, assertEquals } from "@std/assert";
import { COUNTERS, DURATIONS, GAUGES, type Metric } from "../../lib/base/telemetry.ts";
import { CUSTOMERS } from "../../lib/dev/simulator/customers.ts";
import { SHARED_SECRET } from "../../lib/dev/simulator/receipts.ts";
import { MAY_RUN } from "../support/child_process.ts";
import { PASSWORD as MAIL_PASSWORD, serveSmtp } from "../support/mail_servers.ts";
import { OtlpReceiver, type ReceivedSpan } from "../support/otlp_receiver.ts";
import { findSecrets, type Secret } from "../support/secret_scan.ts";
import { openTestBed, post, ServiceProcess, signIn, until } from "../support/service_process.ts";
import type { SignedInBody } from "../support/bodies.ts";

const ignore = !MAY_RUN;
const PASSWORD = "canary correct horse battery";
const WEBHOOK_SECRET = `whsec_${btoa("canary webhook secret of a receiver")}`;
const USER = "canary-appstore-user";
const RECEIPT = "sub.active.canary-receipt";

/** Paths with a secret in them, or made up by a client. */
const LINKS = [
  "/reset/canary-link",
  "/delete-account/canary-link",
  "/confirm-email/canary-link",
  "/activate/canary-link",
  "/activate?code=canary-link",
  "/canary-link",
];
/** What the platform tells of a request to the service itself. `lib/operator/README.md` names it. */
const OF_THE_PLATFORM = ["url.full", "url.path", "url.query"];

Deno.test({
  name: "spans, metrics and log records of every sign-in have their names, and no secret",
  ignore,
  async fn() {
    await using otlp = new OtlpReceiver();
    await using smtp = await serveSmtp();
    await using hooks = receiveWebhooks();
    await using bed = await openTestBed({
      ...otlp.env,
      MAIL_URL: smtp.url,
      MAIL_FROM: "Oneclick <hello@oneclick.example>",
      WEBHOOK_URL: `${hooks.url}/canary-hook`,
      WEBHOOK_SECRET,
      PASSWORD_TRIES_PER_15_MINUTES: "3",
    });
    await using service = await ServiceProcess.start(bed);
    const { url } = service;
    const tokens: Secret[] = [];
    const use = async (pending: Promise<{ status: number; body: Partial<SignedInBody> }>, status: number) => {
      const { status: answered, body } = await pending;
      assertEquals([answered, body], [status, body]);
      if (body.session_token) tokens.push({ name: "session token", text: body.session_token.slice(-43) });
      return body;
    };
    const oneClick = (scenario: string, status: number) => {
      const request = { code: `${scenario}.canary-code`, key: `canary-idempotency-key-${scenario}` };
      return use(signIn(url, request), status);
    };

    const purchases = { user_id: USER, receipts: [RECEIPT] };
    await use(post(`${url}/v1/sessions/amazon`, { code: "returning.canary-code-1", purchases }), 201);
    await oneClick("mork", 201);
    await oneClick("mork", 201);
    await oneClick("noemail", 422);
    await oneClick("noemail", 422);
    await oneClick("odd~token-drop", 502);
    await oneClick("odd~token-invalid_client", 502);
    const signUp = { email: "canary-vera@example.com", password: PASSWORD, name: "canary-name" };
    await use(post(`${url}/v1/accounts`, signUp), 201);
    await use(post(`${url}/v1/sessions`, signUp), 200);
    for (const status of [401, 401, 401, 429]) {
      await use(post(`${url}/v1/sessions`, { ...signUp, password: "canary-password-2" }), status);
    }
    await use(post(`${url}/v1/sessions/receipt`, { user_id: USER, receipt_id: RECEIPT }), 200);
    await post(`${url}/v1/password-resets`, { email: signUp.email });
    await until(() => smtp.arrived.length > 0);
    const [path = ""] = /\/reset\/[\w-]+/.exec(smtp.arrived[0]?.text ?? "") ?? [];
    const page = await fetch(url + path);
    assertEquals(page.status, 200);
    await page.body?.cancel();
    for (const path of LINKS) {
      const answer = await fetch(url + path);
      await answer.body?.cancel();
    }
    await until(() => otlp.logs.filter(({ body }) => body.includes('"webhook_sent"')).length >= 5);
    service.kill("SIGTERM");
    assertEquals((await service.status).code, 0);

    // Names.
    const signedIn = otlp.spans.find((span) =>
      span.kind === SERVER && stepsOf(otlp.spans, span).includes("token")
    );
    assert(signedIn !== undefined);
    assertEquals(signedIn.name, "POST /v1/sessions/amazon");
    assertEquals(signedIn.values["http.route"], "/v1/sessions/amazon");
    assertEquals(stepsOf(otlp.spans, signedIn), ["claim", "commit", "keep", "profile", "rvs", "token"]);
    const token = otlp.spans.find(({ name, traceId }) => name === "token" && traceId === signedIn.traceId);
    assertEquals(childrenOf(otlp.spans, token!).map(({ name }) => name), [
      "POST /version/1.0/auth/o2/token",
    ]);
    const tasks = new Set(otlp.spans.map(({ name }) => name).filter((name) => name.startsWith("task ")));
    assert(tasks.has("task mail") && tasks.has("task webhook"), [...tasks].join());
    const routes = otlp.spans.filter(({ kind }) => kind === SERVER).map(({ name }) => name);
    assertEquals([...new Set(routes)].toSorted(), [
      "GET",
      "GET /activate",
      "GET /activate/:token",
      "GET /confirm-email/:token",
      "GET /delete-account/:token",
      "GET /reset/:token",
      "POST /v1/accounts",
      "POST /v1/password-resets",
      "POST /v1/sessions",
      "POST /v1/sessions/amazon",
      "POST /v1/sessions/receipt",
    ]);

    // Metrics.
    assert(otlp.sum("oneclick.webhooks", { "oneclick.state": "sent" }) >= 5);
    const counted = (outcome: string, method: string) =>
      otlp.sum("oneclick.sign_ins", { "oneclick.outcome": outcome, "oneclick.method": method });
    assertEquals(SIGN_INS.map(([outcome, method]) => [outcome, method, counted(outcome, method)]), SIGN_INS);
    assertEquals(otlp.sum("oneclick.replays"), 1);
    assertEquals(otlp.sum("oneclick.codes.resumed", { "oneclick.token_kept": true }), 1);
    assertEquals(
      otlp.sum("oneclick.limits.hit", { "error.type": "rate_limited", "http.route": "/v1/sessions" }),
      1,
    );
    assertEquals(otlp.sum("oneclick.mails", { "oneclick.state": "sent" }), 1);
    assertEquals(otlp.sum("oneclick.receipts", { "oneclick.state": "confirmed" }), 2);
    const queues = otlp.metric("oneclick.tasks.oldest.age")?.points.map(({ values }) =>
      values["oneclick.queue"]
    );
    assert(queues?.includes("tasks"), String(queues));
    const calls = otlp.metric("http.client.request.duration");
    assertEquals([calls?.unit, calls?.kind, calls?.scope], ["s", "histogram", "oneclick"]);
    const failed = { "error.type": "TypeError", "url.template": "/version/1.0/auth/o2/token" };
    assert(otlp.sum("http.client.request.duration", failed) >= 1);
    assertEquals(otlp.sum("http.server.request.duration", { "http.route": "/v1/sessions" }), 5);
    const ours = [...otlp.metrics.values()].filter(({ scope }) => scope === "oneclick");
    const known: Readonly<Record<string, Metric>> = { ...COUNTERS, ...DURATIONS, ...GAUGES };
    for (const { name, unit, points } of ours) {
      assertEquals(known[name]?.unit, unit, name);
      const unknown = points.flatMap(({ values }) => Object.keys(values))
        .filter((key) => !known[name]?.by.includes(key));
      assertEquals(unknown, [], name);
    }
    const requests = otlp.metric("http.server.request.duration");
    assertEquals([requests?.unit, requests?.kind, requests?.scope], ["s", "histogram", "deno"]);
    for (const key of ["http.request.method", "http.response.status_code", "http.route"]) {
      assert(requests?.points.some(({ values }) => key in values), key);
    }

    // Log records.
    for (const { severity, body } of otlp.logs) {
      assertEquals(body.trimEnd().split("\n").length, 1, body);
      assertEquals(JSON.parse(body).level, severity);
    }
    const levels = new Set(otlp.logs.map(({ severity }) => severity));
    assertEquals([...levels].toSorted(), ["ERROR", "INFO", "WARN"]);
    const line = otlp.logs.find(({ traceId }) => traceId === signedIn.traceId);
    assertEquals(JSON.parse(line?.body ?? "").request_id, signedIn.values["oneclick.request_id"]);

    // Secrets.
    const amazon = bed.simulator.requests.flatMap(({ url }) =>
      new URL(url).searchParams.get("access_token") ?? []
    );
    const secrets = [...SECRETS, ...tokens, ...amazon.map((text) => ({ name: "access token", text }))];
    const links = [path.slice(-42), "canary-link"].map((text) => ({ name: "mailed link", text }));
    assert(amazon.length > 1 && tokens.length > 4);
    assertEquals(findSecrets(withoutPlatform(otlp.bodies), [...secrets, ...links]), []);
    assertEquals(findSecrets(otlp.bodies.join("\n"), secrets), []);
    // The rest is the platform's.
    const told = otlp.spans.filter(({ values }) => JSON.stringify(values).includes(path));
    assertEquals(told.map(({ scope, kind }) => [scope, kind]), [["deno", SERVER]]);
  },
});

const SERVER = 2;
/** The sign-ins of the test: outcome, method, number. */
const SIGN_INS: [outcome: string, method: string, count: number][] = [
  ["created", "one_click", 2],
  ["replayed", "one_click", 1],
  ["profile_incomplete", "one_click", 2],
  ["upstream_rejected_client", "one_click", 1],
  ["created", "sign_up", 1],
  ["signed_in", "password", 1],
  ["invalid_credentials", "password", 3],
  ["rate_limited", "password", 1],
  ["signed_in", "receipt", 1],
];

const SECRETS: readonly Secret[] = [
  { name: "code", text: "canary-code" },
  { name: "idempotency key", text: "canary-idempotency-key" },
  { name: "client secret", text: "foosecret" },
  { name: "data key", text: "development only: not a secret!!" },
  { name: "password", text: PASSWORD },
  { name: "wrong password", text: "canary-password" },
  { name: "email", text: "canary-vera@example.com" },
  { name: "name", text: "canary-name" },
  { name: "user_id", text: "amznl.account." },
  { name: "Appstore user id", text: USER },
  { name: "receipt id", text: RECEIPT },
  { name: "shared secret", text: SHARED_SECRET },
  { name: "URL of webhooks", text: "canary-hook" },
  { name: "webhook secret", text: "canary webhook secret" },
  { name: "mail password", text: decodeURIComponent(MAIL_PASSWORD) },
  ...["returning", "mork", "noemail"].flatMap((customer) => {
    const { email, name } = CUSTOMERS[customer]?.profile("") ?? {};
    return [email, name].flatMap((text) => text === undefined ? [] : [{ name: "profile", text }]);
  }),
];

function childrenOf(spans: readonly ReceivedSpan[], parent: ReceivedSpan): ReceivedSpan[] {
  return spans.filter(({ parentSpanId, scope }) => parentSpanId === parent.spanId && scope === "oneclick");
}

/** Returns the names of the steps of a request, without the operations on the database beside them. */
function stepsOf(spans: readonly ReceivedSpan[], request: ReceivedSpan): string[] {
  return childrenOf(spans, request).map(({ name }) => name).filter((name) => /^[a-z]+$/.test(name))
    .toSorted();
}

/** Returns what was sent, without what the platform tells of requests to the service itself. */
function withoutPlatform(bodies: readonly string[]): string {
  const isOurs = ({ key }: { readonly key?: string }) => key === undefined || !OF_THE_PLATFORM.includes(key);
  return bodies.map((body) =>
    JSON.stringify(JSON.parse(body), (_, value) => Array.isArray(value) ? value.filter(isOurs) : value)
  ).join("\n");
}

function receiveWebhooks(): AsyncDisposable & { readonly url: string; readonly count: number } {
  let count = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    await request.body?.cancel();
    count++;
    return new Response();
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    get count() {
      return count;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
