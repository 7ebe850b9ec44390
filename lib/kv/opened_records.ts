/**
 * The records that were opened last. To open and parse a record costs more than to read it, and a TV's token is checked
 * again and again.
 *
 * @module
 */

/** So many records are remembered, and less than twice as many. An account and a session take about 3 KB together. */
const LEAST_RECORDS = 1000;

interface Opened {
  readonly versionstamp: string;
  readonly record: unknown;
}

/**
 * Remembers what stored records are when they are opened. Each read still goes to the database: a record is recognised by
 * its version, which every write changes.
 */
export class OpenedRecords {
  #newer = new Map<string, Opened>();
  /** Is forgotten as a whole: to remove one record after the other from a map costs more than to open one. */
  #older: ReadonlyMap<string, Opened> = new Map();

  /**
   * Returns the record that was stored in a place with a version, opened before or now. Everybody gets the same object, and
   * nobody changes it. It is not frozen: that would cost more than to open it.
   *
   * @param place The key of the record.
   * @param open Opens it. Nothing is remembered when it throws.
   */
  get<T>(place: string, versionstamp: string, open: () => T): T {
    const known = this.#newer.get(place);
    if (known?.versionstamp === versionstamp) return known.record as T;
    const older = this.#older.get(place);
    const opened = older?.versionstamp === versionstamp ? older : { versionstamp, record: open() };
    this.#newer.set(place, opened);
    if (this.#newer.size >= LEAST_RECORDS) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    return opened.record as T;
  }
}
