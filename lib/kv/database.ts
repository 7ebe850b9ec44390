/**
 * Deno KV with what every caller needs: typed and sealed records, expiry by the services' clock, and calls that
 * are tried again until a deadline and then fail as one problem.
 *
 * @module
 */
import { type Clock, Deadline, DeadlineError, sleep } from "../base/clock.ts";
import { Problem } from "../base/problem.ts";
import { CommitQueue } from "./commit_queue.ts";
import { type Keyring, SealError } from "./keyring.ts";
import type { RecordType } from "./schema.ts";

/** Milliseconds that a caller other than a sign-in waits for the database. */
export const STORAGE_DEADLINE_MS = 3000;

const PING_DEADLINE_MS = 1000;
const RETRY_BASE_MS = 2;
const RETRY_CAP_MS = 100;

/** A record as it was read. `value` is null when there is none or it has expired. */
export interface Entry<T> {
  /** The kind of its record, then its ids. */
  readonly key: readonly string[];
  /** What is stored, opened and checked; null when that is nothing, or nothing any more. */
  readonly value: T | null;
  /** What to check when writing on the strength of this read. */
  readonly versionstamp: string | null;
}

/** How fresh a read must be, and how long it may take. */
export interface ReadOptions {
  /** Ends the tries. */
  readonly deadline: Deadline;
  /** `eventual` may be served by a replica that is a moment behind. */
  readonly consistency: Deno.KvConsistencyLevel;
}

/** Checks and writes that take effect together or not at all. */
export class Transaction {
  /** What must be as it was read; at most 100. */
  readonly checks: Deno.AtomicCheck[] = [];
  /** What is written when it is; at most 1000. */
  readonly mutations: Deno.KvMutation[] = [];
  readonly #keyring: Keyring;
  readonly #now: number;

  /**
   * Starts empty.
   *
   * @param now Milliseconds since the epoch, from which times to live are counted.
   */
  constructor(keyring: Keyring, now: number) {
    this.#keyring = keyring;
    this.#now = now;
  }

  /** Makes the commit depend on a record being as it was read. */
  check({ key, versionstamp }: Pick<Entry<unknown>, "key" | "versionstamp">): this {
    this.checks.push({ key: [...key], versionstamp });
    return this;
  }

