/**
 * Stored records, as a test changes them behind the service's back.
 *
 * @module
 */
import type { Keyring } from "../../lib/kv/keyring.ts";

/**
 * Changes a stored record, sealed or not. It is sealed again by the first key of the service's ring.
 *
 * @param type The kind of the record, and whether it is sealed.
 */
export async function alterRecord(
  { kv, services: { keyring } }: {
    readonly kv: Deno.Kv;
    readonly services: { readonly keyring: Keyring };
  },
  { kind, sealed }: { readonly kind: string; readonly sealed: boolean },
  ids: readonly string[],
  // deno-lint-ignore no-explicit-any -- a test may write any shape
  alter: (record: any) => unknown,
): Promise<void> {
  const key = [kind, ...ids];
  const { value } = await kv.get(key);
  if (value === null) throw new Error(`There is no record ${key.join("/")}`);
  if (!sealed) return void await kv.set(key, alter(value));
  const record = JSON.parse(keyring.open(value as Uint8Array, key.join("/")));
  await kv.set(key, keyring.seal(JSON.stringify(alter(record)), key.join("/")));
}
