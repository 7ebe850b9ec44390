/**
 * A clock that stands still until a test moves it, so nothing in a test waits for real.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { Clock } from "../../lib/base/clock.ts";

interface Timer {
  at: number;
  callback: () => void;
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
  // In order of being set: of two timers for the same moment the older one fires first.
  readonly #timers = new Set<Timer>();

  /**
   * Stands at its start.
   *
   * @param start The first moment, in milliseconds since the epoch; 2026-11-22T10:00:00Z by default.
   */
  constructor(start: number = Date.UTC(2026, 10, 22, 10)) {
    this.#now = start;
  }

  /** The time that {@linkcode FakeClock.advance} has come to, in whole milliseconds since the epoch. */
  now(): number {
    return this.#now;
  }

  /** Calls `callback` once the clock was moved by `ms` milliseconds, never at once. Gives its canceller. */
  after(ms: number, callback: () => void): () => void {
    // Whole milliseconds, as the machine's timers have.
    const timer = { at: this.#now + Math.max(0, Math.ceil(ms)), callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** How many timers are set: 0 when everything that was tested has cleaned up. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Moves the clock by `ms` milliseconds and fires the timers on the way in order of their time, those included
   * that were set meanwhile. Code that awaits runs on before, between and after them. `advance(0)` lets it run
   * and fires what is due now.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let timer = this.#next(end); timer; timer = this.#next(end)) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.at);
      timer.callback();
      await settle();
    }
    this.#now = Math.max(this.#now, end);
  }

  /**
   * Moves the clock by `ms` milliseconds at once, for thousands of steps in which nothing waits.
   *
   * @throws {Error} when a timer is set.
   */
  jump(ms: number): void {
    if (this.pending > 0) throw new Error("A timer is set");
    this.#now += ms;
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (!next || timer.at < next.at)) next = timer;
    }
    return next;
  }
}

/** Lets what is ready run: a millisecond or two for operations outside JavaScript (KV, WebCrypto), then a few turns. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
