/**
 * Walking through all that is stored.
 *
 * @module
 */

/** Entries that one read of the database brings. */
export const WALK_BATCH = 500;

/** Reads all entries below a prefix, in the order of their keys. */
export function walk(
  kv: Deno.Kv,
  prefix: readonly string[] = [],
): AsyncIterableIterator<Deno.KvEntry<unknown>> {
  return kv.list({ prefix }, { batchSize: WALK_BATCH });
}
