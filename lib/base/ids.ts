/**
 * Identifiers and secrets.
 *
 * @module
 */
import { randomBytes } from "node:crypto";

/**
 * 32 hexadecimal digits: 48 bits of time, then 80 random ones, so that what is made later sorts later.
 *
 * @param now Milliseconds since the epoch.
 */
export function newId(now: number): string {
  return now.toString(16).padStart(12, "0") + randomBytes(10).toString("hex");
}

/** 256 random bits in base64url: 43 characters. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}
