/** The Amazon clients in the environment. */
import { type Refused, testAccepted, testRefused } from "../../support/config_cases.ts";

const ONE = { client_id: "foodev", client_secret: "foosecret" };
const MISSING =
  "is missing: take it from the app's security profile in the Amazon developer console, or set AMAZON_CLIENTS for several apps";

testAccepted([
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
]);

testRefused([
  [{ AMAZON_CLIENT_ID: undefined }, `AMAZON_CLIENT_ID ${MISSING}`],
  [{ AMAZON_CLIENT_SECRET: "" }, `AMAZON_CLIENT_SECRET ${MISSING}`],
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
  ...[
    "{",
    "null",
    "[]",
    "{}",
    '{"tv":{}}',
    '{"tv":null}',
    '{"":{"client_id":"a","client_secret":"b"}}',
    JSON.stringify({ "living room": ONE }),
    JSON.stringify({ ["t".repeat(33)]: ONE }),
    JSON.stringify({ tv: { ...ONE, client_id: "" } }),
    JSON.stringify({ tv: { ...ONE, client_secret: 1 } }),
    JSON.stringify({ tv: { ...ONE, client_secret: "s".repeat(257) } }),
    JSON.stringify({ tv: { ...ONE, secret: "x" } }),
  ].map((json): Refused => [
    { AMAZON_CLIENT_ID: "", AMAZON_CLIENT_SECRET: "", AMAZON_CLIENTS: json },
    'AMAZON_CLIENTS must be JSON like {"tv":{"client_id":"…","client_secret":"…"}}',
  ]),
]);
