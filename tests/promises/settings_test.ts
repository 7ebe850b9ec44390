/**
 * Each variable, set to something else than its default: every request is answered as without it, but for what the variable
 * says. A setting that breaks requests which it is not about is found here.
 */
import { assert, assertEquals } from "@std/assert";
import { VARIABLES } from "../../lib/config/config.ts";
import { EMAIL, PASSWORD } from "../support/account_requests.ts";
import { RTN_ENV } from "../support/notifications.ts";
import { USER } from "../support/purchases.ts";
import { signingKeys } from "../support/signing_keys.ts";
import { TestService } from "../support/test_service.ts";
import { SECRETS } from "../support/webhooks.ts";

const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";
const CLIENT = { client_id: "foodev", client_secret: "foosecret" };
const OFF = 404;

/** What a walk through the API was answered: statuses by the name of the request. */
type Walk = Record<string, number>;

/** A setting: variables of the environment, and the answers that it changes. */
interface Setting {
  readonly env: Record<string, string>;
  readonly changes?: Walk;
}

/** A value of each variable, with the others that it needs. */
const SETTINGS: Record<string, Setting> = {
  AMAZON_CLIENT_ID: {
    env: {
      AMAZON_CLIENTS: "",
      AMAZON_CLIENT_ID: CLIENT.client_id,
      AMAZON_CLIENT_SECRET: CLIENT.client_secret,
    },
  },
  AMAZON_CLIENT_SECRET: {
    env: {
      AMAZON_CLIENTS: "",
      AMAZON_CLIENT_ID: CLIENT.client_id,
      AMAZON_CLIENT_SECRET: CLIENT.client_secret,
    },
  },
  AMAZON_CLIENTS: {
    env: { AMAZON_CLIENTS: JSON.stringify({ a: { ...CLIENT, shared_secret: "dev-shared-secret" } }) },
  },
  AMAZON_BASE_URL: { env: { AMAZON_BASE_URL: "http://localhost:9" } },
  AMAZON_TOKEN_REQUEST: { env: { AMAZON_TOKEN_REQUEST: "form" } },
  AMAZON_PROFILE_REQUEST: { env: { AMAZON_PROFILE_REQUEST: "header" } },
  AMAZON_TIMEOUT_MS: { env: { AMAZON_TIMEOUT_MS: "500" } },
  AMAZON_DEADLINE_MS: { env: { AMAZON_DEADLINE_MS: "9000" } },
  AMAZON_KEEP_REFRESH_TOKEN: { env: { AMAZON_KEEP_REFRESH_TOKEN: "true" }, changes: { refresh: 200 } },
  AMAZON_SIGN_INS_PER_MINUTE: { env: { AMAZON_SIGN_INS_PER_MINUTE: "0" } },
  APPSTORE_SHARED_SECRET: {
    env: { APPSTORE_SHARED_SECRET: "" },
    changes: { withPurchases: 400, purchases: OFF, entitlements: OFF, receipt: OFF },
  },
  RVS_SANDBOX: { env: { RVS_SANDBOX: "true" } },
  RECEIPT_SIGN_IN: { env: { RECEIPT_SIGN_IN: "off" }, changes: { receipt: OFF } },
  RECEIPT_CHECK_HOURS: { env: { RECEIPT_CHECK_HOURS: "1" } },
  APPSTORE_ACKNOWLEDGE: { env: { APPSTORE_ACKNOWLEDGE: "true" } },
  RTN_TOPIC_ARN: { env: RTN_ENV, changes: { notification: 200 } },
  RTN_CERTIFICATE_URL: {
    env: { ...RTN_ENV, RTN_CERTIFICATE_URL: "https://sns.us-east-1.amazonaws.com/sns.pem" },
    changes: { notification: 200 },
  },
  DATA_KEYS: { env: { DATA_KEYS: `a:${btoa("a".repeat(32))},b:${btoa("b".repeat(32))}` } },
  SIGNING_KEYS: { env: { SIGNING_KEYS: signingKeys(0, 1) } },
  ACCESS_TOKEN_AUDIENCES: { env: { ACCESS_TOKEN_AUDIENCES: "https://api.example.com,shop" } },
  WEBHOOK_URL: { env: { WEBHOOK_URL: "https://api.example.com/hook", WEBHOOK_SECRET: SECRETS.join(",") } },
  WEBHOOK_SECRET: { env: { WEBHOOK_URL: "https://api.example.com/hook", WEBHOOK_SECRET: SECRETS[0]! } },
  CORS_ORIGINS: { env: { CORS_ORIGINS: "https://tv.example.com" } },
  KV_PATH: { env: { KV_PATH: ":memory:" } },
  PUBLIC_URL: { env: { PUBLIC_URL: "https://signin.example" } },
  APP_NAME: { env: { APP_NAME: "Marigold & <Söhne>" } },
  APP_LOGO_URL: { env: { APP_LOGO_URL: "https://cdn.example.com/logo.png" } },
  APP_COLOR: { env: { APP_COLOR: "#ffee00" } },
  SUPPORT_URL: { env: { SUPPORT_URL: "https://example.com/help" } },
  MAIL_URL: { env: { MAIL_URL: "", MAIL_FROM: "" } },
  MAIL_FROM: { env: { MAIL_FROM: "Marigold <tv@example.com>" } },
  PASSWORD_NUDGE_AFTER_HOURS: { env: { PASSWORD_NUDGE_AFTER_HOURS: "0" } },
  SESSION_TTL_DAYS: { env: { SESSION_TTL_DAYS: "1" } },
  SESSION_MAX_DAYS: { env: { SESSION_MAX_DAYS: "1" } },
  REGISTRATION: { env: { REGISTRATION: "closed" }, changes: { signUp: 403, password: 401, activate: 403 } },
  PASSWORD_TRIES_PER_15_MINUTES: { env: { PASSWORD_TRIES_PER_15_MINUTES: "0" } },
  MAX_SIGN_INS_IN_FLIGHT: { env: { MAX_SIGN_INS_IN_FLIGHT: "1" } },
  TRUST_PROXY: { env: { TRUST_PROXY: "10.0.0.0/8,2001:db8::/32" } },
  EVENT_RETENTION_DAYS: { env: { EVENT_RETENTION_DAYS: "1" } },
  PORT: { env: { PORT: "9999" } },
  HOST: { env: { HOST: "127.0.0.1" } },
  LOG_LEVEL: { env: { LOG_LEVEL: "debug" } },
  BRANCH_DELIVERY: { env: { BRANCH_DELIVERY: "on" } },
};

