/**
 * A lane: the operations of one kind, reads or commits, that are on their way to the database. The lane measures how
 * fast they come back, and finds out from that how much work the database can have at once.
 *
 * The limit follows TCP's congestion control: it grows while operations come back in time, is cut when they are late, and
 * after a silence it starts again from its floor. So several instances share one database without knowing of each other.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { OperationTimes } from "./operation_times.ts";

/** Milliseconds without any operation that comes back, after which the lane is silent. */
export const SILENT_AFTER_MS = 1500;
/** A database that is slow is silent after so many times the present time of an operation, but after this time at most. */
const SILENT_AFTER_TIMES = 3;
const MOST_SILENT_AFTER_MS = 3000;
/** Failures alone for so many milliseconds say that everything fails. */
const FAILING_AFTER_MS = 500;
/** A limit that was not used for so many milliseconds falls: it tells nothing about the present database. */
const UNUSED_FOR_MS = 2000;
/** So many operations may always be on their way. More may be while the limit is above it. */
const LEAST_IN_FLIGHT = 32;
/** The limit of a new lane, in floors. It doubles with each round of operations that come back in time. */
const FIRST_LIMITS = 2;
const MOST_LIMIT = 4096;
/**
 * An operation is late after so many milliseconds. A sign-in has three commits, a read and two calls to Amazon, and six
 * seconds for all of them.
 */
const LATE_MS = 600;
/** A cut of the limit. It is above a half, because an operation is late long before the database is in trouble. */
const CUT = 0.7;
/** The limit grows by this number of units with each round, once it has reached the threshold. */
const GROWTH = 12;
/** The bounds of the pause between two operations that are sent into a silence, in milliseconds. */
const LEAST_PROBE_MS = 500;
const MOST_PROBE_MS = 5000;
/** An operation is lost when others that were sent this many milliseconds after it came back first. */
const LOST_AFTER_MS = 10_000;
/**
 * A database that answers later than after so many times its shortest time, and these milliseconds, has a queue. A `denokv` has
 * none when it takes 1 ms for a small commit and 44 for another: see `tests/bench/README.md`.
 */
const QUEUE_TIMES = 2;
const QUEUE_MS = 50;
/** So late comes no answer without a queue. A process that starts while there is one has seen no shorter time. */
const MOST_WITHOUT_QUEUE_MS = 300;
/** Milliseconds for which a lane recovers after a silence: devices come back within that time. */
const RECOVERING_MS = 10_000;
/** What the units in a second are averaged over, in milliseconds. */
const RATED_OVER_MS = 2000;

/** An operation on its way to the database. */
export interface Sent {
  /** When the operation was asked for, in milliseconds since the epoch. */
  readonly since: number;
  /** When it was sent. */
  readonly at: number;
  /** The units of work in it. */
  readonly units: number;
  /** Fails the operation for its caller, while the database has not answered. */
  readonly fail: (error: Error) => void;
}

/**
 * What came of an operation. `refused`: the database did not do it, but works, as when another process writes to the file.
 * `failed`: the database does not work. An operation that failed ends no silence.
 */
export type Outcome = "done" | "refused" | "failed";

/** What {@linkcode Lane.send} is told. */
export type Sending = Pick<Sent, "since" | "units" | "fail">;

/** The operations of one kind that are on their way. */
export class Lane {
  readonly #clock: Pick<Clock, "now">;
  readonly #floor: number;
  readonly #sent = new Set<Sent>();
  readonly #times = new OperationTimes();
  readonly #listeners: (() => void)[] = [];
  #waiting = 0;
  #unitsSent = 0;
  #limit: number;
  /** Below the threshold the limit doubles with each round; above, it grows slowly. */
  #threshold = MOST_LIMIT;
  /** The limit is cut once for all operations that were on their way at the cut. */
  #cutAt = -Infinity;
  #quietSince = 0;
  #failing = false;
  /** The first and the last failure since an operation came back well. */
  #failedFrom = 0;
  #failedUntil = 0;
  #lastSentAt = 0;
  /** When the last operation was sent that has come back. */
  #heardOfAt = -Infinity;
  #silenceNoticed = false;
  #silenceEndedAt = -Infinity;
  /** The most units that were outstanding since a moment. */
  #mostUsed = 0;
  #usedSince = 0;
  #unitsPerSecond = 0;
  #ratedAt = 0;

