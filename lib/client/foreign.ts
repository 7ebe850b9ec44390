/**
 * Keeps the faults of the app and of the engine away from the client: their functions may throw, reject, or return
 * anything.
 *
 * @module
 */
import type { Clock } from "./clock.ts";

/** Runs the work of a method that never rejects. `otherwise` is its result after a fault. */
export async function guarded<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work();
  } catch {
    return otherwise;
  }
}

/**
 * Calls a function of the app, of which no result is wanted. It may be asynchronous, and its fault is the app's own.
 */
export function tell(call: () => unknown): void {
  void guarded(() => Promise.resolve(call()), null);
}

/** Returns true for a text that is not empty. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** Returns a number from 0 to 1, also in an engine whose `Math.random` is broken. */
export function random(): number {
  try {
    const value = Math.random();
    if (value >= 0 && value < 1) return value;
  } catch { /* The time has to do. */ }
  return Date.now() % 997 / 997;
}

/** Makes a clock of one that may throw. Without a working timer it takes the engine's. */
export function steadyClock(clock: Clock, engine: Clock): Clock {
  let last = 0;
  return {
    now() {
      try {
        const ms = clock.now();
        if (Number.isFinite(ms)) last = ms;
      } catch { /* The last time has to do. */ }
      return last;
    },
    after(ms, callback) {
      try {
        const cancel = clock.after(ms, callback);
        return () => tell(cancel);
      } catch {
        return engine.after(ms, callback);
      }
    },
  };
}
