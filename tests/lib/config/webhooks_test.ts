/** The settings of webhooks in the environment. */
import { type Accepted, type Refused, testAccepted, testRefused } from "../../support/config_cases.ts";

const URL_ = "https://hooks.example/";
const secret = (bytes: number) => `whsec_${new Uint8Array(bytes).fill(7).toBase64()}`;
const SECRET_FAULT =
  'WEBHOOK_SECRET must be whsec_ and base64 of 24 to 64 bytes, comma-separated: make one with: echo "whsec_$(openssl rand -base64 32)"';

testAccepted([
  ...([24, 32, 64].map((bytes): Accepted => [
    { WEBHOOK_URL: URL_, WEBHOOK_SECRET: secret(bytes) },
    { webhook: { url: URL_, secrets: [new Uint8Array(bytes).fill(7)] } },
  ])),
  [
    { WEBHOOK_URL: URL_, WEBHOOK_SECRET: `${secret(24)}, ${secret(32)}` },
    { webhook: { url: URL_, secrets: [new Uint8Array(24).fill(7), new Uint8Array(32).fill(7)] } },
  ],
  ...[
    "https://hooks.example/a/b/?token=x&y=1",
    "http://localhost:9000/hook",
    "http://127.0.0.1/",
    "http://[::1]:1/",
  ].map((url): Accepted => [
    { WEBHOOK_URL: url, WEBHOOK_SECRET: secret(24) },
    { webhook: { url, secrets: [new Uint8Array(24).fill(7)] } },
  ]),
]);

testRefused([
  ...["http://hooks.example/", "hooks.example", "ftp://localhost/", "http://10.0.0.1/", "https:///"].map(
    (url): Refused => [
      { WEBHOOK_URL: url, WEBHOOK_SECRET: secret(24) },
      "WEBHOOK_URL must be an https:// URL (http:// only for this machine itself)",
    ],
  ),
  ...["https://u:p@hooks.example/", "https://u@hooks.example/", "https://hooks.example/#a"].map(
    (url): Refused => [
      { WEBHOOK_URL: url, WEBHOOK_SECRET: secret(24) },
      "WEBHOOK_URL must not have a fragment or a user",
    ],
  ),
  ...[
    secret(23),
    secret(65),
    secret(32).slice("whsec_".length),
    "whsec_",
    "whsec_$$$",
    `${secret(32)},`,
    `${secret(32)};${secret(24)}`,
    `whsek_${"A".repeat(44)}`,
  ].map((WEBHOOK_SECRET): Refused => [{ WEBHOOK_URL: URL_, WEBHOOK_SECRET }, SECRET_FAULT]),
  [{ WEBHOOK_URL: URL_ }, "WEBHOOK_URL and WEBHOOK_SECRET must be set together"],
  [{ WEBHOOK_SECRET: secret(24) }, "WEBHOOK_URL and WEBHOOK_SECRET must be set together"],
]);
