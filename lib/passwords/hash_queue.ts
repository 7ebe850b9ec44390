/**
 * A bound on work that takes a processor for itself: as many at once as there are cores, a few more that wait, and
 * the rest turned away at once.
 *
 * @module
 */
import { Problem } from "../base/problem.ts";

/** Work that may wait for each core: at 85 ms a hash, the last one waits a second and a half. */
const MOST_WAITING_PER_CORE = 16;
const FULL_RETRY_AFTER_S = 2;

/** Runs work in order of arrival, a bounded number at once. */
export class HashQueue {
  readonly #cores: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /**
   * An empty queue.
   *
   * @param cores How many may run at once, at least 1.
   */
  constructor(cores: number) {
    this.#cores = Math.max(1, cores);
  }

  /**
   * Runs `work` when its turn comes.
   *
   * @throws {Problem} `rate_limited` when too many are waiting; `work` was not started
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.assertRoom();
    if (this.#running < this.#cores) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // A turn is handed on, so that nobody who comes between takes it.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  /**
   * Asks before work that would be for nothing if the queue is full.
   *
   * @throws {Problem} `rate_limited`
   */
  assertRoom(): void {
    if (this.#waiting.length >= this.#cores * MOST_WAITING_PER_CORE) {
      throw new Problem("rate_limited", { retryAfter: FULL_RETRY_AFTER_S });
    }
  }
}
