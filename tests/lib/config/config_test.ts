import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Config, ConfigError, type Environment, parseConfig } from "../../../lib/config/config.ts";

/** 32 bytes in base64, and the bytes. */
const BASE64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const BYTES = Uint8Array.from({ length: 32 }, (_, i) => i);

/** What is required and nothing else. */
const LEAST: Environment = {
  AMAZON_CLIENT_ID: "foodev",
  AMAZON_CLIENT_SECRET: "foosecret",
  DATA_KEYS: `k1:${BASE64}`,
  PUBLIC_URL: "https://oneclick.example",
};

const ONE = { client_id: "foodev", client_secret: "foosecret" };
const CLIENT_MISSING =
  "is missing: take it from the app's security profile in the Amazon developer console, or set AMAZON_CLIENTS for several apps";
const CLIENTS_FAULT = 'AMAZON_CLIENTS must be JSON like {"tv":{"client_id":"…","client_secret":"…"}}';
const KEYS_HINT = 'make one with: echo "k1:$(openssl rand -base64 32)"';
const KEYS_FAULT = `DATA_KEYS must be id:base64(32 bytes), comma-separated: ${KEYS_HINT}`;
const notHttps = (name: string) => `${name} must be an https:// URL (http:// only for this machine itself)`;
const notPlain = (name: string) => `${name} must not have a query, a fragment or a user`;

Deno.test("parseConfig needs a client, a key and a URL, and has a default for all else", () => {
  const defaults: Config = {
    amazonClients: [{ app: "default", clientId: "foodev", clientSecret: "foosecret" }],
    amazonBaseUrl: "https://appstore-sdk.amazon.com",
    amazonTokenRequest: "query",
    amazonProfileRequest: "query",
    amazonTimeoutMs: 2500,
    amazonDeadlineMs: 6000,
    dataKeys: [{ id: "k1", secret: BYTES }],
    kvPath: undefined,
    publicUrl: "https://oneclick.example",
    appName: "Oneclick",
    mail: null,
    passwordNudgeAfterMs: 86_400_000,
    registration: "open",
    passwordTriesPer15Minutes: 10,
    sessionTtlMs: 365 * 86_400_000,
    amazonSignInsPerMinute: 60,
    maxSignInsInFlight: 512,
    trustProxy: false,
    port: 8000,
    host: "0.0.0.0",
    logLevel: "info",
  };
  assertEquals(parseConfig(LEAST), defaults);
});

Deno.test("parseConfig takes a variable that is empty for one that is not set", () => {
  const optional =
    "AMAZON_CLIENTS AMAZON_BASE_URL AMAZON_TOKEN_REQUEST AMAZON_PROFILE_REQUEST AMAZON_TIMEOUT_MS " +
    "AMAZON_DEADLINE_MS KV_PATH APP_NAME MAIL_URL MAIL_FROM PASSWORD_NUDGE_AFTER_HOURS REGISTRATION PASSWORD_TRIES_PER_15_MINUTES SESSION_TTL_DAYS AMAZON_SIGN_INS_PER_MINUTE MAX_SIGN_INS_IN_FLIGHT TRUST_PROXY " +
    "PORT HOST LOG_LEVEL";
  const empty = Object.fromEntries(optional.split(" ").map((name) => [name, ""]));
  assertEquals(parseConfig({ ...LEAST, ...empty }), parseConfig(LEAST));
});

Deno.test("parseConfig passes over variables that are not its own", () => {
  assertEquals(parseConfig({ ...LEAST, PATH: "/bin", AMAZON: "x" }), parseConfig(LEAST));
});

