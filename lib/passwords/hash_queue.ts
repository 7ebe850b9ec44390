/**
 * Limits work that keeps a processor core busy, such as password hashes. One piece of work runs on each core, a bounded
 * number waits, and all further work is refused at once.
 *
 * @module
 */
import { Problem } from "../base/problem.ts";

/** The most work that may wait for each core. At 85 ms a hash, the last one waits for about 1.4 seconds. */
const MOST_WAITING_PER_CORE = 16;
const FULL_RETRY_AFTER_S = 2;

/** Runs work in the order of arrival, at most one piece on each core at a time. */
export class HashQueue {
  readonly #cores: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /**
   * Makes an empty queue.
   *
   * @param cores The most work that runs at once, at least 1.
   */
  constructor(cores: number) {
    this.#cores = Math.max(1, cores);
  }

  /**
   * Runs `work` when its turn comes.
   *
   * @throws {Problem} `rate_limited` when too much work is waiting; `work` was not started then
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.assertRoom();
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

  /**
   * Does nothing unless the queue is full. A caller asks before it does other work that would be in vain then.
   *
   * @throws {Problem} `rate_limited` when the queue is full
   */
  assertRoom(): void {
    if (this.#waiting.length >= this.#cores * MOST_WAITING_PER_CORE) {
      throw new Problem("rate_limited", { retryAfter: FULL_RETRY_AFTER_S });
    }
  }
}
