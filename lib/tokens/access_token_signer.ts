/**
 * Signs access tokens: JWTs for the app's other back ends, as RFC 9068 says.
 *
 * @module
 */
import type { CryptoKey } from "jose";
import { newSecret } from "../base/ids.ts";
import type { SigningKey } from "./signing_keys.ts";

/** Seconds for which an access token is valid. */
export const ACCESS_TOKEN_SECONDS = 600;

/** What an access token says. No personal data. */
export interface AccessTokenClaims {
  /** `iss`: the URL of this service. */
  readonly issuer: string;
  /** `sub`: the id of the account. */
  readonly accountId: string;
  /** `sid`: the id of the session. */
  readonly sessionId: string;
  /** `aud`: the back end that it is for. */
  readonly audience: string;
  /** `client_id`: the name of the app. */
  readonly app: string;
  /** `entitlements`: the products that the account may use now. */
  readonly entitlements: readonly string[];
  /** `iat`: the time now, in milliseconds since the epoch. */
  readonly at: number;
}

/** Signs with the first key of the operator. */
export class AccessTokenSigner {
  readonly #key: SigningKey;
  #imported: Promise<(claims: AccessTokenClaims) => Promise<string>> | null = null;

  /** Creates the signer of a key. */
  constructor(key: SigningKey) {
    this.#key = key;
  }

  /** Signs a token. The library and the key are imported with the first one. */
  async sign(claims: AccessTokenClaims): Promise<string> {
    this.#imported ??= importSigner(this.#key);
    return await (await this.#imported)(claims);
  }
}

async function importSigner(
  { kid, d, x }: SigningKey,
): Promise<(claims: AccessTokenClaims) => Promise<string>> {
  const [{ importJWK }, { SignJWT }] = await Promise.all([
    import("jose/key/import"),
    import("jose/jwt/sign"),
  ]);
  const key = await importJWK({ kty: "OKP", crv: "Ed25519", d, x }, "EdDSA") as CryptoKey;
  return ({ issuer, accountId, sessionId, audience, app, entitlements, at }) => {
    const seconds = Math.floor(at / 1000);
    return new SignJWT({ sid: sessionId, client_id: app, entitlements })
      .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid })
      .setIssuer(issuer)
      .setSubject(accountId)
      .setAudience(audience)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + ACCESS_TOKEN_SECONDS)
      .setJti(newSecret())
      .sign(key);
  };
}