/** One variable or several over the least, and what of the configuration they come to. */
const VALID: readonly [Environment, Partial<Config>][] = [
  [{ AMAZON_CLIENT_ID: "i".repeat(256), AMAZON_CLIENT_SECRET: "s".repeat(256) }, {
    amazonClients: [{ app: "default", clientId: "i".repeat(256), clientSecret: "s".repeat(256) }],
  }],
  [{
    AMAZON_CLIENT_ID: "",
    AMAZON_CLIENT_SECRET: "",
    AMAZON_CLIENTS: JSON.stringify({ tv: ONE, "Kids_2-x": ONE }),
  }, {
    amazonClients: [
      { app: "tv", clientId: "foodev", clientSecret: "foosecret" },
      { app: "Kids_2-x", clientId: "foodev", clientSecret: "foosecret" },
    ],
  }],
  [{ AMAZON_BASE_URL: "http://127.0.0.1:8001/" }, { amazonBaseUrl: "http://127.0.0.1:8001" }],
  [{ AMAZON_BASE_URL: "https://sandbox.example/a/b//" }, { amazonBaseUrl: "https://sandbox.example/a/b" }],
  [{ AMAZON_TOKEN_REQUEST: "form" }, { amazonTokenRequest: "form" }],
  [{ AMAZON_TOKEN_REQUEST: "query" }, { amazonTokenRequest: "query" }],
  [{ AMAZON_PROFILE_REQUEST: "header" }, { amazonProfileRequest: "header" }],
  [{ AMAZON_TIMEOUT_MS: "10" }, { amazonTimeoutMs: 10 }],
  [{ AMAZON_TIMEOUT_MS: "60000", AMAZON_DEADLINE_MS: "60000" }, {
    amazonTimeoutMs: 60_000,
    amazonDeadlineMs: 60_000,
  }],
  [{ AMAZON_DEADLINE_MS: "120000" }, { amazonDeadlineMs: 120_000 }],
  [{ DATA_KEYS: `new_1:${BASE64}, old-2:${BASE64}` }, {
    dataKeys: [{ id: "new_1", secret: BYTES }, { id: "old-2", secret: BYTES }],
  }],
  [{ DATA_KEYS: ["a", "b", "c", "d".repeat(32)].map((id) => `${id}:${BASE64}`).join() }, {
    dataKeys: ["a", "b", "c", "d".repeat(32)].map((id) => ({ id, secret: BYTES })),
  }],
  [{ KV_PATH: "/var/lib/oneclick.db" }, { kvPath: "/var/lib/oneclick.db" }],
  [{ PUBLIC_URL: "http://localhost:8000/" }, { publicUrl: "http://localhost:8000" }],
  [{ PUBLIC_URL: "http://[::1]:8000" }, { publicUrl: "http://[::1]:8000" }],
  [{ PUBLIC_URL: "HTTPS://OneClick.example:8443/sub" }, { publicUrl: "https://oneclick.example:8443/sub" }],
  [{ APP_NAME: ` ${"ß".repeat(64)} ` }, { appName: "ß".repeat(64) }],
  ...([
    ["smtp://mail.example", { url: "smtp://mail.example", user: "", password: "" }],
    ["smtps://mail.example:2465/", { url: "smtps://mail.example:2465", user: "", password: "" }],
    ["smtp://u%40app:p%2F%3A%25@mail.example", {
      url: "smtp://mail.example",
      user: "u@app",
      password: "p/:%",
    }],
    ["smtp://[::1]:25", { url: "smtp://[::1]:25", user: "", password: "" }],
    ["https://:re_key@api.resend.com/", { url: "https://api.resend.com", user: "", password: "re_key" }],
    ["http://:k@localhost:8000/dev/mail", { url: "http://localhost:8000/dev/mail", user: "", password: "k" }],
  ] as const).map(([MAIL_URL, server]): [Environment, Partial<Config>] => [
    { MAIL_URL, MAIL_FROM: "a@app.example" },
    { mail: { server, from: { name: "", address: "a@app.example" } } },
  ]),
  ...([
    ["My App <hello@app.example>", "My App", "hello@app.example"],
    ['  "App, Inc. (TV)"  <hello@app.example> ', "App, Inc. (TV)", "hello@app.example"],
    ["<hello@app.example>", "", "hello@app.example"],
    ["Käse 🧀 <Grüße@Bücher.example>", "Käse 🧀", "Grüße@xn--bcher-kva.example"],
  ] as const).map(([MAIL_FROM, name, address]): [Environment, Partial<Config>] => [
    { MAIL_URL: "smtp://mail.example", MAIL_FROM },
    { mail: { server: { url: "smtp://mail.example", user: "", password: "" }, from: { name, address } } },
  ]),
  [{ PASSWORD_NUDGE_AFTER_HOURS: "0" }, { passwordNudgeAfterMs: 0 }],
  [{ PASSWORD_NUDGE_AFTER_HOURS: "8760" }, { passwordNudgeAfterMs: 365 * 86_400_000 }],
  [{ REGISTRATION: "closed" }, { registration: "closed" }],
  [{ PASSWORD_TRIES_PER_15_MINUTES: "0" }, { passwordTriesPer15Minutes: 0 }],
  [{ SESSION_TTL_DAYS: "1" }, { sessionTtlMs: 86_400_000 }],
  [{ SESSION_TTL_DAYS: "3650" }, { sessionTtlMs: 3650 * 86_400_000 }],
  [{ AMAZON_SIGN_INS_PER_MINUTE: "0" }, { amazonSignInsPerMinute: 0 }],
  [{ MAX_SIGN_INS_IN_FLIGHT: "1" }, { maxSignInsInFlight: 1 }],
  [{ TRUST_PROXY: "true" }, { trustProxy: true }],
  [{ PORT: "0" }, { port: 0 }],
  [{ PORT: "65535" }, { port: 65_535 }],
  [{ HOST: "::" }, { host: "::" }],
  [{ LOG_LEVEL: "debug" }, { logLevel: "debug" }],
  [{ LOG_LEVEL: "warning" }, { logLevel: "warning" }],
  [{ LOG_LEVEL: "error" }, { logLevel: "error" }],
];

