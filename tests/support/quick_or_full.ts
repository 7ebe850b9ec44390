/**
 * Decides how many cases a long test plays: a few by default, all of them in CI.
 *
 * `TEST_RUNS=full` asks for all. A run without permission to read that variable is a quick one.
 *
 * @module
 */

/** Whether this run plays every case. */
export const FULL: boolean =
  Deno.permissions.querySync({ name: "env", variable: "TEST_RUNS" }).state === "granted" &&
  Deno.env.get("TEST_RUNS") === "full";

/** Returns how many random plans a property is tried with: fast-check's `numRuns`. */
export function numRuns({ quick, full }: { readonly quick: number; readonly full: number }): number {
  return FULL ? full : quick;
}

/**
 * Returns the cases that a test of many cases plays: all in a full run, else at most `quick`, spread evenly over the
 * list. The choice is the same in every quick run.
 */
export function casesOf<T>(all: readonly T[], { quick }: { readonly quick: number }): readonly T[] {
  if (FULL || all.length <= quick) return all;
  return Array.from({ length: quick }, (_, i) => all[Math.floor(i * all.length / quick)] as T);
}
