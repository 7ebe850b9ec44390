/**
 * The handle of one use case on the database: it reads and writes records until its deadline.
 *
 * @module
 */
import type { Deadline } from "../base/clock.ts";
import { Problem } from "../base/problem.ts";
import type { CommitQueue } from "./commit_queue.ts";
import { PROBE_KEY } from "./connection.ts";
import type { Keyring } from "./keyring.ts";
import { selectorOf } from "./list_selector.ts";
import { type OperationServices, runOperation } from "./operation.ts";
import type { OpenedRecords } from "./opened_records.ts";
import type { KeyedRead, Read, ReadQueue } from "./read_queue.ts";
import { decodeEntry, decodeListedEntry } from "./records.ts";
import type { RecordType } from "./schema.ts";
import {
  ConflictError,
  ContradictionError,
  IntegrityProblem,
  type StorageOperation,
} from "./storage_failure.ts";
import type { Turn } from "./turn.ts";
import { type Entry, type ListedEntry, type ListOptions, type Reader, WriteBatch } from "./write_batch.ts";

/** Runs of one transaction whose checks keep failing. */
const MOST_RUNS = 20;
/** The most keys of one `getMany`. */
const MOST_KEYS = 10;

type RawEntry = Deno.KvEntryMaybe<unknown>;

/** What the handles of one database share. */
export interface StoreServices extends OperationServices {
  /** Seals and opens the records whose type is sealed. */
  readonly keyring: Keyring;
  /** Remembers the records that are read often. */
  readonly opened: OpenedRecords;
  /** Sends reads. */
  readonly reads: ReadQueue;
  /** Sends commits. */
  readonly commits: CommitQueue;
}

/**
 * A handle on the database with one deadline. Its reads are strongly consistent, those of {@linkcode Store.near}
 * eventually.
 */
export class Store implements Reader, Disposable {
  /** The time by which every operation ends. Other steps of the use case can end by it too. */
  readonly deadline: Deadline;
  readonly #services: StoreServices;
  readonly #turn: Turn;
  readonly #consistency: Deno.KvConsistencyLevel;
  /** What the last failed commit has read again, by key: the next run of its transaction need not read it. */
  readonly #readAgain: ReadonlyMap<string, RawEntry>;

  /** Handles are made by `Database.within`. */
  constructor(
    services: StoreServices,
    turn: Turn,
    consistency: Deno.KvConsistencyLevel,
    readAgain: ReadonlyMap<string, RawEntry> = new Map(),
  ) {
    this.#services = services;
    this.#turn = turn;
    this.deadline = turn.deadline;
    this.#consistency = consistency;
    this.#readAgain = readAgain;
  }

