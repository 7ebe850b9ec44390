/**
 * How long the operations of a lane take.
 *
 * @module
 */

/** The shortest time of an operation is remembered for one to two times as many milliseconds. */
const FASTEST_FOR_MS = 60_000;
/** The number of operations that the present time of an operation is averaged over. */
const AVERAGED_OVER = 8;

/** The times of operations. */
export class OperationTimes {
  #recent = 0;
  #fastest = Infinity;
  #fastestBefore = Infinity;
  #fastestSince = -Infinity;

  /** The shortest time in the last minute or two, in milliseconds; 0 before the first one. */
  get fastestMs(): number {
    const fastest = Math.min(this.#fastest, this.#fastestBefore);
    return fastest === Infinity ? 0 : fastest;
  }

  /** The time at present, in milliseconds: an average in which the last operations count most. */
  get recentMs(): number {
    return this.#recent;
  }

  /** Notes that an operation has taken `ms` milliseconds. `now`: the time, in milliseconds since the epoch. */
  note(ms: number, now: number): void {
    this.#recent += (ms - this.#recent) / AVERAGED_OVER;
    if (now - this.#fastestSince >= FASTEST_FOR_MS) {
      this.#fastestBefore = this.#fastest;
      this.#fastest = Infinity;
      this.#fastestSince = now;
    }
    this.#fastest = Math.min(this.#fastest, ms);
  }
}
