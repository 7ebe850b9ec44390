/**
 * The two ways in which something that is sent is not taken. Their messages are for the log: they hold no part of what was
 * sent, and none of the answer's text.
 *
 * @module
 */

/** Thrown when the receiver refused something for good: another try would be refused too. */
export class RefusedError extends Error {
  /** The error's name in the log. */
  override name = "RefusedError";
}

/** Thrown when something was not taken now: another try may succeed. */
export class DelayedError extends Error {
  /** The error's name in the log. */
  override name = "DelayedError";
  /** Milliseconds for which the receiver wants no other try; 0 when it did not say. */
  readonly retryAfterMs: number;

  /** Makes the error. `retryAfterMs`: milliseconds for which the receiver wants no other try. */
  constructor(message: string, retryAfterMs = 0) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}
