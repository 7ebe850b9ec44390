/** The settings of access tokens in the environment. */
import { type Accepted, type Refused, testAccepted, testRefused } from "../../support/config_cases.ts";
import { KEYS, signingKeys } from "../../support/signing_keys.ts";

const OWN = ["https://oneclick.example"];
const kept = ({ kid, d, x }: (typeof KEYS)[0 | 1]) => ({ kid, d, x });
const [first, second] = KEYS;
const NOT_KEYS =
  "SIGNING_KEYS must be a JSON array of private Ed25519 JWKs with kty, crv, kid, d and x: make one with: deno task keys";
const refused = (keys: unknown, fault: string): Refused => [{ SIGNING_KEYS: JSON.stringify(keys) }, fault];

testAccepted([
  [{ SIGNING_KEYS: signingKeys(0) }, { accessTokens: { keys: [kept(first)], audiences: OWN } }],
  [{ SIGNING_KEYS: signingKeys(1, 0) }, {
    accessTokens: { keys: [kept(second), kept(first)], audiences: OWN },
  }],
  [
    {
      SIGNING_KEYS: JSON.stringify([{ ...first, x: undefined, alg: "EdDSA", use: "sig", key_ops: ["sign"] }]),
    },
    { accessTokens: { keys: [kept(first)], audiences: OWN } },
  ],
  ...([["https://api.example.com", "shop"], ["urn:example:a"]] as const).flatMap((audiences): Accepted[] => [
    [{ ACCESS_TOKEN_AUDIENCES: audiences.join(",") }, { accessTokens: { keys: [], audiences } }],
    [{ ACCESS_TOKEN_AUDIENCES: ` ${audiences.join(" , ")} ` }, { accessTokens: { keys: [], audiences } }],
  ]),
]);

testRefused([
  ...[[], {}, "x", null, [{}], [{ ...first, kty: "EC" }], [{ ...first, crv: "X25519" }], [{
    ...first,
    d: undefined,
  }]]
    .map((keys) => refused(keys, NOT_KEYS)),
  ...[{ ...first, kid: "" }, { ...first, kid: "a b" }, { ...first, kid: undefined }, { ...first, d: "abc" }]
    .map((key) => refused([key], NOT_KEYS)),
  [{ SIGNING_KEYS: "not JSON" }, NOT_KEYS],
  refused(
    [{ ...first, x: second.x }],
    "SIGNING_KEYS has a key whose x does not belong to its d: make one with: deno task keys",
  ),
  refused([first, { ...second, kid: first.kid }], "SIGNING_KEYS has two keys of one kid"),
  ...[",", "a,,b", "a b", "ä", "a".repeat(257)].map((ACCESS_TOKEN_AUDIENCES): Refused => [
    { ACCESS_TOKEN_AUDIENCES },
    "ACCESS_TOKEN_AUDIENCES must be audiences of 1 to 256 visible ASCII characters, comma-separated",
  ]),
]);
