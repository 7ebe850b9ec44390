/**
 * Moving the clock while a request is under way, without a race between its time and the database's.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { FakeClock } from "./fake_clock.ts";
import { aroundKv } from "./kv_hooks.ts";

const STEP_MS = 25;
const LEAST_TURNS = 10;
const MOST_MS = 120_000;

/** Counts the calls to a database that have not been answered: while there are any, no simulated time may pass. */
export class InFlight {
  #count = 0;

  /** Wraps a database so that its reads and commits are counted while they are out. */
  readonly wrap = (kv: Deno.Kv): Deno.Kv => aroundKv(kv, (_, call) => this.#track(call));

  /**
   * Resolves when nothing is out any more.
   *
   * @throws {Error} when a call stays out for ten real seconds.
   */
  async settle(): Promise<void> {
    const start = performance.now();
    for (let turn = 0; turn < LEAST_TURNS || this.#count > 0; turn++) {
      if (performance.now() - start > 10_000) throw new Error("The database does not answer");
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  async #track<T>(call: () => Promise<T>): Promise<T> {
    this.#count++;
    try {
      return await call();
    } finally {
      this.#count--;
    }
  }
}

/**
 * Simulated milliseconds by which {@linkcode Settled.ms} may be late: the clock is moved in steps, and what a timer
 * sets off may take more than one of them on a busy machine.
 */
export const SLACK_MS = 4 * STEP_MS;

/** A value that a promise came to, and the simulated milliseconds that passed until then. */
export interface Settled<T> {
  value: T;
  ms: number;
}

/**
 * Advances a clock until `promise` settles, in steps of `stepMs` simulated milliseconds.
 *
 * @throws whatever `promise` rejects with; an Error when it has not settled after two simulated minutes.
 */
export async function advanceUntil<T>(
  promise: Promise<T>,
  { clock, inFlight, stepMs = STEP_MS }: { clock: FakeClock; inFlight: InFlight; stepMs?: number },
): Promise<Settled<T>> {
  const start = clock.now();
  let settled = false;
  const timed = promise.then((value) => ({ value, ms: clock.now() - start })).finally(() => settled = true);
  timed.catch(() => {}); // It is awaited below, after a turn or more.
  await inFlight.settle();
  await clock.advance(0);
  while (!settled) {
    if (clock.now() - start > MOST_MS) throw new Error("Still pending after two simulated minutes");
    await inFlight.settle();
    if (!settled) await clock.advance(stepMs);
  }
  return await timed;
}
