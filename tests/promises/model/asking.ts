/**
 * Requests under a scheduler, outside a race.
 *
 * @module
 */
import { Problem } from "../../../lib/base/problem.ts";
import type { World } from "./world.ts";

/** Lets the scheduler go on until some work is done, and returns what it returns. */
export async function driven<T>({ scheduler, violations }: World, work: Promise<T>): Promise<T> {
  let settled = false;
  const settle = () => void (settled = true);
  work.then(settle, settle);
  await scheduler.run(() => settled || violations.length > 0);
  for (const violation of violations) throw violation;
  return await work;
}

/** Returns the outcome of a sign-in: that of its answer, or the code of its problem. */
export async function outcomeOf(signIn: ReturnType<World["signIn"]>): Promise<string> {
  try {
    return (await signIn).answer.outcome;
  } catch (error) {
    if (error instanceof Problem && error.code !== "internal") return error.code;
    throw error;
  }
}
