/** Numbers, words and URLs in the environment. */
import { parseConfig } from "../../../lib/config/config.ts";
import { type Accepted, LEAST, type Refused, testAccepted, testRefused } from "../../support/config_cases.ts";

const { amazon } = parseConfig(LEAST);

testAccepted([
  [{ AMAZON_TIMEOUT_MS: "10" }, { amazon: { ...amazon, timeoutMs: 10 } }],
  [{ AMAZON_TIMEOUT_MS: "60000", AMAZON_DEADLINE_MS: "60000" }, {
    amazon: { ...amazon, timeoutMs: 60_000 },
    amazonDeadlineMs: 60_000,
  }],
  [{ AMAZON_DEADLINE_MS: "120000" }, { amazonDeadlineMs: 120_000 }],
  [{ PASSWORD_NUDGE_AFTER_HOURS: "0" }, { passwordNudgeAfterMs: 0 }],
  [{ PASSWORD_NUDGE_AFTER_HOURS: "8760" }, { passwordNudgeAfterMs: 365 * 86_400_000 }],
  [{ PASSWORD_TRIES_PER_15_MINUTES: "0" }, { passwordTriesPer15Minutes: 0 }],
  [{ SESSION_TTL_DAYS: "1" }, { sessionTtlMs: 86_400_000 }],
  [{ SESSION_TTL_DAYS: "3650" }, { sessionTtlMs: 3650 * 86_400_000 }],
  [{ SESSION_MAX_DAYS: "90" }, { sessionMaxMs: 90 * 86_400_000 }],
  [{ AMAZON_SIGN_INS_PER_MINUTE: "0" }, { amazonSignInsPerMinute: 0 }],
  [{ MAX_SIGN_INS_IN_FLIGHT: "1" }, { maxSignInsInFlight: 1 }],
  [{ PORT: "0" }, { port: 0 }],
  [{ PORT: "65535" }, { port: 65_535 }],
]);

testRefused([
  ...wholeNumber("AMAZON_TIMEOUT_MS", 10, 60_000),
  ...wholeNumber("AMAZON_DEADLINE_MS", 10, 120_000),
  ...wholeNumber("PASSWORD_NUDGE_AFTER_HOURS", 0, 8760),
  ...wholeNumber("PASSWORD_TRIES_PER_15_MINUTES", 0, 1_000_000),
  ...wholeNumber("SESSION_TTL_DAYS", 1, 3650),
  ...wholeNumber("SESSION_MAX_DAYS", 1, 36500),
  ...wholeNumber("AMAZON_SIGN_INS_PER_MINUTE", 0, 1_000_000),
  ...wholeNumber("MAX_SIGN_INS_IN_FLIGHT", 1, 1_000_000),
  ...wholeNumber("PORT", 0, 65_535),
]);

testAccepted([
  [{ AMAZON_TOKEN_REQUEST: "form" }, { amazon: { ...amazon, tokenRequest: "form" } }],
  [{ AMAZON_TOKEN_REQUEST: "query" }, { amazon: { ...amazon, tokenRequest: "query" } }],
  [{ AMAZON_PROFILE_REQUEST: "header" }, { amazon: { ...amazon, profileRequest: "header" } }],
  [{ REGISTRATION: "closed" }, { registration: "closed" }],
  [{ TRUST_PROXY: "true" }, { trustProxy: { hops: 1 } }],
  [{ TRUST_PROXY: "0" }, { trustProxy: { hops: 0 } }],
  [{ TRUST_PROXY: "2" }, { trustProxy: { hops: 2 } }],
  [{ TRUST_PROXY: "10.0.0.0/8, fd00::/8,192.0.2.7" }, {
    trustProxy: {
      networks: [
        { address: 0xffff_0a00_0000n, bits: 104 },
        { address: 0xfd00n << 112n, bits: 8 },
        { address: 0xffff_c000_0207n, bits: 128 },
      ],
    },
  }],
  ...["warn", "WARN", "Warning"].map((LOG_LEVEL): Accepted => [{ LOG_LEVEL }, { logLevel: "warning" }]),
  [{ LOG_LEVEL: "ERROR" }, { logLevel: "error" }],
  [{ LOG_LEVEL: "debug" }, { logLevel: "debug" }],
  [{ LOG_LEVEL: "warning" }, { logLevel: "warning" }],
  [{ LOG_LEVEL: "error" }, { logLevel: "error" }],
]);

