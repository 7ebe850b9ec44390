import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Config, ConfigError, parseConfig } from "../../../lib/config/config.ts";
import { BASE64, BYTES, LEAST, type Refused, testAccepted, testRefused } from "../../support/config_cases.ts";

const OPTIONAL = [
  "AMAZON_CLIENTS",
  "AMAZON_BASE_URL",
  "AMAZON_TOKEN_REQUEST",
  "AMAZON_PROFILE_REQUEST",
  "AMAZON_TIMEOUT_MS",
  "AMAZON_DEADLINE_MS",
  "APPSTORE_SHARED_SECRET",
  "RVS_SANDBOX",
  "RECEIPT_SIGN_IN",
  "RECEIPT_CHECK_HOURS",
  "APPSTORE_ACKNOWLEDGE",
  "RTN_TOPIC_ARN",
  "RTN_CERTIFICATE_URL",
  "KV_PATH",
  "APP_NAME",
  "APP_LOGO_URL",
  "APP_COLOR",
  "SUPPORT_URL",
  "MAIL_URL",
  "MAIL_FROM",
  "PASSWORD_NUDGE_AFTER_HOURS",
  "REGISTRATION",
  "PASSWORD_TRIES_PER_15_MINUTES",
  "SESSION_TTL_DAYS",
  "SESSION_MAX_DAYS",
  "EVENT_RETENTION_DAYS",
  "AMAZON_KEEP_REFRESH_TOKEN",
  "SIGNING_KEYS",
  "ACCESS_TOKEN_AUDIENCES",
  "CORS_ORIGINS",
  "WEBHOOK_URL",
  "WEBHOOK_SECRET",
  "AMAZON_SIGN_INS_PER_MINUTE",
  "MAX_SIGN_INS_IN_FLIGHT",
  "TRUST_PROXY",
  "PORT",
  "HOST",
  "LOG_LEVEL",
  "BRANCH_DELIVERY",
];
const CLIENT_HINT =
  "take it from the app's security profile in the Amazon developer console, or set AMAZON_CLIENTS for several apps";

Deno.test("parseConfig requires a client, a key and a URL, and has a default for everything else", () => {
  const defaults: Config = {
    amazon: {
      baseUrl: "https://appstore-sdk.amazon.com",
      tokenRequest: "query",
      profileRequest: "query",
      timeoutMs: 2500,
    },
    amazonClients: [{ app: "default", clientId: "foodev", clientSecret: "foosecret" }],
    amazonDeadlineMs: 6000,
    purchases: {
      sandbox: false,
      receiptSignIn: false,
      checkMs: 48 * 3_600_000,
      acknowledge: false,
      topics: [],
      certificateUrl: null,
    },
    dataKeys: [{ id: "k1", secret: BYTES }],
    kvPath: undefined,
    publicUrl: "https://oneclick.example",
    appName: "Oneclick",
    brand: { logoUrl: null, colour: null, supportUrl: null },
    mail: null,
    passwordNudgeAfterMs: 86_400_000,
    registration: "open",
    passwordTriesPer15Minutes: 10,
    sessionTtlMs: 365 * 86_400_000,
    keepRefreshToken: false,
    accessTokens: { keys: [], audiences: ["https://oneclick.example"] },
    sessionMaxMs: null,
    corsOrigins: [],
    webhook: null,
    eventRetentionMs: 365 * 86_400_000,
    amazonSignInsPerMinute: 60,
    maxSignInsInFlight: 512,
    trustProxy: { hops: 0 },
    delivers: true,
    port: 8000,
    host: "0.0.0.0",
    logLevel: "info",
  };
  assertEquals(parseConfig(LEAST), defaults);
});

Deno.test("parseConfig treats an empty variable as not set", () => {
  const empty = Object.fromEntries(OPTIONAL.map((name) => [name, ""]));
  assertEquals(parseConfig({ ...LEAST, ...empty }), parseConfig(LEAST));
});

Deno.test("parseConfig ignores variables that are not its own", () => {
  assertEquals(parseConfig({ ...LEAST, PATH: "/bin", AMAZON: "x" }), parseConfig(LEAST));
});

