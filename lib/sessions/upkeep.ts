/**
 * The upkeep of sessions: writes that no request waits for, such as the daily renewal of a session's life.
 *
 * @module
 */
import type { Background } from "../base/background.ts";
import type { Clock } from "../base/clock.ts";
import { describeError, type Log } from "../base/log.ts";

/** Pieces of upkeep that wait in this instance. A further one is left out: the next use of the session asks again. */
const MOST_WAITING = 1000;
/** Pieces of upkeep that run at once. */
const AT_ONCE = 4;
/**
 * Milliseconds for which nothing is tried after a failure. So a database that takes no writes is not asked again and
 * again.
 */
const REST_MS = 60_000;

/** What the upkeep is made of. */
export interface UpkeepServices {
  /** Runs the work. A stop of the service waits for it. */
  readonly background: Background;
  /** Tells when a rest is over. */
  readonly clock: Pick<Clock, "now">;
  /** Is told of failures. */
  readonly log: Log;
}

/** Work about sessions that goes on beside the requests, one piece for a subject at a time. */
export class SessionUpkeep {
  readonly #services: UpkeepServices;
  readonly #waiting = new Map<string, () => Promise<void>>();
  #restsUntil = 0;

  /** Starts without work. */
  constructor(services: UpkeepServices) {
    this.#services = services;
  }

  /**
   * Adds a piece of work, unless one of the same subject waits. A failure is logged.
   *
   * @param subject What the work is about, such as the id of a session.
   */
  add(subject: string, work: () => Promise<void>): void {
    const { background, clock } = this.#services;
    if (clock.now() < this.#restsUntil || this.#waiting.has(subject) || this.#waiting.size >= MOST_WAITING) {
      return;
    }
    this.#waiting.set(subject, work);
    background.start("session_upkeep", () => this.#work());
  }

  async #work(): Promise<void> {
    const one = async () => {
      for (const [subject, work] of this.#waiting) {
        this.#waiting.delete(subject);
        try {
          await work();
        } catch (error) {
          this.#services.log("warning", "session_not_renewed", describeError(error));
          this.#restsUntil = this.#services.clock.now() + REST_MS;
          this.#waiting.clear();
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  }
}
