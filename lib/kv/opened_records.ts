/**
 * The records that were opened last. To open and parse a record costs more than to read it, and a TV's token is checked
 * again and again.
 *
 * @module
 */

/** So many records are remembered. An account and a session take about 3 KB together. */
const MOST_RECORDS = 2000;

/**
 * Remembers what stored records are when they are opened. Each read still goes to the database: a record is recognised by
 * its version, which every write changes.
 */
export class OpenedRecords {
  readonly #records = new Map<string, { readonly versionstamp: string; readonly record: unknown }>();

  /**
   * Returns the record that was stored in a place with a version, opened before or now.
   *
   * @param place The key of the record.
   * @param open Opens it. Nothing is remembered when it throws.
   */
  get<T>(place: string, versionstamp: string, open: () => T): T {
    const known = this.#records.get(place);
    if (known?.versionstamp === versionstamp) return known.record as T;
    const record = freeze(open());
    // The one that was opened first makes room.
    const [first] = this.#records.size < MOST_RECORDS ? [] : this.#records.keys();
    if (first !== undefined) this.#records.delete(first);
    this.#records.set(place, { versionstamp, record });
    return record;
  }
}

/** Freezes a record: everybody who reads it again gets the same object. */
function freeze<T>(record: T): T {
  for (const value of Object.values(record ?? {})) if (typeof value === "object") freeze(value);
  return Object.freeze(record);
}