for (const [env, expected] of VALID) {
  Deno.test(`parseConfig takes ${summary(env)}`, () => {
    assertEquals(parseConfig({ ...LEAST, ...env }), { ...parseConfig(LEAST), ...expected });
  });
}

/** One variable or several over the least, and the only fault that is found. */
const FAULTS: readonly [Environment, string][] = [
  [{ AMAZON_CLIENT_ID: undefined }, `AMAZON_CLIENT_ID ${CLIENT_MISSING}`],
  [{ AMAZON_CLIENT_SECRET: "" }, `AMAZON_CLIENT_SECRET ${CLIENT_MISSING}`],
  [
    { AMAZON_CLIENT_SECRET: "", AMAZON_CLIENTS: JSON.stringify({ tv: ONE }) },
    `AMAZON_CLIENT_ID must not be set beside AMAZON_CLIENTS`,
  ],
  [
    { AMAZON_CLIENT_ID: "", AMAZON_CLIENTS: JSON.stringify({ tv: ONE }) },
    `AMAZON_CLIENT_SECRET must not be set beside AMAZON_CLIENTS`,
  ],
  [{ AMAZON_CLIENT_ID: "i".repeat(257) }, "AMAZON_CLIENT_ID must have at most 256 characters"],
  [{ AMAZON_CLIENT_SECRET: "s".repeat(257) }, "AMAZON_CLIENT_SECRET must have at most 256 characters"],
  ...["{", "null", "[]", "{}", '{"tv":{}}', '{"tv":null}', '{"":{"client_id":"a","client_secret":"b"}}']
    .map(clientsFault),
  clientsFault(JSON.stringify({ "living room": ONE })),
  clientsFault(JSON.stringify({ ["t".repeat(33)]: ONE })),
  clientsFault(JSON.stringify({ tv: { ...ONE, client_id: "" } })),
  clientsFault(JSON.stringify({ tv: { ...ONE, client_secret: 1 } })),
  clientsFault(JSON.stringify({ tv: { ...ONE, client_secret: "s".repeat(257) } })),
  clientsFault(JSON.stringify({ tv: { ...ONE, secret: "x" } })),
  ...[
    "http://appstore-sdk.amazon.com",
    "appstore-sdk.amazon.com",
    "ftp://localhost",
    "http://localhost.example",
    "https://",
  ]
    .map((url): [Environment, string] => [{ AMAZON_BASE_URL: url }, notHttps("AMAZON_BASE_URL")]),
  ...["https://a.example/?x=1", "https://a.example/#x", "https://user@a.example", "https://:pass@a.example"]
    .map((url): [Environment, string] => [{ AMAZON_BASE_URL: url }, notPlain("AMAZON_BASE_URL")]),
  [{ AMAZON_TOKEN_REQUEST: "body" }, "AMAZON_TOKEN_REQUEST must be query or form"],
  [{ AMAZON_PROFILE_REQUEST: "Query" }, "AMAZON_PROFILE_REQUEST must be query or header"],
  ...wholeNumber("AMAZON_TIMEOUT_MS", 10, 60_000),
  ...wholeNumber("AMAZON_DEADLINE_MS", 10, 120_000),
  [{ AMAZON_TIMEOUT_MS: "6001" }, "AMAZON_DEADLINE_MS must not be less than AMAZON_TIMEOUT_MS"],
  [{ DATA_KEYS: "" }, `DATA_KEYS is missing: ${KEYS_HINT}`],
  ...[
    "k1",
    `k1:${BASE64.slice(1)}`,
    `k1:A${BASE64}`,
    `:${BASE64}`,
    `k 1:${BASE64}`,
    `${"k".repeat(33)}:${BASE64}`,
    `k1:${BASE64},`,
    `k1:${BASE64};k2:${BASE64}`,
    `k1:${BASE64.replace("=", "A")}`,
    `k1:${BASE64.replace("A", "-")}`,
  ]
    .map((keys): [Environment, string] => [{ DATA_KEYS: keys }, KEYS_FAULT]),
  [{ DATA_KEYS: `k1:${BASE64},k1:${BASE64}` }, "DATA_KEYS has two keys of one id"],
  [
    { DATA_KEYS: ["a", "b", "c", "d", "e"].map((id) => `${id}:${BASE64}`).join() },
    "DATA_KEYS has more than 4 keys: drop those that seal nothing any more",
  ],
  [{ PUBLIC_URL: undefined }, "PUBLIC_URL is missing: the https:// URL of this service"],
  [{ PUBLIC_URL: "http://oneclick.example" }, notHttps("PUBLIC_URL")],
  [{ PUBLIC_URL: "https://oneclick.example?x" }, notPlain("PUBLIC_URL")],
  [{ APP_NAME: " " }, "APP_NAME must not be blank"],
  [{ APP_NAME: "ß".repeat(65) }, "APP_NAME must have at most 64 characters"],
  [{ APP_NAME: "One\r\nclick" }, "APP_NAME must not have control characters"],
  ...["mail.example", "ftp://mail.example", "smtp://", "http://mail.example", "smtp:mail.example"].map(
    mailUrlFault("must be smtp://, smtps:// or https:// (http:// only for this machine itself)"),
  ),
  ...["smtp://mail.example?tls=no", "https://:key@mail.example/#x"].map(
    mailUrlFault("must not have a query or a fragment"),
  ),
  ...["smtp://u%ZZ:p@mail.example", "smtp://u:%FF@mail.example"].map(
    mailUrlFault("must have user and password percent-encoded"),
  ),
  ...["smtp://user@mail.example", "smtps://:password@mail.example"].map(
    mailUrlFault("must have both user and password, or neither"),
  ),
  ...["https://api.resend.com", "https://re_key@api.resend.com", "https://user:key@api.resend.com"].map(
    mailUrlFault("must have the key of the mail API as its password: https://:key@api.resend.com"),
  ),
  ...[
    "hello",
    "My App",
    "hello@",
    "a@b@c",
    "My App <hello>",
    "My App <hello@app.example",
    'My "App" <hello@app.example>',
    "My App <a@app.example>, <b@app.example>",
    "My\r\nBcc: x <hello@app.example>",
    "My App <hello@app.example\u0000>",
  ].map((MAIL_FROM): [Environment, string] => [
    { MAIL_URL: "smtp://mail.example", MAIL_FROM },
    "MAIL_FROM must be an address, or a name and an address: My App <hello@example.com>",
  ]),
  [{ MAIL_URL: "smtp://mail.example" }, "MAIL_URL and MAIL_FROM must be set together"],
  [{ MAIL_FROM: "a@app.example" }, "MAIL_URL and MAIL_FROM must be set together"],
  ...wholeNumber("PASSWORD_NUDGE_AFTER_HOURS", 0, 8760),
  [{ REGISTRATION: "off" }, "REGISTRATION must be open or closed"],
  ...wholeNumber("PASSWORD_TRIES_PER_15_MINUTES", 0, 1_000_000),
  ...wholeNumber("SESSION_TTL_DAYS", 1, 3650),
  ...wholeNumber("AMAZON_SIGN_INS_PER_MINUTE", 0, 1_000_000),
  ...wholeNumber("MAX_SIGN_INS_IN_FLIGHT", 1, 1_000_000),
  [{ TRUST_PROXY: "1" }, "TRUST_PROXY must be true or false"],
  ...wholeNumber("PORT", 0, 65_535),
  [{ LOG_LEVEL: "trace" }, "LOG_LEVEL must be debug, info, warning or error"],
];