  /** Writes a record, sealed if its type is; it is removed some time after its `expires_at`. */
  set<T>(type: RecordType<T>, ids: readonly string[], value: T & { readonly expires_at?: number }): this {
    const key = [type.kind, ...ids];
    const stored = type.sealed ? this.#keyring.seal(JSON.stringify(value), key.join("/")) : value;
    const { expires_at } = value;
    this.mutations.push(
      expires_at === undefined
        ? { type: "set", key, value: stored }
        : { type: "set", key, value: stored, expireIn: Math.max(1, expires_at - this.#now) },
    );
    return this;
  }

  /** Removes a record. */
  delete(key: readonly string[]): this {
    this.mutations.push({ type: "delete", key: [...key] });
    return this;
  }
}

/**
 * The `storage_unavailable` of a record that is there and cannot be read; the operator has to mend it, so a retry can
 * wait.
 */
export class UnreadableProblem extends Problem {
  /** Says of which kind the record is. */
  constructor({ kind }: Pick<RecordType<unknown>, "kind">) {
    super("storage_unavailable", {
      detail: `A stored record of kind ${kind} cannot be read: another version, or no key for it`,
      retryAfter: 60,
    });
  }
}

/** The database of the service. */
export class Database {
  readonly #kv: Deno.Kv;
  readonly #keyring: Keyring;
  readonly #clock: Clock;
  readonly #commits: CommitQueue;

  /** Reads and writes `kv`, which stays with whoever opened it to close. */
  constructor({ kv, keyring, clock }: { kv: Deno.Kv; keyring: Keyring; clock: Clock }) {
    this.#kv = kv;
    this.#commits = new CommitQueue(kv, clock);
    this.#keyring = keyring;
    this.#clock = clock;
  }

  /** Starts a transaction at the time of now. */
  transaction(): Transaction {
    return new Transaction(this.#keyring, this.#clock.now());
  }

  /**
   * Reads one record.
   *
   * @throws {Problem} `storage_unavailable`
   */
  async get<T>(type: RecordType<T>, ids: readonly string[], options: ReadOptions): Promise<Entry<T>> {
    const { consistency, deadline } = options;
    const key = [type.kind, ...ids];
    return this.#decode(type, await this.#persist(deadline, () => this.#kv.get(key, { consistency })));
  }

  /**
   * Reads up to 10 records of several types in one trip.
   *
   * @throws {Problem} `storage_unavailable`
   */
  async getMany<const R extends readonly unknown[]>(
    wanted: { readonly [I in keyof R]: readonly [RecordType<R[I]>, readonly string[]] },
    options: ReadOptions,
  ): Promise<{ [I in keyof R]: Entry<R[I]> }> {
    const { consistency, deadline } = options;
    const keys = wanted.map(([type, ids]) => [type.kind, ...ids]);
    const found = await this.#persist(deadline, () => this.#kv.getMany(keys, { consistency }));
    const entries = found.map((entry, i) => this.#decode((wanted[i] as (typeof wanted)[number])[0], entry));
    return entries as { [I in keyof R]: Entry<R[I]> };
  }

  /**
   * Reads the newest records under a key, by their last part downwards, strongly consistent. Those that have
   * expired are left out, so a page can be shorter than `limit`.
   *
   * @param page `before`: only those below this last part. `limit`: at most so many are read, up to 1000.
   * @throws {Problem} `storage_unavailable`
   */
  async listNewest<T>(
    type: RecordType<T>,
    under: string,
    page: { readonly deadline: Deadline; readonly limit: number; readonly before?: string | undefined },
  ): Promise<Entry<T>[]> {
    const prefix = [type.kind, under];
    const selector = page.before === undefined ? { prefix } : { prefix, end: [...prefix, page.before] };
    const options = { limit: page.limit, reverse: true, batchSize: page.limit };
    const entries = await this.#persist(
      page.deadline,
      () => Array.fromAsync(this.#kv.list(selector, options)),
    );
    return entries.map((entry) => this.#decode(type, entry));
  }

  /**
   * Reads the first records of a type whose keys go up to an id, strongly consistent. One that cannot be read is there
   * without its value, so that it keeps nobody from the others.
   *
   * @param page `after`: only what comes after this one. `upTo`: not read itself. `limit`: at most so many, up to 1000.
   * @throws {Problem} `storage_unavailable`
   */
  async listFirst<T>(
    type: RecordType<T>,
    { after, upTo, limit, deadline }: {
      readonly deadline: Deadline;
      readonly limit: number;
      readonly after: Pick<Entry<T>, "key"> | null;
      readonly upTo: string;
    },
  ): Promise<Entry<T>[]> {
    const end = [type.kind, upTo];
    // The least key that comes after another is that key with an empty part more.
    const selector = after === null ? { prefix: [type.kind], end } : { start: [...after.key, ""], end };
    const entries = await this.#persist(
      deadline,
      () => Array.fromAsync(this.#kv.list(selector, { limit, batchSize: limit })),
    );
    return entries.map((entry) => {
      try {
        return this.#decode(type, entry);
      } catch {
        return { key: entry.key as readonly string[], value: null, versionstamp: entry.versionstamp };
      }
    });
  }

  /**
   * Reads records under a key in order to remove them, strongly consistent: those that have expired as well, and
   * those that cannot be read, of which the value is null.
   *
   * @param page `limit`: at most so many, up to 1000.
   * @throws {Problem} `storage_unavailable`
   */
  async listLeftovers<T>(
    type: RecordType<T>,
    under: string,
    page: { readonly deadline: Deadline; readonly limit: number },
  ): Promise<Entry<T>[]> {
    const options = { limit: page.limit, batchSize: page.limit };
    const entries = await this.#persist(
      page.deadline,
      () => Array.fromAsync(this.#kv.list({ prefix: [type.kind, under] }, options)),
    );
    return entries.map(({ versionstamp, ...entry }) => {
      const key = entry.key as readonly string[];
      try {
        return { key, versionstamp, value: this.#open(type, key, entry.value) };
      } catch {
        return { key, versionstamp, value: null };
      }
    });
  }

  /**
   * Asks the database for anything at all.
   *
   * @throws {Problem} `storage_unavailable` when it does not answer within a second
   */
  async ping(): Promise<void> {
    using deadline = new Deadline(this.#clock, PING_DEADLINE_MS);
    await this.#persist(deadline, () => this.#kv.get(["ping"]));
  }

  /**
   * Commits a transaction.
   *
   * A commit that fails in an unclear way is tried again, so one that did take effect can come back as a failed
   * check: a caller whose check failed reads again and recognises its own work.
   *
   * @returns The new versionstamp, or null when a check failed and nothing was written.
   * @throws {Problem} `storage_unavailable`
   */
  async commit(transaction: Transaction, deadline: Deadline): Promise<string | null> {
    const result = await this.#persist(deadline, () => this.#commits.commit(transaction));
    return result.ok ? result.versionstamp : null;
  }

  /** Takes a transaction back that is not on its way yet: its commit gives null. Gives whether that was in time. */
  withdraw(transaction: Transaction): boolean {
    return this.#commits.withdraw(transaction);
  }

  #decode<T>(type: RecordType<T>, entry: Deno.KvEntryMaybe<unknown>): Entry<T> {
    const key = entry.key as readonly string[];
    if (entry.versionstamp === null) return { key, value: null, versionstamp: null };
    const value = this.#open(type, key, entry.value);
    const { expires_at } = value as { expires_at?: number };
    const expired = expires_at !== undefined && expires_at <= this.#clock.now();
    return { key, value: expired ? null : value, versionstamp: entry.versionstamp };
  }

  #open<T>(type: RecordType<T>, key: readonly string[], stored: unknown): T {
    try {
      if (!type.sealed) return type.schema.parse(stored);
      if (!(stored instanceof Uint8Array)) throw new SealError("Not sealed");
      return type.schema.parse(JSON.parse(this.#keyring.open(stored, key.join("/"))));
    } catch {
      throw new UnreadableProblem(type);
    }
  }

  /** Local KV rejects with "database is locked" while another process writes; networks fail in their own ways. */
  async #persist<T>(deadline: Deadline, operation: () => Promise<T>): Promise<T> {
    for (let tries = 1;; tries++) {
      try {
        return await deadline.race(operation());
      } catch (error) {
        const pause = Math.random() * Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** tries);
        if (error instanceof DeadlineError || deadline.remaining <= pause) {
          throw new Problem("storage_unavailable", { retryAfter: 1 });
        }
        await sleep(this.#clock, pause);
      }
    }
  }
}
