/**
 * A clock that only a test moves, so that no test waits for real time.
 *
 * @module
 */
import type { Clock } from "../../lib/base/clock.ts";
import { untilIdle, untilTrue } from "./outside_work.ts";
import { TimerHeap } from "./timer_heap.ts";

const MOST_MS = 120_000;

/** The value that a promise resolved with, and the simulated milliseconds that passed until then. */
export interface Settled<T> {
  readonly value: T;
  readonly ms: number;
}

/**
 * A {@linkcode Clock} for tests.
 *
 * @example
 * ```ts
 * const clock = new FakeClock();
 * const done = sleep(clock, 60_000);
 * await clock.advance(60_000);
 * await done;
 * ```
 */
export class FakeClock implements Clock {
  #now: number;
  readonly #timers = new TimerHeap();
  readonly #settle: () => Promise<void>;

  /**
   * Creates a clock that stands still.
   *
   * @param options `start`: the time, in milliseconds since the epoch; 2026-11-22T10:00:00Z by default. `settle` lets code
   *   run that is ready to run; by default it waits for work outside JavaScript too.
   */
  constructor(
    { start = Date.UTC(2026, 10, 22, 10), settle = untilIdle }: {
      readonly start?: number;
      readonly settle?: () => Promise<void>;
    } = {},
  ) {
    this.#now = start;
    this.#settle = settle;
  }

  /** Returns the time, in whole milliseconds since the epoch. */
  now(): number {
    return this.#now;
  }

  /** Calls `callback` once the clock was moved by `ms` milliseconds, never at once. Returns a function that cancels it. */
  after(ms: number, callback: () => void): () => void {
    // Whole milliseconds, as the machine's timers have.
    return this.#timers.add(this.#now + Math.max(0, Math.ceil(ms)), callback);
  }

  /** The number of timers that are set. It is 0 when the code under test has cleaned up. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Moves the clock by `ms` milliseconds and fires the timers of that time in order, those included that are set
   * meanwhile. Code that awaits goes on before, between and after them. `advance(0)` fires the timers that are due.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.#settle();
    while (await this.#fireNext(end));
    this.#now = Math.max(this.#now, end);
  }

  /**
   * Moves the clock from timer to timer until `promise` settles.
   *
   * @param mostWaitMs How long the promise may wait without a timer, in real milliseconds; ten seconds by default.
   * @throws what `promise` rejects with.
   * @throws {Error} when the promise waits too long without a timer, or for more than two simulated minutes.
   */
  async advanceUntil<T>(promise: Promise<T>, mostWaitMs?: number): Promise<Settled<T>> {
    const start = this.#now;
    let settled = false;
    const timed = promise.then((value) => ({ value, ms: this.#now - start })).finally(() => settled = true);
    timed.catch(() => {}); // Awaited below, after a turn or more.
    await this.#settle();
    while (!settled) {
      if (await this.#fireNext(start + MOST_MS) || settled) continue;
      if (this.pending > 0) throw new Error("The promise waits for more than two minutes");
      await untilTrue(() => settled || this.pending > 0, mostWaitMs);
    }
    return await timed;
  }

  /**
   * Moves the clock by `ms` milliseconds at once. It is faster than {@linkcode FakeClock.advance}.
   *
   * @throws {Error} when a timer is set.
   */
  jump(ms: number): void {
    if (this.pending > 0) throw new Error("A timer is set");
    this.#now += ms;
  }

  /** Moves the clock by `ms` milliseconds, as a machine that was suspended: the timers of that time fire late. */
  standStill(ms: number): void {
    this.#now += ms;
  }

  /** Fires the next timer that is due until `end`. Returns false when there is none. */
  async #fireNext(end: number): Promise<boolean> {
    const next = this.#timers.take(end);
    if (next === null) return false;
    this.#now = Math.max(this.#now, next.at);
    next.callback();
    await this.#settle();
    return true;
  }
}