for (const [env, fault] of FAULTS) {
  Deno.test(`parseConfig refuses ${summary(env)}`, () => {
    const error = assertThrows(() => parseConfig({ ...LEAST, ...env }), ConfigError);
    assertEquals(error.faults, [fault]);
    assertEquals(error.message, `The environment has 1 fault(s):\n  - ${fault}`);
  });
}

Deno.test("parseConfig reports all faults together", () => {
  const error = assertThrows(
    () => parseConfig({ PORT: "http", TRUST_PROXY: "yes", LOG_LEVEL: "loud", AMAZON_TIMEOUT_MS: "1" }),
    ConfigError,
  );
  assertEquals(error.faults.toSorted(), [
    `AMAZON_CLIENT_ID ${CLIENT_MISSING}`,
    `AMAZON_CLIENT_SECRET ${CLIENT_MISSING}`,
    "AMAZON_TIMEOUT_MS must be from 10 to 60000",
    `DATA_KEYS is missing: ${KEYS_HINT}`,
    "LOG_LEVEL must be debug, info, warning or error",
    "PORT must be a whole number",
    "PUBLIC_URL is missing: the https:// URL of this service",
    "TRUST_PROXY must be true or false",
  ]);
  for (const fault of error.faults) assert(error.message.includes(`\n  - ${fault}`), fault);
});

