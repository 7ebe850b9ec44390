/**
 * The one way to the database. A use case opens a handle with a deadline, and reads and writes through it:
 *
 * ```ts
 * using store = db.within(3000);
 * const account = await store.get(ACCOUNT, [accountId]);
 * await store.transact(async (batch) => {
 *   const account = await batch.get(ACCOUNT, [accountId]);
 *   batch.check(account);
 *   batch.set(ACCOUNT, [accountId], { ...account.value, name });
 * });
 * ```
 *
 * The handle seals and opens records, takes expired records for absent, tries again what failed for a moment, and fails
 * with one problem, `storage_unavailable`, when its time is over.
 *
 * @module
 */
import { type Clock, Deadline, DeadlineError, sleep } from "../base/clock.ts";
import { Problem } from "../base/problem.ts";
import type { Log } from "../base/log.ts";
import { NO_TELEMETRY, type Telemetry } from "../base/telemetry.ts";
import { Admission, type Precedence } from "./admission.ts";
import { CommitQueue } from "./commit_queue.ts";
import type { KeyCheck } from "./key_check.ts";
import { Connection, PROBE_KEY } from "./connection.ts";
import type { Keyring } from "./keyring.ts";
import { type Read, ReadQueue } from "./read_queue.ts";
import { decodeEntry, decodeListedEntry } from "./records.ts";
import type { RecordType } from "./schema.ts";
import { Turn } from "./turn.ts";
import {
  ConflictError,
  ContradictionError,
  IntegrityProblem,
  StorageError,
  type StorageOperation,
} from "./storage_failure.ts";
import { type Entry, type ListedEntry, type ListOptions, type Reader, WriteBatch } from "./write_batch.ts";

/** Milliseconds that a use case other than a sign-in gives the database. */
export const STORAGE_DEADLINE_MS = 3000;

const PING_DEADLINE_MS = 1000;
/** The least milliseconds between two writes of {@linkcode Database.ping}. */
const PING_WRITES_EVERY_MS = 5000;
/** The first pause between two attempts is up to twice this long, in milliseconds; each next one up to twice as long. */
const RETRY_BASE_MS = 2;
const RETRY_CAP_MS = 100;
/** Runs of one transaction whose checks keep failing. */
const MOST_RUNS = 20;
/** The most keys of one `getMany`. */
const MOST_KEYS = 10;

type RawEntry = Deno.KvEntryMaybe<unknown>;

/** What a {@linkcode Database} is made of. */
export interface DatabaseOptions {
  /** The database of the platform. The caller opens it. */
  readonly kv: Deno.Kv;
  /** The connection to it, when others use it too; by default, one of the database's own. */
  readonly connection?: Connection;
  /** Seals and opens the records whose type is sealed. */
  readonly keyring: Keyring;
  /** Decides when records expire and handles end. */
  readonly clock: Clock;
  /** Checks the key ring before the first operation. Without it nothing is checked. */
  readonly keyCheck?: KeyCheck;
  /** Opens the same database again, when nothing comes back from `kv` any more. Undefined: it is never opened again. */
  readonly openKv?: (() => Promise<Deno.Kv>) | undefined;
  /** Is told when the database goes silent, and when it is back. Nobody is told by default. */
  readonly log?: Log;
  /** Takes the operations, the retries and the conflicts; nobody by default. */
  readonly telemetry?: Telemetry;
  /** Returns numbers from 0 up to 1, which spread retries; `Math.random` by default. */
  readonly random?: () => number;
}

interface Shared extends DatabaseOptions {
  readonly connection: Connection;
  readonly telemetry: Telemetry;
  readonly random: () => number;
  readonly admission: Admission;
  readonly reads: ReadQueue;
  readonly commits: CommitQueue;
}

/** The database of the service. */
export class Database {
  readonly #shared: Shared;
  readonly #connection: Connection;
  /** The last write of {@linkcode Database.ping}, with its failure or null. */
  #pingWrite: { readonly at: number; readonly failure: Promise<unknown> };

