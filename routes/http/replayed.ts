/**
 * Answers that an earlier request got first.
 *
 * @module
 */
import type { AppContext } from "./env.ts";

/** Tells the device, and the log, that an earlier request got this answer first. */
export function markReplayed(c: AppContext): void {
  c.set("replayed", true);
  c.header("Idempotency-Replayed", "true");
}
