/**
 * The proof by which a request shows that it comes from the operator: only those who have `DATA_KEYS` can make it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { Keyring } from "./keyring.ts";

/** The header of a request that carries the proof. */
export const OPERATOR_HEADER = "Oneclick-Operator";

/** Milliseconds by which the clocks of the operator and of the service may differ, the way included. */
const GOOD_FOR_MS = 5 * 60_000;
const PURPOSE = "operator";

/**
 * Makes a proof, good for 5 minutes: a key's id, the time in milliseconds since the epoch, and a secret of both.
 *
 * @param keyring The keys of the service.
 * @param now The time, in milliseconds since the epoch.
 */
export function makeOperatorProof(keyring: Keyring, now: number): string {
  const { firstId } = keyring;
  return `${firstId}.${now}.${keyring.deriveSecret(firstId, PURPOSE, [String(now)])}`;
}

/** Returns true when `proof` was made with a key of the ring, at most 5 minutes before or after `now`. */
export function isOperatorProof(keyring: Keyring, proof: string, now: number): boolean {
  const [, keyId = "", at = "", secret = ""] = /^([\w-]{1,32})\.(\d{1,15})\.([\w-]{43})$/.exec(proof) ?? [];
  if (secret === "" || Math.abs(Number(at) - now) > GOOD_FOR_MS) return false;
  const right = keyring.deriveSecret(keyId, PURPOSE, [at]);
  return right !== null && timingSafeEqual(Buffer.from(right), Buffer.from(secret));
}
