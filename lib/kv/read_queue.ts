/**
 * Reads on their way to the database. Most are sent at once. While the database has a queue, reads gather, and several go
 * as one. While too many are on their way, or none comes back, they wait here, and a read that is given up meanwhile is
 * never sent.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { type Connection, EverythingFailsError } from "./connection.ts";

/** The most keys of one read. */
const MOST_KEYS = 10;
/** While the database has a queue, so many reads are on their way beside each other. */
const MOST_BESIDE = 2;
/** The most milliseconds that reads gather while none comes back. Then the lane is silent, and has pauses of its own. */
const MOST_GATHER_MS = 3000;

/** A read of the database. */
export interface Read<T> {
  /** Reads alone. */
  readonly alone: (kv: Deno.Kv) => Promise<T>;
  /** Absent: it goes alone. */
  readonly keys?: never;
}

/** A read of up to 10 records, which can go with others as one. */
export interface KeyedRead {
  /** Reads alone. */
  readonly alone: (kv: Deno.Kv) => Promise<Deno.KvEntryMaybe<unknown>[]>;
  /** The keys of the records. */
  readonly keys: readonly Deno.KvKey[];
  /** Reads go together when they have the same consistency. */
  readonly consistency: Deno.KvConsistencyLevel;
}

interface Waiting {
  readonly read: Read<unknown> | KeyedRead;
  readonly since: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Sends reads to the database. */
export class ReadQueue {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #waiting = new Map<Read<unknown> | KeyedRead, Waiting>();
  #cancelTimer: (() => void) | null = null;

  /** Sends reads by `connection`; `clock` times the pauses. */
  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
    connection.reads.listen(() => {
      this.#failWaiting();
      this.#next();
    });
  }

  /** Reads, as soon as the lane of reads lets it. The promise rejects with the database's error. */
  run<T>(read: Read<T> | (KeyedRead & { readonly alone: (kv: Deno.Kv) => Promise<T> })): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting = {
        read,
        since: this.#clock.now(),
        resolve: resolve as (value: unknown) => void,
        reject,
      };
      if (this.#waiting.size === 0 && this.#pauseMs === 0) return this.#send([waiting]);
      this.#waiting.set(read, waiting);
      this.#connection.reads.wait(1);
      this.#next();
    });
  }

  /** Takes back a read that was not sent yet; its promise never settles. Returns false when it was sent already. */
  withdraw(read: Read<unknown> | KeyedRead): boolean {
    const withdrawn = this.#waiting.delete(read);
    if (withdrawn) this.#connection.reads.wait(-1);
    if (this.#waiting.size === 0) this.#cancel();
    return withdrawn;
  }

  /** Milliseconds until the next read may be sent, unless one comes back before. */
  get #pauseMs(): number {
    const { reads } = this.#connection;
    const gathers = reads.inFlight >= MOST_BESIDE && !reads.silent && reads.hasQueue;
    return gathers ? MOST_GATHER_MS : reads.pauseMs;
  }

  #send(group: readonly Waiting[]): void {
    const { reads } = this.#connection;
    const sending = { units: group.length, since: Math.min(...group.map(({ since }) => since)) };
    const [first] = group;
    if (first === undefined) return;
    if (group.length === 1) {
      this.#connection.perform<unknown>(reads, sending, first.read.alone).then(first.resolve, first.reject);
      return;
    }
    const { consistency } = first.read as KeyedRead;
    const keys = group.flatMap(({ read }) => read.keys ?? []);
    this.#connection.perform(reads, sending, (kv) => kv.getMany<unknown[]>([...keys], { consistency })).then(
      (entries) => {
        for (const { read, resolve } of group) resolve(entries.splice(0, read.keys?.length));
      },
      (error) => {
        for (const { reject } of group) reject(error);
      },
    );
  }

  /** While everything fails, those who wait are told: a probe finds out when that has ended. */
  #failWaiting(): void {
    const { reads } = this.#connection;
    if (!reads.failing || !reads.silent) return;
    const waiting = [...this.#waiting.values()];
    reads.wait(-waiting.length);
    this.#waiting.clear();
    this.#cancel();
    for (const { reject } of waiting) reject(new EverythingFailsError());
  }

  #next(): void {
    this.#cancel();
    while (this.#waiting.size > 0) {
      const pauseMs = this.#pauseMs;
      if (pauseMs > 0) {
        this.#cancelTimer = this.#clock.after(pauseMs, () => this.#next());
        return;
      }
      const group = this.#takeGroup();
      this.#connection.reads.wait(-group.length);
      this.#send(group);
    }
  }

  /** Takes the oldest read that waits, and others that can go with it. */
  #takeGroup(): Waiting[] {
    const group: Waiting[] = [];
    let keys = 0;
    for (const waiting of this.#waiting.values()) {
      const { read } = waiting;
      const first = group[0]?.read;
      const fits = first === undefined ||
        (read.keys !== undefined && first.keys !== undefined && read.consistency === first.consistency &&
          keys + read.keys.length <= MOST_KEYS);
      if (!fits) continue;
      group.push(waiting);
      keys += read.keys?.length ?? 0;
      this.#waiting.delete(read);
      if (read.keys === undefined || keys >= MOST_KEYS) break;
    }
    return group;
  }

  #cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}
