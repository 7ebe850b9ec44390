/**
 * The keys that sign access tokens.
 *
 * @module
 */
import { createPrivateKey, createPublicKey } from "node:crypto";

/** A private key of Ed25519, as a JWK (RFC 8037). */
export interface SigningKey {
  /** The name of the key, by which a verifier finds it. */
  readonly kid: string;
  /** The private part: 32 bytes in base64url. */
  readonly d: string;
  /** The public part: 32 bytes in base64url. */
  readonly x: string;
}

/** A key as it is published. */
export interface PublicKey {
  /** The type of the key. */
  readonly kty: "OKP";
  /** The curve of the key. */
  readonly crv: "Ed25519";
  /** The public part: 32 bytes in base64url. */
  readonly x: string;
  /** The name of the key. */
  readonly kid: string;
  /** What the key is for. */
  readonly use: "sig";
  /** The algorithm of its signatures. */
  readonly alg: "EdDSA";
}

/** Returns what is published of a key: nothing by which somebody could sign. */
export function publicKeyOf({ kid, x }: SigningKey): PublicKey {
  return { kty: "OKP", crv: "Ed25519", x, kid, use: "sig", alg: "EdDSA" };
}

/**
 * Computes the public part of a private one.
 *
 * @returns 43 characters of base64url; null when the private part is none.
 */
export function publicPartOf(d: string): string | null {
  try {
    // The import needs a public part, and does not look at it.
    const key = createPrivateKey({ key: { kty: "OKP", crv: "Ed25519", d, x: d }, format: "jwk" });
    return createPublicKey(key).export({ format: "jwk" }).x ?? null;
  } catch {
    return null;
  }
}
