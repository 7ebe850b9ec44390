/**
 * Makes identifiers and secrets.
 *
 * @module
 */
import { randomBytes } from "node:crypto";

/**
 * Returns an id of 32 hexadecimal digits: 48 bits of time, then 80 random bits. A later id therefore sorts after an
 * earlier one.
 *
 * @param now Milliseconds since the epoch.
 */
export function newId(now: number): string {
  return now.toString(16).padStart(12, "0") + randomBytes(10).toString("hex");
}

/** Returns a secret of 256 random bits in base64url: 43 characters. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}
