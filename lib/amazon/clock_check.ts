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
  const text = headers.get("date");
  const date = text === null ? NaN : Date.parse(text);
  if (Number.isNaN(date)) return null;
  if (sentAt >= date + RESOLUTION_MS) return sentAt - date - RESOLUTION_MS;
  return Math.min(0, receivedAt - date);
}

/** Tells the log when the clock of this machine differs from Amazon's, at most once in an hour. */
export class ClockCheck {
  readonly #log: Log;
  readonly #clock: Pick<Clock, "now">;
  #quietUntil = -Infinity;

  /** Checks nothing yet. */
  constructor(clock: Pick<Clock, "now">, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Checks the clock by a response that has just come.
   *
   * @param sentAt When the request was sent, in milliseconds since the epoch.
   */
  check({ headers }: Pick<Response, "headers">, sentAt: number): void {
    const receivedAt = this.#clock.now();
    if (receivedAt < this.#quietUntil) return;
    const ms = clockDifferenceMs(headers, { sentAt, receivedAt });
    const differs = ms !== null && Math.abs(ms) > CLOCK_TOLERANCE_MS;
    this.#quietUntil = receivedAt + (differs ? SAY_AGAIN_AFTER_MS : LOOK_AGAIN_AFTER_MS);
    if (!differs) return;
    const detail =
      `The clock of this machine is ${ms > 0 ? "ahead of" : "behind"} Amazon's by this many ms. ` +
      "Set it by NTP: instances whose clocks differ take codes from each other";
    this.#log("warning", "clock_differs", { ms: Math.abs(ms), detail });
  }
}
