/**
 * A database of a fixed speed: it does one operation after the other, each in its time, whether or not anybody still waits
 * for it. It can stand still, be slow, refuse connections or fail for a while; and a connection to it can go silent.
 *
 * @module
 */
import { type Clock, sleep } from "../../lib/base/clock.ts";
import { wrapKv } from "./kv_hooks.ts";

/** The times of a database's operations, in milliseconds. */
export interface Speed {
  /** For a commit. */
  readonly commitMs: number;
  /** For each write in a commit. */
  readonly writeMs: number;
  /** For a read. */
  readonly readMs: number;
  /** From a process to the database and back; 0 by default. */
  readonly wayMs?: number;
}

/** How many times as long the operations of each kind take. */
export interface Slowness {
  /** Reads. */
  readonly reads: number;
  /** Commits. */
  readonly commits: number;
}

/** Deno's client asks a KV service that refuses connections again after so many milliseconds. */
const CONNECT_AGAIN_MS = 300;

/** The one server behind the connections of several processes. */
export class SlowKv {
  /** The operations that were sent and are not done yet. */
  waiting = 0;
  /** The most operations that ever waited at once. */
  mostWaiting = 0;
  readonly #clock: Clock;
  readonly #speed: Speed;
  readonly #random: () => number;
  /** Those whose operations wait for their turn, with the one that is being done. */
  readonly #queue: (() => void)[] = [];
  #busyUntil = 0;
  #stillUntil = 0;
  #slowness: Slowness = { reads: 1, commits: 1 };
  #refusesUntil = 0;
  #failsUntil = 0;

  /**
   * Makes a server that works at `speed`.
   *
   * @param random Returns numbers from 0 up to 1.
   */
  constructor(clock: Clock, speed: Speed, random: () => number = Math.random) {
    this.#clock = clock;
    this.#speed = speed;
    this.#random = random;
  }

  /** Stands still for so many milliseconds from now. */
  standStill(ms: number): void {
    // Of two standstills that overlap, the longer one counts.
    this.#stillUntil = Math.max(this.#stillUntil, this.#clock.now() + ms);
  }

  /** Takes so many times as long for each operation that is begun from now on. */
  slowDown(slowness: Slowness): void {
    this.#slowness = slowness;
  }

  /** Refuses connections for so many milliseconds. Operations arrive when it is back, also those that were given up. */
  refuse(ms: number): void {
    this.#refusesUntil = this.#clock.now() + ms;
  }

  /** Fails every operation for so many milliseconds. */
  fail(ms: number): void {
    this.#failsUntil = this.#clock.now() + ms;
  }

  /** Returns `kv` at the speed of this server. */
  wrap(kv: Deno.Kv): Deno.Kv {
    return this.connect(kv).kv;
  }

  /** Opens a connection to `kv` at the speed of this server. */
  connect(kv: Deno.Kv): SlowConnection {
    const { commitMs, writeMs, readMs } = this.#speed;
    const connection: SlowConnection = {
      silent: false,
      kv: wrapKv(kv, {
        read: (_, perform) => this.#travel(connection, () => readMs * this.#slowness.reads, perform),
        commit: ({ mutations }, perform) => {
          const ms = commitMs + writeMs * mutations.length;
          return this.#travel(connection, () => ms * this.#slowness.commits, () => perform());
        },
      }),
    };
    return connection;
  }

  async #travel<T>(connection: SlowConnection, ms: () => number, perform: () => Promise<T>): Promise<T> {
    const { wayMs = 0 } = this.#speed;
    // On a silent connection some operations are lost, and of others the answer.
    if (connection.silent && this.#random() < 0.5) return await new Promise<never>(() => {});
    if (wayMs > 0) await sleep(this.#clock, wayMs / 2);
    for (let now = this.#clock.now(); now < this.#refusesUntil; now = this.#clock.now()) {
      await sleep(this.#clock, this.#refusesUntil - now + Math.round(this.#random() * CONNECT_AGAIN_MS));
    }
    if (this.#clock.now() < this.#failsUntil) throw new TypeError("connection reset");
    const result = await this.#serve(ms, perform);
    if (wayMs > 0) await sleep(this.#clock, wayMs / 2);
    return connection.silent ? await new Promise<never>(() => {}) : result;
  }

  async #serve<T>(ms: () => number, perform: () => Promise<T>): Promise<T> {
    this.mostWaiting = Math.max(this.mostWaiting, ++this.waiting);
    await new Promise<void>((resolve) => {
      this.#queue.push(resolve);
      if (this.#queue.length === 1) resolve();
    });
    const now = this.#clock.now();
    this.#busyUntil = Math.max(this.#busyUntil, this.#stillUntil, now) + ms();
    await sleep(this.#clock, Math.round(this.#busyUntil - now));
    this.waiting--;
    this.#queue.shift();
    const result = perform();
    this.#queue[0]?.();
    return await result;
  }
}

/** A connection to a {@linkcode SlowKv}. */
export interface SlowConnection {
  /** The database, by this connection. */
  readonly kv: Deno.Kv;
  /** Whether nothing comes back on this connection any more. */
  silent: boolean;
}
