/**
 * The pace of TVs that ask whether they are signed in. It is kept in the instance, so a question costs no write.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { ACTIVATION_LIFE_MS, INTERVAL_S } from "./activation.ts";

/** Seconds by which the interval grows when a TV asks too soon (RFC 8628, 3.5). */
const STEP_S = 5;
const MOST_ACTIVATIONS = 100_000;

/** The pace at which one TV may ask. */
export interface Pace {
  /** Whether the TV has asked too soon. */
  readonly tooSoon: boolean;
  /** Whole seconds until the TV may ask again. */
  readonly interval: number;
}

/** Knows when each TV has asked last, and its interval. Each instance of the service knows only its own questions. */
export class ActivationPace {
  readonly #clock: Pick<Clock, "now">;
  /** In the order of the last questions. */
  readonly #asked = new Map<string, { readonly at: number; readonly interval: number }>();

  /** Knows nothing yet. */
  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Counts a question about an activation that is pending. */
  ask(activationId: string): Pace {
    const at = this.#clock.now();
    const last = this.#asked.get(activationId);
    const tooSoon = last !== undefined && at - last.at < last.interval * 1000;
    const interval = (last?.interval ?? INTERVAL_S) + (tooSoon ? STEP_S : 0);
    this.#asked.delete(activationId);
    this.#forget(at);
    this.#asked.set(activationId, { at, interval });
    return { tooSoon, interval };
  }

  /** Removes the activations that are over, and the oldest ones beyond the bound, so that memory stays bounded. */
  #forget(now: number): void {
    for (const [id, { at }] of this.#asked) {
      if (now - at < ACTIVATION_LIFE_MS && this.#asked.size < MOST_ACTIVATIONS) return;
      this.#asked.delete(id);
    }
  }
}
