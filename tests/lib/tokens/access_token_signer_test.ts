/** Access tokens as RFC 9068 says, signed with the example key of RFC 8037. */
import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { decodeProtectedHeader, importJWK, jwtVerify } from "jose";
import { AccessTokenSigner } from "../../../lib/tokens/access_token_signer.ts";
import { publicKeyOf, publicPartOf } from "../../../lib/tokens/signing_keys.ts";
import { KEYS } from "../../support/signing_keys.ts";

const AT = Date.parse("2026-11-22T10:00:00.999Z");
const CLAIMS = {
  issuer: "https://signin.example",
  accountId: "acc_1",
  sessionId: "ses_1",
  audience: "https://api.example.com",
  app: "tv",
  entitlements: ["com.example.premium"],
  at: AT,
};

Deno.test("an access token has the header and the claims of RFC 9068, and no others", async () => {
  const signer = new AccessTokenSigner(KEYS[0]);
  const [token, other] = [await signer.sign(CLAIMS), await signer.sign(CLAIMS)];
  assertEquals(decodeProtectedHeader(token), { alg: "EdDSA", typ: "at+jwt", kid: "2026-11" });
  const key = await importJWK(publicKeyOf(KEYS[0]), "EdDSA");
  const { payload: { jti, ...payload } } = await jwtVerify(token, key, { currentDate: new Date(AT) });
  const iat = Math.floor(AT / 1000);
  assertEquals(payload, {
    iss: CLAIMS.issuer,
    sub: "acc_1",
    sid: "ses_1",
    aud: CLAIMS.audience,
    client_id: "tv",
    iat,
    exp: iat + 600,
    entitlements: ["com.example.premium"],
  });
  assertMatch(String(jti), /^[\w-]{43}$/);
  assertNotEquals(token, other);
});

Deno.test("publicKeyOf() has no private part", () => {
  for (const key of KEYS) {
    const { kid, x } = key;
    assertEquals(publicKeyOf(key), { kty: "OKP", crv: "Ed25519", x, kid, use: "sig", alg: "EdDSA" });
  }
});

Deno.test("publicPartOf() computes the public part of a key, and of nothing else", () => {
  assertEquals(KEYS.map(({ d }) => publicPartOf(d)), KEYS.map(({ x }) => x));
  assertEquals(publicPartOf("abc"), null);
});
