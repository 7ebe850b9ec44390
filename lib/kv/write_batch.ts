/**
 * A write batch: checks and writes that take effect together or not at all.
 *
 * @module
 */
import type { Keyring } from "./keyring.ts";
import type { RecordType } from "./schema.ts";

/** A record as it was read or written. */
export interface Entry<T> {
  /** The kind of the record, then its ids. */
  readonly key: readonly string[];
  /** The record. Null when nothing is stored under the key, or when the record has expired. */
  readonly value: T | null;
  /** The version that a batch checks. Null when nothing is stored under the key. */
  readonly versionstamp: string | null;
  /** Present when another key than the first of the ring has sealed the record. */
  readonly outdated?: true;
}

/** An entry whose record is there. */
export type Present<T> = Entry<T> & { readonly value: T };

/** An entry of a list. */
export interface ListedEntry<T> extends Entry<T> {
  /** The record, also when it has expired. Null when it cannot be read. */
  readonly stored: T | null;
}

/** Which records {@linkcode Reader.list} reads: those of one type, in the order of their keys. */
export interface ListOptions {
  /** The first ids of the records; none by default: all records of the type. */
  readonly under?: readonly string[];
  /**
   * Whether records of other types that stand beside these are listed as well, as unreadable ones. Without `under` they
   * always are.
   */
  readonly beside?: boolean;
  /** Only records after this key. */
  readonly after?: readonly string[] | undefined;
  /** Only records whose id after `under` is below this one. */
  readonly before?: string | undefined;
  /** Whether the last records come first. */
  readonly reverse?: boolean;
  /** The most records to read, 1 to 1000. */
  readonly limit: number;
}

/** Reads records. A store, its near view and a write batch are readers. */
export interface Reader {
  /**
   * Reads one record.
   *
   * @throws {Problem} `storage_unavailable`
   */
  get<T>(type: RecordType<T>, ids: readonly string[]): Promise<Entry<T>>;
  /**
   * Reads up to 10 records, of several types, in one trip.
   *
   * @returns The entries in the order in which they were asked for.
   * @throws {Problem} `storage_unavailable`
   */
  getMany<const R extends readonly unknown[]>(
    wanted: { readonly [I in keyof R]: readonly [RecordType<R[I]>, readonly string[]] },
  ): Promise<{ [I in keyof R]: Entry<R[I]> }>;
  /**
   * Reads records of one type in the order of their keys, as `Store.list` does.
   *
   * @throws {Problem} `storage_unavailable`
   */
  list<T>(type: RecordType<T>, options: ListOptions): Promise<ListedEntry<T>[]>;
}

/** An entry that a batch writes. Its versionstamp is null until the batch is committed. */
class WrittenEntry<T> implements Entry<T> {
  versionstamp: string | null = null;

  constructor(readonly key: readonly string[], readonly value: T) {}
}

/** What a {@linkcode WriteBatch} is made of. */
export interface WriteBatchOptions {
  /** Seals the records whose type is sealed. */
  readonly keyring: Keyring;
  /** Milliseconds since the epoch, from which times to live are counted. */
  readonly now: number;
  /** Serves the reads that the writes depend on. */
  readonly reader: Reader;
  /** The run of the transaction that the batch is for, from 1. */
  readonly run: number;
  /** The most checks that the database takes in one commit. */
  readonly mostChecks: number;
}

/**
 * Collects checks and writes for one commit. `Store.transact` makes one for each run of its function; the function
 * reads through the batch, so that each run reads as freshly as it must.
 */
export class WriteBatch implements Reader {
  /** The records that must be unchanged since they were read. A commit takes at most 100, in a `denokv` 10. */
  readonly checks: Deno.AtomicCheck[] = [];
  /** The writes and removals. A commit takes at most 1000. */
  readonly mutations: Deno.KvMutation[] = [];
  readonly #options: WriteBatchOptions;
  readonly #written: WrittenEntry<unknown>[] = [];
  readonly #distinct: { readonly key: readonly string[]; readonly stored: unknown }[] = [];
  readonly #alsoReadAgain: { readonly key: readonly string[] }[] = [];

