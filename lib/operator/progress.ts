/**
 * Showing how far long work has come.
 *
 * @module
 */
import { systemClock as clock } from "../base/clock.ts";

/** Milliseconds between two lines. */
const PAUSE_MS = 2000;

/** Makes a function that passes on at most one call in two seconds, the first after two seconds. */
export function every<A extends unknown[]>(tell: (...args: A) => void): (...args: A) => void {
  let next = clock.now() + PAUSE_MS;
  return (...args) => {
    if (clock.now() < next) return;
    next = clock.now() + PAUSE_MS;
    tell(...args);
  };
}