testAccepted([
  [{ KV_PATH: "/var/lib/oneclick.db" }, { kvPath: "/var/lib/oneclick.db" }],
  [{ APP_NAME: ` ${"ß".repeat(64)} ` }, { appName: "ß".repeat(64) }],
  [{ HOST: "::" }, { host: "::" }],
  [{ AMAZON_KEEP_REFRESH_TOKEN: "true" }, { keepRefreshToken: true }],
  [{ AMAZON_KEEP_REFRESH_TOKEN: "false" }, { keepRefreshToken: false }],
  [{ HOST: "[::1]" }, { host: "::1" }],
  [{ HOST: "localhost" }, { host: "localhost" }],
]);

testRefused([
  [{ AMAZON_KEEP_REFRESH_TOKEN: "yes" }, "AMAZON_KEEP_REFRESH_TOKEN must be true or false"],
  ...["http://x", "a b", "a/b", "a,b"].map((HOST): Refused => [
    { HOST },
    "HOST must be a name or an address to listen on, such as 0.0.0.0",
  ]),
  [{ APP_NAME: " " }, "APP_NAME must not be blank"],
  [{ APP_NAME: "ß".repeat(65) }, "APP_NAME must have at most 64 characters"],
  [{ APP_NAME: "One\u202eclick" }, "APP_NAME must not have invisible characters"],
  [{ APP_NAME: '"Oneclick"' }, "APP_NAME must not be in quotes"],
  [{ AMAZON_CLIENT_SECRET: "'foosecret'" }, "AMAZON_CLIENT_SECRET must not be in quotes"],
  [{ APP_NAME: "One\r\nclick" }, "APP_NAME must not have control characters"],
  [{ AMAZON_TIMEOUT_MS: "6001" }, "AMAZON_DEADLINE_MS must not be less than AMAZON_TIMEOUT_MS"],
  [{ MAIL_URL: "smtp://mail.example" }, "MAIL_URL and MAIL_FROM must be set together"],
  [{ MAIL_FROM: "a@app.example" }, "MAIL_URL and MAIL_FROM must be set together"],
]);

Deno.test("parseConfig reports all faults together", () => {
  const error = assertThrows(
    () => parseConfig({ PORT: "http", TRUST_PROXY: "yes", LOG_LEVEL: "loud", AMAZON_TIMEOUT_MS: "1" }),
    ConfigError,
  );
  assertEquals(error.faults.toSorted(), [
    `AMAZON_CLIENT_ID is missing: ${CLIENT_HINT}`,
    `AMAZON_CLIENT_SECRET is missing: ${CLIENT_HINT}`,
    "AMAZON_TIMEOUT_MS must be from 10 to 60000",
    'DATA_KEYS is missing: make one with: echo "k1:$(openssl rand -base64 32)"',
    "LOG_LEVEL must be debug, info, warning or error",
    "PORT must be a whole number",
    "PUBLIC_URL is missing: the https:// URL of this service",
    "TRUST_PROXY must be true, false, the number of proxies (0 to 9), or networks like 10.0.0.0/8,fd00::/8",
  ]);
  for (const fault of error.faults) assert(error.message.includes(`\n  - ${fault}`), fault);
});

Deno.test("parseConfig reports no value of any variable", () => {
  const names = [...Object.keys(LEAST), ...OPTIONAL];
  const canary = fc.stringMatching(/^[a-z0-9]{12}$/).map((text) => `canary${text}`);
  const value = canary.chain((text) =>
    fc.constantFrom(
      text,
      `https://${text}:${text}@${text}.example/?${text}#${text}`,
      `http://${text}.example`,
      `${text}:${BASE64},${text}:${BASE64}`,
      `k1:${text}`,
      `{"${text}":{"client_id":"${text}","client_secret":1,"${text}":2}}`,
      `{"${text}"`,
      text.repeat(30),
    )
  );
  const environment = fc.dictionary(fc.constantFrom(...names), value, { minKeys: 1 });
  let refused = 0;
  fc.assert(
    fc.property(environment, (env) => {
      try {
        parseConfig({ ...LEAST, ...env });
      } catch (error) {
        refused++;
        assert(error instanceof ConfigError);
        const reported = `${error.message}\n${error.stack}\n${Deno.inspect(error)}\n${JSON.stringify(error)}`;
        assertEquals(/canary/.test(reported), false, reported);
        // The values of correct variables are not reported either.
        assertEquals(reported.includes("foosecret") || reported.includes(BASE64), false, reported);
      }
    }),
    { numRuns: 500 },
  );
  assert(refused > 250, `only ${refused} were refused`);
});
