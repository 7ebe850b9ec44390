/**
 * Compares the clock of this machine with Amazon's, which every response tells in its header `Date`. Leases and expiries
 * are times, so instances whose clocks differ take codes from each other.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";

/** Milliseconds by which a clock may differ from Amazon's: half of what the clocks of two instances may differ. */
export const CLOCK_TOLERANCE_MS = 1000;
/** Milliseconds between two lines of the log about the clock. */
const SAY_AGAIN_AFTER_MS = 3_600_000;
/** Milliseconds between two looks at the header. Each look costs as much as sealing a record. */
const LOOK_AGAIN_AFTER_MS = 10_000;
/** Milliseconds for which the bounds of the difference are narrowed. Clocks drift by less than a tenth of a second in them. */
const BOUNDS_FOR_MS = 600_000;
/** The header tells whole seconds. */
const RESOLUTION_MS = 1000;

/** When a request was sent and its response came, in milliseconds since the epoch by the own clock. */
export interface Times {
  /** When the request was sent. */
  readonly sentAt: number;
  /** When the response came. */
  readonly receivedAt: number;
}

/**
 * Returns by how many milliseconds the own clock is at least ahead of the sender's; negative when it is behind, 0 when the
 * two can be the same. The time of the way and the resolution of the header are taken off.
 *
 * @returns Null when the response has no `Date` that can be read.
 */
export function clockDifferenceMs(headers: Headers, { sentAt, receivedAt }: Times): number | null {
  const date = dateOf(headers);
  if (date === null) return null;
  if (sentAt >= date + RESOLUTION_MS) return sentAt - date - RESOLUTION_MS;
  return Math.min(0, receivedAt - date);
}

function dateOf(headers: Headers): number | null {
  const text = headers.get("date");
  const date = text === null ? NaN : Date.parse(text);
  return Number.isNaN(date) ? null : date;
}

/** By how many milliseconds a clock is ahead: between these two. */
interface Bounds {
  readonly least: number;
  readonly most: number;
}

/**
 * Tells the log when the clock of this machine differs from Amazon's, at most once in an hour, and by how much. Each
 * response bounds the difference, since it was made after its request was sent and before it came.
 */
export class ClockCheck {
  readonly #log: Log;
  readonly #clock: Pick<Clock, "now">;
  #lookAt = -Infinity;
  #quietUntil = -Infinity;
  #bounds: Bounds | null = null;
  #newBoundsAt = -Infinity;

  /** Checks nothing yet. */
  constructor(clock: Pick<Clock, "now">, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Milliseconds by which the clock of this machine is ahead of Amazon's, to about a second; negative when it is behind.
   * 0 while the two can be close enough, or when Amazon has told nothing yet.
   */
  get aheadMs(): number {
    if (this.#bounds === null) return 0;
    const { least, most } = this.#bounds;
    return least > CLOCK_TOLERANCE_MS || most < -CLOCK_TOLERANCE_MS ? Math.round((least + most) / 2) : 0;
  }

  /**
   * Checks the clock by a response that has just come.
   *
   * @param sentAt When the request was sent, in milliseconds since the epoch.
   */
  check({ headers }: Pick<Response, "headers">, sentAt: number): void {
    const receivedAt = this.#clock.now();
    // A clock that was set may be far behind the next look.
    if (receivedAt < this.#lookAt && this.#lookAt - receivedAt <= LOOK_AGAIN_AFTER_MS) return;
    this.#lookAt = receivedAt + LOOK_AGAIN_AFTER_MS;
    const date = dateOf(headers);
    if (date === null) return;
    this.#narrow({ least: sentAt - date - RESOLUTION_MS, most: receivedAt - date }, receivedAt);
    const ms = clockDifferenceMs(headers, { sentAt, receivedAt });
    if (ms === null || Math.abs(ms) <= CLOCK_TOLERANCE_MS || receivedAt < this.#quietUntil) return;
    this.#quietUntil = receivedAt + SAY_AGAIN_AFTER_MS;
    const detail =
      `The clock of this machine is ${ms > 0 ? "ahead of" : "behind"} Amazon's by this many ms. ` +
      "Set it by NTP: leases of codes are corrected by what Amazon tells, and nothing else is";
    this.#log("warning", "clock_differs", { ms: Math.abs(ms), detail });
  }

  /** Takes what the earlier bounds and the new ones agree on. Bounds that are old, or contradict, count no more. */
  #narrow(found: Bounds, now: number): void {
    const known = this.#bounds;
    const both = known === null ? found : {
      least: Math.max(known.least, found.least),
      most: Math.min(known.most, found.most),
    };
    const anew = known === null || both.least > both.most || now > this.#newBoundsAt;
    this.#bounds = anew ? found : both;
    if (anew) this.#newBoundsAt = now + BOUNDS_FOR_MS;
  }
}