  /**
   * The same handle with eventually consistent reads: the nearest replica serves them, and it can be a moment behind.
   * Only the first run of a transaction reads so.
   */
  get near(): Store {
    return new Store(this.#services, this.#turn, "eventual");
  }

  /** Reads one record, as {@linkcode Reader.get} does. */
  async get<T>(type: RecordType<T>, ids: readonly string[]): Promise<Entry<T>> {
    const key = [type.kind, ...ids];
    const known = this.#readAgain.size === 0 ? undefined : this.#readAgain.get(key.join("/"));
    if (known !== undefined) return decodeEntry(type, known, this.#services);
    const options = { consistency: this.#consistency };
    const alone = async (kv: Deno.Kv) => [await kv.get(key, options)];
    const [entry] = await this.#read("get", { alone, keys: [key], ...options });
    return decodeEntry(type, entry!, this.#services);
  }

  /** Reads up to 10 records in one trip, as {@linkcode Reader.getMany} does. */
  async getMany<const R extends readonly unknown[]>(
    wanted: { readonly [I in keyof R]: readonly [RecordType<R[I]>, readonly string[]] },
  ): Promise<{ [I in keyof R]: Entry<R[I]> }> {
    const entries = await this.#readMany(wanted.map(([type, ids]) => [type.kind, ...ids]));
    return entries.map((entry, i) =>
      decodeEntry((wanted[i] as (typeof wanted)[number])[0], entry, this.#services)
    ) as {
      [I in keyof R]: Entry<R[I]>;
    };
  }

  /**
   * Reads records of one type in the order of their keys. A record that has expired or cannot be read has a null value,
   * so it does not hide the others.
   *
   * @throws {Problem} `storage_unavailable`
   */
  async list<T>(
    type: RecordType<T>,
    { reverse = false, limit, ...range }: ListOptions,
  ): Promise<ListedEntry<T>[]> {
    const selector = selectorOf(type, range);
    const options = { limit, reverse, batchSize: limit, consistency: this.#consistency };
    const alone = (kv: Deno.Kv) => Array.fromAsync(kv.list(selector, options));
    const entries = await this.#read("list", { alone });
    return entries.map((entry) => decodeListedEntry(type, entry, this.#services));
  }

  /**
   * Runs `work`, commits its batch, and returns what `work` returned. When a check of the batch fails, `work` runs
   * again on a new batch that reads the primary; so `work` must read what it depends on through the batch, and change
   * nothing but the batch. An empty batch is not committed.
   *
   * The first run of a transaction on {@linkcode Store.near} reads a replica. A commit proves by its checks that those
   * reads were fresh. Without a commit nothing proves it: when such a run writes nothing or throws a
   * {@linkcode Problem}, the next run asks the primary.
   *
   * A {@linkcode ContradictionError} of `work` makes it run again as well; a second one from the primary is an
   * {@linkcode IntegrityProblem}.
   *
   * @throws {Problem} what `work` throws; `storage_unavailable` also when the checks keep failing
   */
  async transact<T>(work: (batch: WriteBatch) => Promise<T>): Promise<T> {
    // deno-lint-ignore no-this-alias -- the first run reads as this handle does, the next ones otherwise
    let reader: Store = this;
    let contradicted = false;
    for (let run = 1; run <= MOST_RUNS; run++) {
      const { mostChecks } = this.#services.commits;
      const batch = this.batch(reader, run);
      let result: T;
      try {
        result = await work(batch);
      } catch (error) {
        const contradiction = error instanceof ContradictionError;
        if (contradiction && contradicted) throw new IntegrityProblem(error);
        const again = contradiction ||
          (reader.#consistency === "eventual" && error instanceof Problem && error.code !== "overloaded");
        if (!again) throw error;
        contradicted = contradiction && reader.#consistency === "strong";
        reader = this.#fresh(new Map());
        continue;
      }
      if (batch.mutations.length === 0) {
        if (reader.#consistency === "strong") return result;
        reader = this.#fresh(new Map());
        continue;
      }
      let readAgain: ReadonlyMap<string, RawEntry> | null;
      try {
        readAgain = await this.#commit(batch);
      } catch (error) {
        // The database has just shown that it takes fewer checks. The next run leaves out what there is no room for.
        const fewer = this.#services.commits.mostChecks;
        if (fewer === mostChecks || batch.checks.length <= fewer) throw error;
        readAgain = new Map();
      }
      if (readAgain === null) return result;
      reader = this.#fresh(readAgain);
    }
    const cause = new ConflictError(`${MOST_RUNS} commits of one transaction failed their checks`);
    throw new Problem("storage_unavailable", { retryAfter: 1, internal: cause.message, cause });
  }

  /** Makes a batch for {@linkcode Store.commit}, without a transaction around it. */
  batch(reader: Reader = this, run = 1): WriteBatch {
    const { keyring, clock } = this.#services;
    const { mostChecks } = this.#services.commits;
    return new WriteBatch({ keyring, now: clock.now(), reader, run, mostChecks });
  }

  /**
   * Commits a batch once.
   *
   * @returns False when a check failed: then nothing was written.
   * @throws {Problem} `storage_unavailable`: then the batch may have been written or not
   */
  async commit(batch: WriteBatch): Promise<boolean> {
    return await this.#commit(batch) === null;
  }

  /**
   * Takes back a batch whose commit was not sent yet; its commit then fails. Returns false when it is too late: the
   * batch may take effect or not.
   */
  withdraw(batch: WriteBatch): boolean {
    return this.#services.commits.withdraw(batch);
  }

  /** Asks the database for any key. */
  async ping(): Promise<void> {
    await this.#read("get", { alone: (kv) => kv.get(PROBE_KEY) });
  }

  /** Ends the handle: its deadline never fires, and none of its operations is tried again. */
  [Symbol.dispose](): void {
    this.#turn.end();
    this.deadline[Symbol.dispose]();
  }

  #fresh(readAgain: ReadonlyMap<string, RawEntry>): Store {
    return new Store(this.#services, this.#turn, "strong", readAgain);
  }

  /**
   * Commits, and recognises a commit that took effect although a failed check was reported: a connection that breaks
   * after the commit makes the database's client, or `runOperation`, send it once more, and the second one fails. It is
   * recognised by values that only this batch can have written.
   *
   * @returns Null when the batch took effect; otherwise the records to start the next run from, by key.
   */
  async #commit(batch: WriteBatch): Promise<ReadonlyMap<string, RawEntry> | null> {
    const { commits, telemetry } = this.#services;
    const operation = {
      name: "commit" as const,
      attempt: () => commits.commit(batch),
      abandon: () => commits.withdraw(batch),
    };
    const result = await runOperation(operation, this.#turn, this.#services);
    if (result.ok) {
      batch.setVersionstamp(result.versionstamp);
      return null;
    }
    if (result.withdrawn) return new Map();
    const entries = await this.#fresh(new Map()).#readMany(batch.keysToReadAgain.slice(0, MOST_KEYS));
    const own = entries.find(({ key, value }) => batch.hasWritten(key as readonly string[], value));
    if (own?.versionstamp) {
      batch.setVersionstamp(own.versionstamp);
      return null;
    }
    telemetry.count("oneclick.kv.conflicts");
    return new Map(entries.map((entry) => [entry.key.join("/"), entry]));
  }

  async #readMany(keys: readonly (readonly string[])[]): Promise<RawEntry[]> {
    if (this.#readAgain.size > 0) {
      const known = keys.map((key) => this.#readAgain.get(key.join("/")));
      if (known.every((entry) => entry !== undefined)) return known;
    }
    const options = { consistency: this.#consistency };
    const alone = (kv: Deno.Kv) => kv.getMany<unknown[]>(keys, options);
    return await this.#read("get", { alone, keys, ...options });
  }

  #read(name: StorageOperation, read: KeyedRead): Promise<RawEntry[]>;
  #read<T>(name: StorageOperation, read: Read<T>): Promise<T>;
  #read(name: StorageOperation, read: Read<unknown> | KeyedRead): Promise<unknown> {
    const { reads } = this.#services;
    const operation = { name, attempt: () => reads.run(read), abandon: () => reads.withdraw(read) };
    return runOperation(operation, this.#turn, this.#services);
  }
}
