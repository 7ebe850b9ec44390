/**
 * Admission: whether new work may begin. Each use case asks once, before its first operation on the database. Work that
 * has begun is never stopped here, since what it has done already would be lost.
 *
 * @module
 */
import type { Clock, Deadline } from "../base/clock.ts";
import { Problem } from "../base/problem.ts";
import { Backlog } from "./backlog.ts";
import type { Connection } from "./connection.ts";
import type { Lane } from "./lane.ts";

/**
 * What comes first when the database cannot do everything. `started` is work that was begun before and is always admitted;
 * `check` is the check of a token, which costs one read; `new` is everything else.
 */
export type Precedence = "started" | "check" | "new";

/** The longest wait for admission, in milliseconds. */
export const MOST_WAIT_MS = 1000;
/** So many may always wait. More may, if they are admitted within a second at the present rate. */
const LEAST_QUEUE = 64;
/** The commits of most work: a sign-in by one click has three. */
const COMMITS_OF_WORK = 3;
/**
 * As much work may be begun as the database ends within so many seconds. Work that waits for Amazon is on its way to the
 * database too, although no lane counts it.
 */
const BEGUN_FOR_S = 2;

interface Waiting {
  readonly precedence: Precedence;
  readonly admit: () => void;
  readonly refuse: (problem: Problem) => void;
}

/** What an {@linkcode Admission} is made of. */
export interface AdmissionOptions {
  /** Tells how much work is on its way. */
  readonly connection: Connection;
  /** Times the waits. */
  readonly clock: Clock;
  /** Returns numbers from 0 up to 1. */
  readonly random: () => number;
}

/** Admits work while the database keeps up with it. */
export class Admission {
  /** Tells those who are turned away when to come back. */
  readonly backlog: Backlog;
  readonly #connection: Connection;
  readonly #clock: Clock;
  /** Those who wait, the oldest first. */
  readonly #waiting = new Set<Waiting>();
  /** Those who were admitted a moment ago and have not begun their first operation yet. */
  #entering = 0;
  /** New work that was admitted and has not ended. */
  #begun = 0;
  /** Checks of tokens that were admitted and have not ended. */
  #checks = 0;

  /** Makes an admission without waiting work. */
  constructor({ connection, clock, random }: AdmissionOptions) {
    this.#connection = connection;
    this.#clock = clock;
    this.backlog = new Backlog(clock, random);
    for (const lane of [connection.reads, connection.commits]) lane.listen(() => this.#next());
  }

  /**
   * Asks for admission, right before the first operation.
   *
   * @param deadline Ends the wait, at the latest after {@linkcode MOST_WAIT_MS}.
   * @returns Null when the work may begin now; otherwise a promise that resolves when it may, or rejects with `overloaded`.
   * @throws {Problem} `overloaded`, or `storage_unavailable` while the database is silent
   */
  enter(precedence: Precedence, deadline: Deadline): Promise<void> | null {
    if (precedence === "started") return null;
    const lanes = this.#lanesOf(precedence);
    // A silence that is noticed here takes the limit to its floor: so many operations may hang. While all fail at once, one
    // request at a time finds out whether that has ended.
    const silent = lanes.some((lane) => lane.silent);
    const mayHang = !silent ||
      lanes.every(({ failing, outstanding, limit }) => outstanding < (failing ? 1 : limit));
    const room = mayHang && this.#hasRoom(precedence);
    if (silent) {
      this.#connection.mend();
      if (!room) this.#refuseInSilence(lanes);
    }
    if (!room) return this.#wait(precedence, Math.min(MOST_WAIT_MS, deadline.remaining));
    // The newest work comes first. Those who wait follow: room can come up without an operation that has come back.
    if (this.#waiting.size > 0) queueMicrotask(() => this.#next());
    this.#begin(precedence);
    return null;
  }

  /** Notes that work has ended which was admitted. */
  leave(precedence: Precedence): void {
    if (precedence === "check") this.#checks--;
    if (precedence === "new") this.#begun--;
    if (this.#waiting.size > 0) this.#next();
  }

  /**
   * Returns the problem of a request that is turned away, with the time at which it may come again.
   *
   * @param perSecond The pieces of work that can be begun in a second; by default, as many as lately.
   */
  overloaded(perSecond: number = this.backlog.perSecond): Problem {
    return new Problem("overloaded", { retryAfter: this.backlog.turnAway(perSecond) });
  }

  /** Returns the problem of a request for which the database has no room. */
  #noRoom(): Problem {
    return this.overloaded(Math.max(this.#workPerSecond, this.backlog.perSecond));
  }

  /** The pieces of work that the database can do in a second. */
  get #workPerSecond(): number {
    const { limit, recentMs, unitsPerSecond } = this.#connection.commits;
    // After a silence nothing was done lately, but the limit and the time of a commit tell what can be done.
    return Math.max(unitsPerSecond, 1000 * limit / Math.max(1, recentMs)) / COMMITS_OF_WORK;
  }

  #mayBegin(): boolean {
    const { limit } = this.#connection.commits;
    return this.#begun < Math.max(limit, BEGUN_FOR_S * this.#workPerSecond);
  }

  #begin(precedence: Precedence): void {
    if (precedence === "check") this.#checks++;
    if (precedence !== "new") return;
    this.#begun++;
    this.backlog.begun();
  }

  /** Turns a request away at once. One probe after the other is sent in the place of all requests. */
  #refuseInSilence(lanes: readonly Lane[]): never {
    for (const lane of lanes) if (lane.silent) this.#connection.probe(lane);
    throw new Problem("storage_unavailable", {
      retryAfter: this.backlog.turnAwayUnknown(),
      internal: `The database has been silent for ${this.#connection.silentMs} ms`,
    });
  }

  #hasRoom(precedence: Precedence): boolean {
    // Reads of sign-ins that have begun may fill the lane. They leave no check outside: it costs a part of a read.
    if (precedence === "check") return this.#checks < this.#connection.reads.limit;
    const lanes = this.#lanesOf(precedence);
    return lanes.every((lane) => lane.outstanding + this.#entering < lane.limit) && this.#mayBegin();
  }

  #lanesOf(precedence: Precedence): readonly Lane[] {
    const { reads, commits } = this.#connection;
    return precedence === "check" ? [reads] : [commits, reads];
  }

  async #wait(precedence: Precedence, ms: number): Promise<void> {
    if (this.#waiting.size >= Math.max(LEAST_QUEUE, this.backlog.perSecond)) {
      // The newest work is admitted first, so the oldest has the least to hope for.
      const oldest = [...this.#waiting].find((waiting) => waiting.precedence === "new");
      if (oldest === undefined) throw this.#noRoom();
      oldest.refuse(this.#noRoom());
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { precedence, admit: resolve, refuse: reject };
    const cancel = this.#clock.after(ms, () => reject(this.#noRoom()));
    this.#waiting.add(waiting);
    try {
      await promise;
      this.#entering--;
    } finally {
      cancel();
      this.#waiting.delete(waiting);
    }
  }

  /** Admits those who wait while there is room: checks first, then the newest work. */
  #next(): void {
    for (const precedence of ["check", "new"] as const) {
      if (this.#waiting.size === 0 || !this.#hasRoom(precedence)) continue;
      for (const waiting of [...this.#waiting].reverse()) {
        if (waiting.precedence !== precedence) continue;
        if (!this.#hasRoom(precedence)) break;
        this.#waiting.delete(waiting);
        this.#entering++;
        this.#begin(precedence);
        waiting.admit();
      }
    }
  }
}
