/**
 * Makes the keys by which a lost response can be asked for again.
 *
 * @module
 */

import { random } from "./foreign.ts";

/**
 * Returns 128 random bits in hexadecimal. Engines without a working `crypto`, as Hermes, use `Math.random`. That is
 * enough: the key only has to differ from others, and it is useless without the code or the password beside it.
 */
export function newIdempotencyKey(): string {
  const bytes = new Uint8Array(16);
  const source = (globalThis as { crypto?: Partial<Crypto> }).crypto;
  try {
    source!.getRandomValues!(bytes);
  } catch { /* What is mixed in is enough. */ }
  // An engine may also have a `getRandomValues` that does nothing.
  for (let i = 0; i < bytes.length; i++) bytes[i]! ^= random() * 256;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
