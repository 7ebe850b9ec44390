/**
 * Reads `DATA_KEYS`, the keys for data at rest.
 *
 * @module
 */
import { z } from "zod";
import type { DataKey } from "../kv/keyring.ts";

const MAKE_DATA_KEYS = 'make one with: echo "k1:$(openssl rand -base64 32)"';

/**
 * Reads 1 to 4 keys, written as `id:base64(32 bytes)` and separated by commas.
 * @internal
 */
export const dataKeys = z.string({ error: `is missing: ${MAKE_DATA_KEYS}` }).transform((text, context) => {
  const keys: DataKey[] = [];
  for (const entry of text.split(",")) {
    const [, id, base64] = /^\s*([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)\s*$/.exec(entry) ?? [];
    if (id === undefined || base64 === undefined) {
      context.addIssue(`must be id:base64(32 bytes), comma-separated: ${MAKE_DATA_KEYS}`);
      return z.NEVER;
    }
    keys.push({ id, secret: Uint8Array.fromBase64(base64) });
  }
  if (new Set(keys.map((key) => key.id)).size < keys.length) context.addIssue("has two keys of one id");
  // The commit of a new account checks every index once under each key.
  if (keys.length > 4) context.addIssue("has more than 4 keys: drop those that seal nothing any more");
  return keys;
});