  /** Reads and writes `kv`. */
  constructor(options: DatabaseOptions) {
    const { clock, random = Math.random, telemetry = NO_TELEMETRY } = options;
    const { connection = new Connection(options) } = options;
    this.#connection = connection;
    this.#pingWrite = { at: clock.now(), failure: Promise.resolve(null) };
    this.#shared = {
      ...options,
      connection,
      telemetry,
      random,
      admission: new Admission({ connection, clock, random }),
      reads: new ReadQueue(connection, clock),
      commits: new CommitQueue(connection, clock),
    };
  }

  /**
   * Opens a handle for one use case. Dispose of it with `using`. The first operation of the handle is refused with
   * `overloaded` when the database has as much as it can do.
   *
   * @param ms Milliseconds until every operation of the handle fails.
   * @param precedence What the handle is for, when not all can be admitted.
   */
  within(ms: number, precedence: Precedence = "new"): Store {
    const deadline = new Deadline(this.#shared.clock, ms);
    const turn = new Turn(this.#shared.admission, { deadline, precedence });
    return new Store(this.#shared, turn, "strong");
  }

  /** Milliseconds for which nothing has come back from the database; 0 while it answers. */
  get silentMs(): number {
    return this.#connection.silentMs;
  }

  /** Whether the database was silent lately: a commit that was given up then may have taken effect. */
  get recovering(): boolean {
    return this.#connection.commits.recovering;
  }

  /** Returns the problem of a request that is turned away because too much is under way already. */
  overloaded(): Problem {
    return this.#shared.admission.overloaded();
  }

  /** Closes the present connection to the database. */
  close(): void {
    this.#connection.close();
  }

  /**
   * Asks the database for any key, and now and then lets it write: a full disk can be read as before.
   *
   * @throws {Problem} `storage_unavailable` when it does not answer within a second, or is silent
   */
  async ping(): Promise<void> {
    this.#connection.mend();
    using store = this.within(PING_DEADLINE_MS, "check");
    await store.ping();
    const now = this.#shared.clock.now();
    if (now - this.#pingWrite.at >= PING_WRITES_EVERY_MS) {
      const batch = store.batch();
      batch.delete(PROBE_KEY);
      const failure = store.commit(batch).then(() => null, (error) => error);
      this.#pingWrite = { at: now, failure };
    }
    const failure = await this.#pingWrite.failure;
    if (failure !== null) throw failure;
  }
}

/** A handle on the database with one deadline. Its reads are strongly consistent, those of {@linkcode Store.near} eventually. */
export class Store implements Reader, Disposable {
  /** The time by which every operation ends. Other steps of the use case can end by it too. */
  readonly deadline: Deadline;
  readonly #shared: Shared;
  readonly #turn: Turn;
  readonly #consistency: Deno.KvConsistencyLevel;
  /** What the last failed commit has read again, by key: the next run of its transaction need not read it. */
  readonly #readAgain: ReadonlyMap<string, RawEntry>;

  /** Handles are made by {@linkcode Database.within}. */
  constructor(
    shared: Shared,
    turn: Turn,
    consistency: Deno.KvConsistencyLevel,
    readAgain: ReadonlyMap<string, RawEntry> = new Map(),
  ) {
    this.#shared = shared;
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
    return new Store(this.#shared, this.#turn, "eventual");
  }

  /** Reads one record, as {@linkcode Reader.get} does. */
  async get<T>(type: RecordType<T>, ids: readonly string[]): Promise<Entry<T>> {
    const key = [type.kind, ...ids];
    const known = this.#readAgain.size === 0 ? undefined : this.#readAgain.get(key.join("/"));
    if (known !== undefined) return decodeEntry(type, known, this.#shared);
    const options = { consistency: this.#consistency };
    const entry = await this.#read("get", (kv) => kv.get(key, options));
    return decodeEntry(type, entry, this.#shared);
  }

  /** Reads up to 10 records in one trip, as {@linkcode Reader.getMany} does. */
  async getMany<const R extends readonly unknown[]>(
    wanted: { readonly [I in keyof R]: readonly [RecordType<R[I]>, readonly string[]] },
  ): Promise<{ [I in keyof R]: Entry<R[I]> }> {
    const entries = await this.#readMany(wanted.map(([type, ids]) => [type.kind, ...ids]));
    return entries.map((entry, i) =>
      decodeEntry((wanted[i] as (typeof wanted)[number])[0], entry, this.#shared)
    ) as {
      [I in keyof R]: Entry<R[I]>;
    };
  }

  /**
   * Reads records of one type in the order of their keys. A record that has expired or cannot be read has a null value, so
   * it does not hide the others.
   *
   * @throws {Problem} `storage_unavailable`
   */
  async list<T>(
    type: RecordType<T>,
    { reverse = false, limit, ...range }: ListOptions,
  ): Promise<ListedEntry<T>[]> {
    const selector = selectorOf(type, range);
    const options = { limit, reverse, batchSize: limit, consistency: this.#consistency };
    const entries = await this.#read(
      "list",
      (kv) => Array.fromAsync(kv.list(selector, options)),
    );
    return entries.map((entry) => decodeListedEntry(type, entry, this.#shared));
  }

  /**
   * Runs `work`, commits its batch, and returns what `work` returned. When a check of the batch fails, `work` runs again
   * on a new batch that reads the primary; so `work` must read what it depends on through the batch, and change nothing
   * but the batch. An empty batch is not committed.
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
      const { mostChecks } = this.#shared.commits;
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
        const fewer = this.#shared.commits.mostChecks;
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
    const { keyring, clock } = this.#shared;
    const { mostChecks } = this.#shared.commits;
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
   * Takes back a batch whose commit was not sent yet; its commit then fails. Returns false when it is too late: the batch may
   * take effect or not.
   */
  withdraw(batch: WriteBatch): boolean {
    return this.#shared.commits.withdraw(batch);
  }

  /** Asks the database for any key. */
  async ping(): Promise<void> {
    await this.#read("get", (kv) => kv.get(PROBE_KEY));
  }

  /** Ends the handle: its deadline never fires, and none of its operations is tried again. */
  [Symbol.dispose](): void {
    this.#turn.end();
    this.deadline[Symbol.dispose]();
  }

  #fresh(readAgain: ReadonlyMap<string, RawEntry>): Store {
    return new Store(this.#shared, this.#turn, "strong", readAgain);
  }

  /**
   * Commits, and recognises a commit that took effect although a failed check was reported: a connection that breaks
   * after the commit makes the database's client, or {@linkcode Store.#attempt}, send it once more, and the second one
   * fails. Values that only this batch can have written tell.
   *
   * @returns Null when the batch took effect; otherwise the records to start the next run from, by key.
   */
  async #commit(batch: WriteBatch): Promise<ReadonlyMap<string, RawEntry> | null> {
    const { commits, telemetry } = this.#shared;
    const result = await this.#attempt("commit", () => commits.commit(batch), () => commits.withdraw(batch));
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
    return await this.#read("get", (kv) => kv.getMany(keys, options));
  }

  #read<T>(operation: StorageOperation, read: Read<T>): Promise<T> {
    const { reads } = this.#shared;
    return this.#attempt(operation, () => reads.run(read), () => reads.withdraw(read));
  }

  /**
   * Tries an operation until it succeeds or the deadline is over, with growing pauses between: local KV rejects with
   * "database is locked" while another process writes, and networks fail in their own ways. After the deadline nothing
   * is begun. The first operation of a handle waits for admission.
   *
   * @param abandon Is called when the deadline ends an attempt.
   */
  #attempt<T>(operation: StorageOperation, attempt: () => Promise<T>, abandon = () => {}): Promise<T> {
    return this.#shared.telemetry.storage(
      operation,
      () => this.#attemptUntilOver(operation, attempt, abandon),
    );
  }

  async #attemptUntilOver<T>(
    operation: StorageOperation,
    attempt: () => Promise<T>,
    abandon: () => void,
  ): Promise<T> {
    const { deadline } = this;
    const { random, keyCheck, connection, telemetry } = this.#shared;
    const entering = this.#turn.enter();
    if (entering !== null) await entering;
    let last: unknown;
    for (let attempts = 1;; attempts++) {
      try {
        // A pause may end with the deadline: then the failure before it is the cause.
        if (deadline.remaining <= 0) throw last ?? new DeadlineError();
        // Nothing is read or written with a key ring that does not fit what is stored.
        if (keyCheck?.passed === false) await deadline.race(keyCheck.pass());
        return await deadline.race(attempt());
      } catch (error) {
        // The check is not counted in a lane. When it hangs, a probe finds out whether the connection is silent.
        if (keyCheck?.passed === false) connection.probe(connection.reads);
        if (error instanceof Problem) throw error;
        const over = error instanceof DeadlineError;
        if (over) abandon();
        // Errors in a row let the next try wait for a probe. When that wait takes the rest of the time, they are the cause.
        if (!over || last === undefined) last = error;
        const cause = new StorageError(operation, last);
        const pause = random() * Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** attempts);
        if (over || !cause.temporary || deadline.remaining <= pause) {
          const internal = `${cause.message} after ${attempts} attempts`;
          throw new Problem("storage_unavailable", { retryAfter: 1, internal, cause });
        }
        telemetry.count("oneclick.kv.retries", { "db.operation.name": operation, "error.type": cause.code });
        await sleep(this.#shared.clock, pause);
      }
    }
  }
}

/** Selects the keys of a list. */
function selectorOf(
  { kind, idPrefix }: RecordType<unknown>,
  { under = [], beside = under.length === 0, after, before }: Omit<ListOptions, "reverse" | "limit">,
): Deno.KvListSelector {
  const prefix = [kind, ...under];
  const least = idPrefix === undefined || beside ? undefined : [...prefix, idPrefix];
  // Ids go on with hexadecimal digits, which sort before the tilde.
  const most = least === undefined ? undefined : [...prefix, `${idPrefix}~`];
  // The least key after another one is that key with an empty part more.
  const start = after === undefined ? least : [...after, ""];
  const end = before === undefined ? most : [...prefix, before];
  if (start !== undefined && end !== undefined) return { start, end };
  if (start !== undefined) return { prefix, start };
  return end === undefined ? { prefix } : { prefix, end };
}
