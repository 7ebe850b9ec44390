/**
 * A database of a fixed speed: it does one operation after the other, each in its time, whether or not anybody still waits
 * for it. It can stand still for a while, and then goes on with all that has come meanwhile.
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
}

/** The one server behind the connections of several processes. */
export class SlowKv {
  /** The operations that were sent and are not done yet. */
  waiting = 0;
  /** The most operations that ever waited at once. */
  mostWaiting = 0;
  readonly #clock: Clock;
  readonly #speed: Speed;
  #busyUntil = 0;

  /** Makes a server that works at `speed`. */
  constructor(clock: Clock, speed: Speed) {
    this.#clock = clock;
    this.#speed = speed;
  }

  /** Stands still for so many milliseconds from now. */
  standStill(ms: number): void {
    this.#busyUntil = Math.max(this.#busyUntil, this.#clock.now()) + ms;
  }

  /** Returns `kv` at the speed of this server. */
  wrap(kv: Deno.Kv): Deno.Kv {
    const { commitMs, writeMs, readMs } = this.#speed;
    return wrapKv(kv, {
      read: (_, perform) => this.#serve(readMs, perform),
      commit: ({ mutations }, perform) => this.#serve(commitMs + writeMs * mutations.length, () => perform()),
    });
  }

  async #serve<T>(ms: number, perform: () => Promise<T>): Promise<T> {
    const now = this.#clock.now();
    this.#busyUntil = Math.max(this.#busyUntil, now) + ms;
    this.mostWaiting = Math.max(this.mostWaiting, ++this.waiting);
    await sleep(this.#clock, Math.round(this.#busyUntil - now));
    this.waiting--;
    return await perform();
  }
}
