/**
 * The backlog: devices that were turned away and will come back. Each is told to come at a time of its own, as if it had
 * a place in a queue, so that they come back no faster than the work is done.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";

/** What the rate of the work is averaged over, in milliseconds. */
const AVERAGED_OVER_MS = 2000;
/** The work is never taken for slower than this many pieces a second. */
const LEAST_PER_SECOND = 1;
/** The longest wait, in seconds. A device that waits longer than its customer has patience asks for nothing any more. */
const MOST_WAIT_S = 15;
/** The waits while nobody knows when the database is back are spread over so many seconds. */
const UNKNOWN_WAIT_S = 3;

/** Tells devices when to come back. */
export class Backlog {
  readonly #clock: Pick<Clock, "now">;
  readonly #random: () => number;
  #perSecond = 0;
  #ratedAt = 0;
  /** The time at which the last device that was turned away comes back, in milliseconds since the epoch. */
  #end = 0;

  /**
   * Makes an empty backlog.
   *
   * @param random Returns numbers from 0 up to 1.
   */
  constructor(clock: Pick<Clock, "now">, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Counts a piece of work that was begun. */
  begun(): void {
    this.#perSecond = this.perSecond + 1000 / AVERAGED_OVER_MS;
    this.#ratedAt = this.#clock.now();
  }

  /** The pieces of work that were begun in a second, lately. */
  get perSecond(): number {
    return this.#perSecond * Math.exp(-Math.max(0, this.#clock.now() - this.#ratedAt) / AVERAGED_OVER_MS);
  }

  /**
   * Turns a device away. Returns the whole seconds until it may come back, 1 to 8: the more are waiting, the more.
   *
   * @param perSecond The pieces of work that can be begun in a second.
   */
  turnAway(perSecond: number): number {
    const now = this.#clock.now();
    this.#end = Math.max(this.#end, now) + 1000 / Math.max(perSecond, LEAST_PER_SECOND);
    const wait = (this.#end - now) / 1000;
    if (wait > MOST_WAIT_S) this.#end = now + MOST_WAIT_S * 1000;
    // More than half of the wait is random: devices that come at once do not come back at once. On the average a device
    // comes back in a third of the time, because a place that nobody takes is lost, and to be turned away again costs
    // little.
    return atLeastOne(Math.min(wait, MOST_WAIT_S) * (0.2 + this.#random() * 0.3) + this.#random());
  }

  /** Returns the whole seconds, 1 to 3, until a device may come back when the database has not answered its request. */
  turnAwayUnknown(): number {
    return atLeastOne(1 + this.#random() * UNKNOWN_WAIT_S);
  }
}

function atLeastOne(seconds: number): number {
  return Math.max(1, Math.floor(seconds));
}
