/**
 * Reads of several callers in one trip.
 *
 * @module
 */
import type { RecordType } from "./schema.ts";
import type { Entry, Reader } from "./write_batch.ts";

/** The most keys of one `getMany` of the database. */
const MOST_KEYS = 10;

type Wanted = readonly [RecordType<unknown>, readonly string[]];

interface Waiting {
  readonly wanted: readonly Wanted[];
  readonly resolve: (entries: Entry<unknown>[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes a reader that sends the reads of one turn of the event loop together. More than 10 keys take several reads, which
 * go side by side. When one of the records cannot be read, all reads of the turn fail.
 *
 * @example
 * ```ts
 * const reader = joinReads(batch);
 * const [account, receipt] = await Promise.all([reader.get(ACCOUNT, [id]), reader.get(RECEIPT, [index])]); // one trip
 * ```
 */
export function joinReads(reader: Reader): Reader {
  let waiting: Waiting[] = [];

  async function send(): Promise<void> {
    const group = waiting;
    waiting = [];
    const wanted = group.flatMap((each) => each.wanted);
    try {
      const chunks = Array.from(
        { length: Math.ceil(wanted.length / MOST_KEYS) },
        (_, i) => reader.getMany<unknown[]>(wanted.slice(i * MOST_KEYS, (i + 1) * MOST_KEYS)),
      );
      const entries = (await Promise.all(chunks)).flat();
      for (const each of group) each.resolve(entries.splice(0, each.wanted.length));
    } catch (error) {
      for (const each of group) each.reject(error);
    }
  }

  function read(wanted: readonly Wanted[]): Promise<Entry<unknown>[]> {
    const { promise, resolve, reject } = Promise.withResolvers<Entry<unknown>[]>();
    if (waiting.push({ wanted, resolve, reject }) === 1) queueMicrotask(send);
    return promise;
  }

  return {
    get: async <T>(type: RecordType<T>, ids: readonly string[]) =>
      (await read([[type as RecordType<unknown>, ids]]))[0] as Entry<T>,
    getMany: <const R extends readonly unknown[]>(
      wanted: { readonly [I in keyof R]: readonly [RecordType<R[I]>, readonly string[]] },
    ) => read(wanted as readonly Wanted[]) as Promise<{ [I in keyof R]: Entry<R[I]> }>,
    list: (type, options) => reader.list(type, options),
  };
}