/** The answers of development. */
const USUAL: Walk = {
  alive: 200,
  ready: 200,
  start: 200,
  openapi: 200,
  docs: 200,
  problem: 200,
  keys: 200,
  metadata: 200,
  oneClick: 201,
  withPurchases: 200,
  replay: 201,
  account: 200,
  profile: 200,
  session: 200,
  sessions: 200,
  purchases: 200,
  entitlements: 200,
  receipt: 200,
  notification: 404,
  accessToken: 201,
  events: 200,
  export: 200,
  refresh: 404,
  verification: 202,
  email: 202,
  change: 409,
  unlink: 409,
  signUp: 201,
  password: 200,
  reset: 202,
  resetPage: 404,
  deletionPage: 200,
  deletionForm: 200,
  confirmPage: 404,
  activation: 201,
  poll: 400,
  activatePage: 200,
  found: 303,
  activate: 200,
  nowhere: 404,
  wrongMethod: 405,
  wrongType: 415,
  tooLarge: 413,
  noToken: 401,
  signOut: 204,
  deletion: 401,
};

async function walk(env: Record<string, string>): Promise<Walk> {
  await using service = await TestService.open({ env });
  const walked: Walk = {};
  const note = async (name: string, request: Promise<Response>) => {
    const response = await service.answerOf(request);
    const text = await response.text();
    walked[name] = response.status;
    assert(response.headers.has("x-request-id"), `${name}: ${text}`);
    return {
      headers: response.headers,
      body: response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : {},
    };
  };
  const form = (path: string, fields: Record<string, string>) =>
    service.request(path, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { origin: "null", "sec-fetch-site": "same-origin" },
    });
  const HTML = { headers: { accept: "text/html" } };
  for (
    const [name, path] of [["alive", "/healthz"], ["ready", "/readyz"], ["openapi", "/openapi.json"]] as const
  ) {
    await note(name, service.request(path));
  }
  await note("start", service.request("/", HTML));
  await note("docs", service.request("/docs", HTML));
  await note("problem", service.request("/problems/code_rejected", HTML));
  await note("keys", service.request("/.well-known/jwks.json"));
  await note("metadata", service.request("/.well-known/oauth-authorization-server"));

  const { body: { session_token: token } } = await note("oneClick", service.signIn("mork.1", { key: KEY }));
  const purchases = { user_id: USER, receipts: ["sub.active.1"] };
  await note("withPurchases", service.signIn("mork.2", { purchases }));
  await note("replay", service.signIn("mork.1", { key: KEY }));
  await note("account", service.request("/v1/account", { token }));
  await note("profile", service.send("PATCH", "/v1/account", { name: "M." }, { token }));
  await note("session", service.request("/v1/sessions/current", { token }));
  await note("sessions", service.request("/v1/sessions", { token }));
  await note("purchases", service.send("POST", "/v1/purchases", purchases, { token }));
  await note("entitlements", service.request("/v1/entitlements", { token }));
  const receipt = { user_id: USER, receipt_id: "sub.active.1" };
  await note("receipt", service.send("POST", "/v1/sessions/receipt", receipt));
  const { notifications, receipts } = service.simulator;
  const notice = notifications.notice(receipts.issue("sub.active", { userId: USER }));
  await note("notification", service.request("/v1/appstore/notifications", { method: "POST", body: notice }));
  await note("accessToken", service.request("/v1/access-tokens", { method: "POST", token }));
  await note("events", service.request("/v1/account/events", { token }));
  await note("export", service.request("/v1/account/export", { token }));
  await note("refresh", service.request("/v1/account/profile-refresh", { method: "POST", token }));
  await note("verification", service.request("/v1/account/email-verification", { method: "POST", token }));
  const change = { email: "other@example.com" };
  await note("email", service.send("PUT", "/v1/account/email", change, { token }));
  const passwords = { current_password: PASSWORD, new_password: "another horse entirely" };
  await note("change", service.send("PUT", "/v1/account/password", passwords, { token }));
  await note("unlink", service.request("/v1/account/amazon-link", { method: "DELETE", token }));

  const customer = { email: EMAIL, password: PASSWORD };
  await note("signUp", service.send("POST", "/v1/accounts", customer));
  await note("password", service.send("POST", "/v1/sessions", customer));
  await note("reset", service.send("POST", "/v1/password-resets", { email: EMAIL }));
  await note("resetPage", service.request(`/reset/${"a".repeat(64)}`, HTML));
  await note("deletionPage", service.request("/delete-account", HTML));
  await note("deletionForm", form("/delete-account", { email: EMAIL }));
  await note("confirmPage", service.request(`/confirm-email/${"a".repeat(64)}`, HTML));
  const { body: { user_code, device_code } } = await note(
    "activation",
    service.send("POST", "/v1/activations", {}),
  );
  await note("poll", service.send("POST", "/v1/sessions/activation", { device_code }));
  await note("activatePage", service.request("/activate", HTML));
  const { headers } = await note("found", service.request(`/activate?code=${user_code}`, HTML));
  const page = new URL(headers.get("location") ?? "", "http://localhost:8000/activate").pathname;
  const stranger = { do: "sign_up", email: "new@example.com", password: PASSWORD };
  await note("activate", form(page, stranger));

  await note("nowhere", service.request("/v1/nowhere"));
  await note("wrongMethod", service.request("/v1/account", { method: "POST" }));
  const text = { method: "POST", body: "code=1", headers: { "content-type": "text/plain" } };
  await note("wrongType", service.request("/v1/sessions/amazon", text));
  await note("tooLarge", service.send("POST", "/v1/sessions", { email: "x".repeat(20_000) }));
  await note("noToken", service.request("/v1/account"));
  await note("signOut", service.request("/v1/sessions/current", { method: "DELETE", token }));
  await note("deletion", service.request("/v1/account", { method: "DELETE", token }));
  const errors = service.log.filter(({ level }) => level === "ERROR");
  assertEquals(errors, []);
  return walked;
}

Deno.test("a walk through the service without a further setting", async () => {
  assertEquals(await walk({}), USUAL);
});

for (const name of VARIABLES) {
  Deno.test(`${name} changes no answer but those that it is about`, async () => {
    const setting = SETTINGS[name];
    assert(setting !== undefined, `${name} has no line in this table`);
    assertEquals(await walk(setting.env), { ...USUAL, ...setting.changes });
  });
}

Deno.test("all variables together change no answer but those that they are about", async () => {
  const alone = new Set([
    "AMAZON_CLIENT_ID",
    "AMAZON_CLIENT_SECRET",
    "APPSTORE_SHARED_SECRET",
    "RECEIPT_SIGN_IN",
    "REGISTRATION",
    "MAIL_URL",
  ]);
  const together = Object.entries(SETTINGS).filter(([name]) => !alone.has(name)).map(([, setting]) =>
    setting
  );
  const env = Object.assign({}, ...together.map((setting) => setting.env));
  const changes = Object.assign({}, ...together.map((setting) => setting.changes ?? {}));
  assertEquals(await walk(env), { ...USUAL, ...changes });
});
