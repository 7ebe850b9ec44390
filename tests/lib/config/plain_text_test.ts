/** Characters that got into a variable by mistake: each variable, each kind of character. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ConfigError, parseConfig, VARIABLES } from "../../../lib/config/config.ts";
import { BASE64, LEAST } from "../../support/config_cases.ts";

/** A value of each variable that has no default of its own. */
const VALUES: Record<string, string> = {
  ...LEAST,
  AMAZON_BASE_URL: "https://amazon.example",
  AMAZON_TOKEN_REQUEST: "form",
  AMAZON_PROFILE_REQUEST: "header",
  KV_PATH: "/var/lib/oneclick.kv",
  REGISTRATION: "open",
  TRUST_PROXY: "10.0.0.0/8,192.0.2.1",
  HOST: "localhost",
  LOG_LEVEL: "info",
  BRANCH_DELIVERY: "off",
  MAIL_URL: "smtps://user:password@mail.example",
  MAIL_FROM: "hello@app.example",
  APP_LOGO_URL: "https://app.example/logo.png",
  APP_COLOR: "#0a5c7a",
  SUPPORT_URL: "https://app.example/help",
  WEBHOOK_URL: "https://app.example/events",
  WEBHOOK_SECRET: `whsec_${BASE64}`,
  APPSTORE_SHARED_SECRET: "2:smXBjZkWCxDMSBvQ8HBGsUS1PK3jvVc8tuTjLNfPHfYAga6WaDzXJPoWpfemXaHg",
  RVS_SANDBOX: "true",
  RECEIPT_SIGN_IN: "on",
  APPSTORE_ACKNOWLEDGE: "true",
  RTN_TOPIC_ARN: "arn:aws:sns:us-east-1:123456789012:name",
  RTN_CERTIFICATE_URL: "https://app.example/certificate.pem",
  AMAZON_KEEP_REFRESH_TOKEN: "false",
  ACCESS_TOKEN_AUDIENCES: "https://api.example.com",
  CORS_ORIGINS: "https://tv.example.com",
};
const NUMBERS = /_MS$|_HOURS$|_DAYS$|_MINUTES?$|_IN_FLIGHT$|^PORT$/;
const SECRETS = [
  "AMAZON_CLIENT_ID",
  "AMAZON_CLIENT_SECRET",
  "APPSTORE_SHARED_SECRET",
  "DATA_KEYS",
  "WEBHOOK_SECRET",
];
/** Variables that take space around their value. */
const TRIMMED = ["APP_COLOR", "MAIL_FROM", "ACCESS_TOKEN_AUDIENCES"];
/** JSON, and a name of any script. */
const EXEMPT = ["AMAZON_CLIENTS", "SIGNING_KEYS", "APP_NAME"];

const spoil: [what: string, (value: string) => string][] = [
  ["a line feed behind it", (value) => `${value}\n`],
  ["a CRLF behind it", (value) => `${value}\r\n`],
  ["a byte order mark before it", (value) => `\ufeff${value}`],
  ["a NUL behind it", (value) => `${value}\0`],
  ["a zero-width space in it", (value) => `${value.slice(0, 2)}\u200b${value.slice(2)}`],
  ["a blank before it", (value) => ` ${value}`],
  ["quotes around it", (value) => `"${value}"`],
  ["apostrophes around it", (value) => `'${value}'`],
  ["a no-break space behind it", (value) => `${value}\u00a0`],
];

for (const name of VARIABLES.filter((name) => !EXEMPT.includes(name))) {
  Deno.test(`parseConfig refuses stray characters in ${name}`, () => {
    assert(NUMBERS.test(name) || name in VALUES, `VALUES needs a value of ${name}`);
    const value = NUMBERS.test(name) ? (name === "AMAZON_DEADLINE_MS" ? "9000" : "60") : VALUES[name] ?? "";
    const others = Object.fromEntries(
      Object.entries(VALUES).filter(([other]) => VARIABLES.includes(other)),
    );
    parseConfig({ ...others, [name]: value });
    for (const [what, change] of spoil) {
      if (TRIMMED.includes(name) && /before|behind/.test(what)) continue;
      const error = assertThrows(() => parseConfig({ ...others, [name]: change(value) }), ConfigError);
      assert(error.faults.every((fault) => fault.startsWith(`${name} `)), `${what}: ${error.message}`);
    }
  });
}

for (const name of SECRETS) {
  Deno.test(`parseConfig refuses ${name} with a character beyond ASCII or a blank in it`, () => {
    for (const stray of ["\u00e9", "\u2013", "\u201c", " "]) {
      const value = VALUES[name] ?? "";
      const error = assertThrows(
        () =>
          parseConfig({
            ...LEAST,
            WEBHOOK_URL: "https://a.example/",
            WEBHOOK_SECRET: VALUES.WEBHOOK_SECRET,
            [name]: value.slice(0, 8) + stray + value.slice(8),
          }),
        ConfigError,
      );
      assertEquals(error.faults.map((fault) => fault.split(" ")[0]), [name]);
    }
  });
}

Deno.test("parseConfig refuses ids and secrets with stray characters in AMAZON_CLIENTS, and takes JSON on several lines", () => {
  const { AMAZON_CLIENT_ID: _id, AMAZON_CLIENT_SECRET: _secret, ...rest } = LEAST;
  const clients = (client: Record<string, string>) => JSON.stringify({ tv: client }, null, 2) + "\n";
  const good = { client_id: "a", client_secret: "b", shared_secret: "c" };
  assertEquals(parseConfig({ ...rest, AMAZON_CLIENTS: clients(good) }).amazonClients.length, 1);
  for (const name of Object.keys(good)) {
    for (const value of ["a\n", "\ufeffa", " a", "a b", "\u00e9"]) {
      const error = assertThrows(
        () => parseConfig({ ...rest, AMAZON_CLIENTS: clients({ ...good, [name]: value }) }),
        ConfigError,
      );
      assertEquals(error.faults, [
        "AMAZON_CLIENTS has an id or a secret with characters that are not visible ASCII: look for a blank or a line feed",
      ]);
    }
  }
});
