/**
 * Decides how many random plans a property is tried with: few by default, many in CI.
 *
 * @module
 */

const variable = "TEST_RUNS";

/** Whether `TEST_RUNS=full` asks for many. A run without permission to read that variable tries few. */
const FULL = Deno.permissions.querySync({ name: "env", variable }).state === "granted" &&
  Deno.env.get(variable) === "full";

/** Returns how many random plans a property is tried with: fast-check's `numRuns`. */
export function numRuns({ quick, full }: { readonly quick: number; readonly full: number }): number {
  return FULL ? full : quick;
}
