/** The data keys in the environment. */
import { BASE64, BYTES, type Refused, testAccepted, testRefused } from "../../support/config_cases.ts";

const HINT = 'make one with: echo "k1:$(openssl rand -base64 32)"';
const FOUR = ["a", "b", "c", "d".repeat(32)];

testAccepted([
  [{ DATA_KEYS: `new_1:${BASE64}, old-2:${BASE64}` }, {
    dataKeys: [{ id: "new_1", secret: BYTES }, { id: "old-2", secret: BYTES }],
  }],
  [{ DATA_KEYS: FOUR.map((id) => `${id}:${BASE64}`).join() }, {
    dataKeys: FOUR.map((id) => ({ id, secret: BYTES })),
  }],
]);

testRefused([
  [{ DATA_KEYS: "" }, `DATA_KEYS is missing: ${HINT}`],
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
    .map((keys): Refused => [
      { DATA_KEYS: keys },
      `DATA_KEYS must be id:base64(32 bytes), comma-separated: ${HINT}`,
    ]),
  [{ DATA_KEYS: `k1:${BASE64},k1:${BASE64}` }, "DATA_KEYS has two keys of one id"],
  [
    { DATA_KEYS: ["a", "b", "c", "d", "e"].map((id) => `${id}:${BASE64}`).join() },
    "DATA_KEYS has more than 4 keys: drop those that seal nothing any more",
  ],
]);
