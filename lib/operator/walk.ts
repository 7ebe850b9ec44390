/**
 * Walking through all that is stored, beside traffic.
 *
 * @module
 */
import { type Clock, sleep } from "../base/clock.ts";

/** Entries that one read of the database brings. */
export const WALK_BATCH = 500;
/** The most keys of one `getMany`. */
const MOST_KEYS = 10;
/** Trips to the database that are under way at once. */
const AT_ONCE = 16;
const MOST_TRIES = 20;
const PAUSE_MS = 50;

/** Reads all entries below a prefix, in the order of their keys. */
export function walk(
  kv: Deno.Kv,
  prefix: readonly string[] = [],
): AsyncIterableIterator<Deno.KvEntry<unknown>> {
  return kv.list({ prefix }, { batchSize: WALK_BATCH });
}

/** Reads all entries below a prefix, many at a time. */
export async function* walkPages(
  kv: Deno.Kv,
  prefix: readonly string[] = [],
): AsyncGenerator<Deno.KvEntry<unknown>[]> {
  let page: Deno.KvEntry<unknown>[] = [];
  for await (const entry of walk(kv, prefix)) {
    page.push(entry);
    if (page.length < WALK_BATCH) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** Does `work` for each item, many at once. */
export async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, async () => {
    for (const item of waiting) await work(item);
  }));
}

/** Reads any number of keys. Returns the entries that exist, by their keys joined with slashes. */
export async function readKeys(
  kv: Deno.Kv,
  keys: readonly (readonly string[])[],
): Promise<Map<string, Deno.KvEntry<unknown>>> {
  const found = new Map<string, Deno.KvEntry<unknown>>();
  const chunks = Array.from(
    { length: Math.ceil(keys.length / MOST_KEYS) },
    (_, i) => keys.slice(i * MOST_KEYS, (i + 1) * MOST_KEYS),
  );
  await forEach(chunks, async (chunk) => {
    for (const entry of await kv.getMany<unknown[]>(chunk)) {
      if (entry.versionstamp !== null) found.set(entry.key.join("/"), entry as Deno.KvEntry<unknown>);
    }
  });
  return found;
}

/** Tries an operation again while another process has the database locked. */
export async function patiently<T>(clock: Clock, operation: () => Promise<T>): Promise<T> {
  for (let tries = 1;; tries++) {
    try {
      return await operation();
    } catch (error) {
      if (tries === MOST_TRIES || !/locked|busy/i.test(String(error))) throw error;
      await sleep(clock, PAUSE_MS * tries);
    }
  }
}