  /** The run of the transaction that the batch is for, from 1. A later run follows a commit that lost to another writer. */
  readonly run: number;

  /** Makes an empty batch. */
  constructor(options: WriteBatchOptions) {
    this.#options = options;
    this.run = options.run;
  }

  /** Reads one record, as {@linkcode Reader.get} does. */
  get<T>(type: RecordType<T>, ids: readonly string[]): Promise<Entry<T>> {
    return this.#options.reader.get(type, ids);
  }

  /** Reads several records, as {@linkcode Reader.getMany} does. */
  getMany<const R extends readonly unknown[]>(
    wanted: { readonly [I in keyof R]: readonly [RecordType<R[I]>, readonly string[]] },
  ): Promise<{ [I in keyof R]: Entry<R[I]> }> {
    return this.#options.reader.getMany<R>(wanted);
  }

  /** Reads records in the order of their keys, as {@linkcode Reader.list} does. */
  list<T>(type: RecordType<T>, options: ListOptions): Promise<ListedEntry<T>[]> {
    return this.#options.reader.list(type, options);
  }

  /**
   * The checks that there is room for. What needs more goes into another commit. Until the database has shown that it takes
   * few checks, there is room for many.
   */
  get room(): number {
    return Math.max(0, this.#options.mostChecks - this.checks.length);
  }

  /** Makes the commit fail unless the record is still as it was read. */
  check({ key, versionstamp }: Pick<Entry<unknown>, "key" | "versionstamp">): void {
    this.checks.push({ key: [...key], versionstamp });
  }

  /** Names a record that the next run needs, though it is not checked: after a failed check it is read with the others. */
  readAgain(key: readonly string[]): void {
    this.#alsoReadAgain.push({ key });
  }

  /**
   * Writes a record, sealed if its type is. The database removes it some time after its `expires_at`.
   *
   * @returns The entry. It gets its versionstamp from the commit.
   */
  set<T, V extends T>(
    type: RecordType<T>,
    ids: readonly string[],
    value: V & { readonly expires_at?: number },
  ): Present<V> {
    const key = [type.kind, ...ids];
    const record = type.writeAs?.(value) ?? value;
    const stored = type.sealed ? this.#options.keyring.seal(JSON.stringify(record), key.join("/")) : record;
    const { expires_at } = value;
    this.mutations.push(
      expires_at === undefined ? { type: "set", key, value: stored } : {
        type: "set",
        key,
        value: stored,
        expireIn: Math.max(1, Math.ceil(expires_at - this.#options.now)),
      },
    );
    if (type.distinct ?? type.sealed) this.#distinct.push({ key, stored });
    const entry = new WrittenEntry<V>(key, value);
    this.#written.push(entry);
    return entry;
  }

  /** Removes the record under a key, if there is one. */
  delete(key: readonly string[]): void {
    this.mutations.push({ type: "delete", key: [...key] });
  }

  /** Tells the written entries which version the commit has made of them. */
  setVersionstamp(versionstamp: string): void {
    for (const entry of this.#written) entry.versionstamp = versionstamp;
  }

  /**
   * The keys to read again after a failed check: first those of values that only this batch can have written, then those
   * that were named, then the checked ones.
   */
  get keysToReadAgain(): readonly (readonly string[])[] {
    const entries = [...this.#distinct, ...this.#alsoReadAgain, ...this.checks];
    const keys = entries.map(({ key }) => key as readonly string[]);
    return [...new Map(keys.map((key) => [key.join("/"), key])).values()];
  }

  /**
   * Tells whether a stored value was written by this batch. A sealed value has a random nonce and a distinct record a
   * random id, so an equal value was written by nobody else.
   */
  hasWritten(key: readonly string[], stored: unknown): boolean {
    const name = key.join("/");
    return this.#distinct.some((own) => own.key.join("/") === name && isSame(own.stored, stored));
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return one instanceof Uint8Array && other instanceof Uint8Array
    ? one.length === other.length && one.every((byte, i) => byte === other[i])
    : textOf(one) === textOf(other);
}

/** A counter, which none of our records is, has a number that JSON does not take. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part) => typeof part === "bigint" ? `${part}n` : part);
}
