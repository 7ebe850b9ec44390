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
  #busyUntil = 0;
  #stillUntil = 0;
  #slow = { factor: 1, until: 0 };
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
    const now = this.#clock.now();
    // Of two standstills that overlap, the longer one counts.
    const more = Math.max(0, now + ms - Math.max(now, this.#stillUntil));
    this.#stillUntil = Math.max(this.#stillUntil, now + ms);
    this.#busyUntil = Math.max(this.#busyUntil, now) + more;
  }

  /** Takes `factor` times as long for each operation, for so many milliseconds from now. */
  slowDown(factor: number, ms: number): void {
    this.#slow = { factor, until: this.#clock.now() + ms };
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
        read: (_, perform) => this.#travel(connection, readMs, perform),
        commit: ({ mutations }, perform) =>
          this.#travel(connection, commitMs + writeMs * mutations.length, () => perform()),
      }),
    };
    return connection;
  }

  async #travel<T>(connection: SlowConnection, ms: number, perform: () => Promise<T>): Promise<T> {
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

  async #serve<T>(ms: number, perform: () => Promise<T>): Promise<T> {
    const now = this.#clock.now();
    const begins = Math.max(this.#busyUntil, now);
    this.#busyUntil = begins + ms * (begins < this.#slow.until ? this.#slow.factor : 1);
    this.mostWaiting = Math.max(this.mostWaiting, ++this.waiting);
    await sleep(this.#clock, Math.round(this.#busyUntil - now));
    this.waiting--;
    return await perform();
  }
}

/** A connection to a {@linkcode SlowKv}. */
export interface SlowConnection {
  /** The database, by this connection. */
  readonly kv: Deno.Kv;
  /** Whether nothing comes back on this connection any more. */
  silent: boolean;
}