Deno.test("parseConfig never says a value, whatever variable it stands in", () => {
  const names = [...new Set([...VALID, ...FAULTS].flatMap(([env]) => Object.keys(env)))];
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
        const said = `${error.message}\n${error.stack}\n${Deno.inspect(error)}\n${JSON.stringify(error)}`;
        assertEquals(/canary/.test(said), false, said);
        // What was right is not said either.
        assertEquals(said.includes("foosecret") || said.includes(BASE64), false, said);
      }
    }),
    { numRuns: 500 },
  );
  assert(refused > 250, `only ${refused} were refused`);
});

function mailUrlFault(fault: string): (url: string) => [Environment, string] {
  return (url) => [{ MAIL_URL: url, MAIL_FROM: "a@app.example" }, `MAIL_URL ${fault}`];
}

function clientsFault(json: string): [Environment, string] {
  return [{ AMAZON_CLIENT_ID: "", AMAZON_CLIENT_SECRET: "", AMAZON_CLIENTS: json }, CLIENTS_FAULT];
}

function wholeNumber(name: string, least: number, most: number): [Environment, string][] {
  const bounds = `${name} must be from ${least} to ${most}`;
  const texts = ["-1", "1.5", "1e3", " 10", "0x10", "ten", "1000000000"];
  return [
    ...(least === 0 ? [] : [[{ [name]: String(least - 1) }, bounds] as [Environment, string]]),
    [{ [name]: String(most + 1) }, bounds],
    ...texts.map((text): [Environment, string] => [{ [name]: text }, `${name} must be a whole number`]),
  ];
}

function summary(env: Environment): string {
  const text = Object.entries(env).map(([name, value]) => `${name}=${value ?? ""}`).join(" ");
  return text.length > 100 ? `${text.slice(0, 60)}… (${text.length} characters)` : text;
}
