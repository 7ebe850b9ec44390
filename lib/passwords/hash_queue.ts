/**
 * Limits work that keeps a processor core busy, such as password hashes. One piece of work runs on each core, a bounded
 * number waits, and all further work is refused at once.
 *
 * @module
 */
import { Problem } from "../base/problem.ts";

/** The most work that may wait for each core. At 85 ms a hash, the last one waits for about 1.4 seconds. */
const MOST_WAITING_PER_CORE = 16;
/** The least seconds until a refused caller comes back: about as long as a full queue takes. */
const LEAST_RETRY_AFTER_S = 2;
/** More seconds than that are drawn, so that refused callers do not come back together. */
const SPREAD_S = 3;

/** A place in the queue that is kept for a caller until it is disposed of. */
export type Place = Disposable;

/** Runs work in the order of arrival, at most one piece on each core at a time. */
export class HashQueue {
  readonly #cores: number;
  readonly #random: () => number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #kept = 0;

  /**
   * Makes an empty queue.
   *
   * @param cores The most work that runs at once, at least 1.
   * @param random Returns numbers from 0 up to 1, which spread the return of refused callers.
   */
  constructor(cores: number, random: () => number = Math.random) {
    this.#cores = Math.max(1, cores);
    this.#random = random;
  }

  /**
   * Keeps a place. A caller does so before it does other work that would be in vain without a place, such as counting a
   * try.
   *
   * @throws {Problem} `overloaded` when the queue is full
   */
  keepPlace(): Place {
    this.#assertRoom();
    this.#kept++;
    let left = false;
    return {
      [Symbol.dispose]: () => {
        if (!left) this.#kept--;
        left = true;
      },
    };
  }

  /**
   * Runs `work` when its turn comes.
   *
   * @param place The place of the caller. With it the work is not refused.
   * @throws {Problem} `overloaded` when too much work is waiting; `work` was not started then
   */
  async run<T>(work: () => Promise<T>, place?: Place): Promise<T> {
    if (place === undefined) this.#assertRoom();
    if (this.#running < this.#cores) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The turn is passed on directly, so that work that arrives in between cannot take it.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  #assertRoom(): void {
    // The work of a caller with a place counts once, whether it waits, runs or is still to come.
    const taken = Math.max(this.#waiting.length, this.#kept - this.#cores);
    if (taken < this.#cores * MOST_WAITING_PER_CORE) return;
    const retryAfter = LEAST_RETRY_AFTER_S + Math.floor(this.#random() * (SPREAD_S + 1));
    throw new Problem("overloaded", { retryAfter });
  }
}