  /**
   * Makes a lane without operations.
   *
   * @param floor The least units of work that may be under way at once.
   */
  constructor(clock: Pick<Clock, "now">, floor: number) {
    this.#clock = clock;
    this.#floor = floor;
    this.#limit = FIRST_LIMITS * floor;
  }

  /** Calls `listener` after each operation that has come back. */
  listen(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Counts units of work that wait to be sent; a negative number for those that do not wait any more. */
  wait(units: number): void {
    this.#waiting += units;
    this.#noteUse();
  }

  /** The units of work that wait or are on their way. */
  get outstanding(): number {
    return this.#waiting + this.#unitsSent;
  }

  /** The units of work that may be outstanding before new work is begun. */
  get limit(): number {
    return this.#limit;
  }

  /** The number of operations on their way. */
  get inFlight(): number {
    return this.#sent.size;
  }

  /** The units of work that the database does in a second, lately. */
  get unitsPerSecond(): number {
    const age = Math.max(0, this.#clock.now() - this.#ratedAt);
    return this.#unitsPerSecond * Math.exp(-age / RATED_OVER_MS);
  }

  /** Milliseconds for which operations were on their way and none came back, or all failed. */
  get quietMs(): number {
    return this.#sent.size === 0 && !this.#failing ? 0 : this.#clock.now() - this.#quietSince;
  }

  /**
   * Milliseconds for which the oldest operation has been on its way; 0 when none is. One that a later operation has
   * overtaken waits in no queue, and may be lost.
   */
  get oldestMs(): number {
    for (const { at } of this.#sent) if (at >= this.#heardOfAt) return this.#clock.now() - at;
    return 0;
  }

  /** The shortest time of an operation in the last minute or two, in milliseconds; 0 before the first one came back. */
  get fastestMs(): number {
    return this.#times.fastestMs;
  }

  /** How long operations take at present, in milliseconds: an average in which the last ones count most. */
  get recentMs(): number {
    return this.#times.recentMs;
  }

  /** Whether operations wait for others at the database, as far as their times tell. Then fewer and larger ones serve all. */
  get hasQueue(): boolean {
    const withoutQueue = QUEUE_TIMES * this.fastestMs + QUEUE_MS;
    return Math.max(this.recentMs, this.oldestMs) > Math.min(withoutQueue, MOST_WITHOUT_QUEUE_MS);
  }

  /** Whether nothing but failures has come back for a while. A single failure says little. */
  get failing(): boolean {
    return this.#failing && this.#failedUntil - this.#failedFrom >= FAILING_AFTER_MS;
  }

  /** Whether no operation has come back for {@linkcode SILENT_AFTER_MS}, although some are on their way or have failed. */
  get silent(): boolean {
    const slow = Math.min(SILENT_AFTER_TIMES * this.recentMs, MOST_SILENT_AFTER_MS);
    if (this.quietMs < Math.max(SILENT_AFTER_MS, slow)) return false;
    if (!this.#silenceNoticed) {
      this.#silenceNoticed = true;
      this.#threshold = this.#limit;
      this.#limit = this.#floor;
      this.#cutAt = this.#clock.now();
    }
    return true;
  }

  /** Whether a silence ended lately. Work that was given up during the silence may have taken effect. */
  get recovering(): boolean {
    return this.#clock.now() - this.#silenceEndedAt < RECOVERING_MS;
  }

  /**
   * Milliseconds until another operation may be sent; 0: now. Into a silence few operations are sent, each after a longer
   * pause: they find out whether the database is back, and those that hang stay few.
   */
  get pauseMs(): number {
    const { size } = this.#sent;
    if (size === 0 && !this.#failing) return 0;
    if (!this.silent && size < Math.max(LEAST_IN_FLIGHT, this.#limit)) return 0;
    const quietAtLast = this.#lastSentAt - this.#quietSince;
    // What fails at once leaves nothing behind.
    const pause = size === 0
      ? LEAST_PROBE_MS
      : Math.min(Math.max(quietAtLast, LEAST_PROBE_MS), MOST_PROBE_MS);
    return Math.max(0, this.#lastSentAt + pause - this.#clock.now());
  }

  /** Counts an operation that is sent now. */
  send(sending: Sending): Sent {
    const at = this.#clock.now();
    const sent = { ...sending, at };
    if (this.#sent.size === 0 && !this.#failing) this.#quietSince = at;
    this.#lastSentAt = at;
    this.#sent.add(sent);
    this.#unitsSent += sent.units;
    this.#noteUse();
    return sent;
  }

  /** Notes that an operation has come back. */
  heard(sent: Sent, outcome: Outcome): void {
    // The operation was lost, or belongs to a connection that was replaced.
    if (!this.#sent.has(sent)) return;
    const now = this.#clock.now();
    if (outcome === "failed") return this.#noteFailure(sent);
    const inUse = this.outstanding * 2 >= this.#limit;
    const ok = outcome === "done";
    // What was sent into a silence says nothing about the time after it.
    if (this.silent) this.#cutAt = this.#silenceEndedAt = now;
    this.#forget(sent);
    for (const first of this.#sent) {
      if (first.at >= sent.at - LOST_AFTER_MS) break;
      this.#forget(first);
    }
    this.#heardOfAt = Math.max(this.#heardOfAt, sent.at);
    this.#quietSince = now;
    this.#failing = this.#silenceNoticed = false;
    this.#unitsPerSecond = this.unitsPerSecond + sent.units * 1000 / RATED_OVER_MS;
    this.#ratedAt = now;
    if (ok && sent.at > this.#cutAt) this.#times.note(now - sent.at, now);
    if (now - sent.since > LATE_MS) this.#cut(sent, now);
    else if (ok && inUse) this.#grow(sent.units);
    for (const listener of this.#listeners) listener();
  }

  /** Fails all operations that are on their way. The connection that they were sent on is given up. */
  failAll(error: Error): void {
    const hanging = [...this.#sent];
    this.#sent.clear();
    this.#unitsSent = 0;
    this.#failing = this.#silenceNoticed = false;
    for (const { fail } of hanging) fail(error);
    for (const listener of this.#listeners) listener();
  }

  /** Lets a limit fall that is more than twice what is used, as TCP does it (RFC 2861). It grows again within some rounds. */
  #noteUse(): void {
    const now = this.#clock.now();
    if (now - this.#usedSince >= UNUSED_FOR_MS) {
      this.#limit = Math.min(this.#limit, Math.max(FIRST_LIMITS * this.#floor, 2 * this.#mostUsed));
      this.#usedSince = now;
      this.#mostUsed = 0;
    }
    this.#mostUsed = Math.max(this.#mostUsed, this.outstanding);
  }

  #noteFailure(sent: Sent): void {
    this.#failedUntil = this.#clock.now();
    if (!this.#failing) this.#failedFrom = this.#failedUntil;
    this.#failing = true;
    this.#forget(sent);
    for (const listener of this.#listeners) listener();
  }

  #forget(sent: Sent): void {
    this.#sent.delete(sent);
    this.#unitsSent -= sent.units;
  }

  #cut(sent: Sent, now: number): void {
    if (sent.since <= this.#cutAt || this.#limit === this.#floor) return;
    this.#limit = this.#threshold = Math.max(this.#floor, this.#limit * CUT);
    this.#cutAt = now;
  }

  #grow(units: number): void {
    const growth = this.#limit < this.#threshold ? units : units * GROWTH / this.#limit;
    this.#limit = Math.min(MOST_LIMIT, this.#limit + growth);
  }
}