testRefused([
  [{ AMAZON_TOKEN_REQUEST: "body" }, "AMAZON_TOKEN_REQUEST must be query or form"],
  [{ AMAZON_PROFILE_REQUEST: "Query" }, "AMAZON_PROFILE_REQUEST must be query or header"],
  [{ REGISTRATION: "off" }, "REGISTRATION must be open or closed"],
  ...[
    "yes",
    "TRUE",
    "10",
    "-1",
    "1.5",
    "10.0.0.0/33",
    "fd00::/129",
    "10.0.0/8",
    "10.0.0.0/8,",
    "proxy.example",
  ].map((
    TRUST_PROXY,
  ): Refused => [
    { TRUST_PROXY },
    "TRUST_PROXY must be true, false, the number of proxies (0 to 9), or networks like 10.0.0.0/8,fd00::/8",
  ]),
  [{ LOG_LEVEL: "trace" }, "LOG_LEVEL must be debug, info, warning or error"],
]);

testAccepted([
  ["http://127.0.0.1:8001/", "http://127.0.0.1:8001"],
  ["https://sandbox.example/a/b//", "https://sandbox.example/a/b"],
].map(([AMAZON_BASE_URL, baseUrl = ""]): Accepted => [
  { AMAZON_BASE_URL },
  { amazon: { ...amazon, baseUrl } },
]));
testAccepted([
  ...([
    ["http://localhost:8000/", "http://localhost:8000"],
    ["http://[::1]:8000", "http://[::1]:8000"],
    ["HTTPS://OneClick.example:8443/sub", "https://oneclick.example:8443/sub"],
  ] as const).map(([PUBLIC_URL, publicUrl]): Accepted => [
    { PUBLIC_URL },
    { publicUrl, accessTokens: { keys: [], audiences: [publicUrl] } },
  ]),
]);

testRefused([
  ...[
    "http://appstore-sdk.amazon.com",
    "appstore-sdk.amazon.com",
    "ftp://localhost",
    "http://localhost.example",
    "https://",
  ]
    .map((url): Refused => [{ AMAZON_BASE_URL: url }, notHttps("AMAZON_BASE_URL")]),
  ...["https://a.example/?x=1", "https://a.example/#x", "https://user@a.example", "https://:pass@a.example"]
    .map((url): Refused => [{ AMAZON_BASE_URL: url }, notPlain("AMAZON_BASE_URL")]),
  [{ PUBLIC_URL: undefined }, "PUBLIC_URL is missing: the https:// URL of this service"],
  [{ PUBLIC_URL: "http://oneclick.example" }, notHttps("PUBLIC_URL")],
  [{ PUBLIC_URL: "https://oneclick.example?x" }, notPlain("PUBLIC_URL")],
]);

function wholeNumber(name: string, least: number, most: number): Refused[] {
  const bounds = `${name} must be from ${least} to ${most}`;
  const texts = ["-1", "1.5", "1e3", " 10", "0x10", "ten", "1000000000"];
  return [
    ...(least === 0 ? [] : [[{ [name]: String(least - 1) }, bounds] as const]),
    [{ [name]: String(most + 1) }, bounds],
    ...texts.map((text): Refused => [{ [name]: text }, `${name} must be a whole number`]),
  ];
}

function notHttps(name: string): string {
  return `${name} must be an https:// URL (http:// only for this machine itself)`;
}

function notPlain(name: string): string {
  return `${name} must not have a query, a fragment or a user`;
}
