/**
 * A clock that can be set forward, so that a developer sees what the service does a day or two weeks later.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";

/** A clock that is ahead of another one. Its timers run as those of the other. */
export class TravellingClock implements Clock {
  readonly #clock: Clock;
  #ahead = 0;

  /** Creates a clock that shows the time of another one. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The time of this clock, in milliseconds since the epoch. */
  now(): number {
    return this.#clock.now() + this.#ahead;
  }

  /** Calls `callback` after `ms` milliseconds. Returns a function that cancels the call. */
  after(ms: number, callback: () => void): () => void {
    return this.#clock.after(ms, callback);
  }

  /** Sets the clock forward by so many milliseconds. */
  travel(ms: number): void {
    this.#ahead += ms;
  }
}
