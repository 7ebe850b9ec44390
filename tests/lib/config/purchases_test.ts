/** The settings of purchases in the environment. */
import { LEAST, type Refused, testAccepted, testRefused } from "../../support/config_cases.ts";
import { parseConfig } from "../../../lib/config/config.ts";

const OFF = parseConfig(LEAST).purchases;
const CLIENT = { app: "default", clientId: "foodev", clientSecret: "foosecret" };
const TOPIC = "arn:aws:sns:us-east-1:123456789012:rtn";

testAccepted([
  [{ APPSTORE_SHARED_SECRET: "2:s/h" }, { amazonClients: [{ sharedSecret: "2:s/h", ...CLIENT }] }],
  [{
    AMAZON_CLIENT_ID: "",
    AMAZON_CLIENT_SECRET: "",
    APPSTORE_SHARED_SECRET: "all",
    AMAZON_CLIENTS: JSON.stringify({
      tv: { client_id: "a", client_secret: "b", shared_secret: "own" },
      kids: { client_id: "c", client_secret: "d" },
    }),
  }, {
    amazonClients: [
      { app: "tv", clientId: "a", clientSecret: "b", sharedSecret: "own" },
      { app: "kids", clientId: "c", clientSecret: "d", sharedSecret: "all" },
    ],
  }],
  [{ RVS_SANDBOX: "true" }, { purchases: { ...OFF, sandbox: true } }],
  [{ RECEIPT_SIGN_IN: "on" }, { purchases: { ...OFF, receiptSignIn: true } }],
  [{ RECEIPT_CHECK_HOURS: "72" }, { purchases: { ...OFF, checkMs: 72 * 3_600_000 } }],
  [{ APPSTORE_ACKNOWLEDGE: "true" }, { purchases: { ...OFF, acknowledge: true } }],
  [{ RTN_TOPIC_ARN: `${TOPIC}, ${TOPIC}2` }, { purchases: { ...OFF, topics: [TOPIC, `${TOPIC}2`] } }],
  [{ RTN_CERTIFICATE_URL: "http://localhost:1/sns.pem" }, {
    purchases: { ...OFF, certificateUrl: "http://localhost:1/sns.pem" },
  }],
]);

testRefused([
  ...[".", ".."].map((secret): Refused => [
    { APPSTORE_SHARED_SECRET: secret },
    "APPSTORE_SHARED_SECRET must not be . or ..",
  ]),
  [
    { APPSTORE_SHARED_SECRET: "s".repeat(257) },
    "APPSTORE_SHARED_SECRET must have at most 256 characters",
  ],
  [{ RVS_SANDBOX: "yes" }, "RVS_SANDBOX must be true or false"],
  [{ RECEIPT_SIGN_IN: "true" }, "RECEIPT_SIGN_IN must be on or off"],
  [{ RECEIPT_CHECK_HOURS: "0" }, "RECEIPT_CHECK_HOURS must be from 1 to 720"],
  [{ APPSTORE_ACKNOWLEDGE: "on" }, "APPSTORE_ACKNOWLEDGE must be true or false"],
  [
    { RTN_TOPIC_ARN: "rtn" },
    "RTN_TOPIC_ARN must be ARNs of SNS topics, comma-separated: arn:aws:sns:us-east-1:123456789012:name",
  ],
  [
    { RTN_CERTIFICATE_URL: "http://example.com/sns.pem" },
    "RTN_CERTIFICATE_URL must be an https:// URL (http:// only for this machine itself)",
  ],
]);
