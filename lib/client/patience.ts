/**
 * Sends a request again while the service says so, for as long as a customer waits.
 *
 * @module
 */
import { type Clock, type Interrupt, pause, startStopwatch } from "./clock.ts";
import type { TryLater } from "./results.ts";
import { pauseAfter, REQUEST_MS, type Send, type ServiceRequest, type ServiceResponse } from "./transport.ts";

/** Customers look at the waiting screen for this many milliseconds. */
const PATIENCE_MS = 30_000;
/** Ends the tries on a clock that stands still. */
const MAX_TRIES = 12;
/** The wait in seconds for the caller when the service named none. */
const DEFAULT_RETRY_S = 30;

/** What sending needs. */
export interface SendContext {
  /** Sends requests to the service. */
  readonly send: Send;
  /** Times the pauses between tries. */
  readonly clock: Clock;
  /** Ends the pauses early. */
  readonly interrupt?: Interrupt;
}

/**
 * Sends a request until the response is what the request asks for, or a problem whose `next` is not `retry`. Time is
 * added up from pauses and requests, as a TV may set its clock in between.
 *
 * @param isAnswer Whether a successful response comes from the service. A hotel's network answers as well.
 */
export async function sendPatiently(
  { send, clock, interrupt }: SendContext,
  request: ServiceRequest,
  isAnswer: (response: ServiceResponse) => unknown,
): Promise<ServiceResponse | TryLater> {
  let spentMs = 0;
  for (let tries = 1;; tries++) {
    const elapsed = startStopwatch(clock, REQUEST_MS);
    const response = await send(request);
    spentMs += elapsed();
    if (response.ok ? isAnswer(response) : response.problem && response.problem.next !== "retry") {
      return response;
    }
    const pauseMs = pauseAfter(response, tries);
    spentMs += pauseMs;
    if (tries >= MAX_TRIES || spentMs > PATIENCE_MS || interrupt?.requested) return tryLater(response);
    await pause(clock, pauseMs, interrupt);
    if (interrupt?.requested) return tryLater(response);
  }
}

/** Returns the result for a response that settled nothing, or for no response at all. */
export function tryLater(response?: ServiceResponse): TryLater {
  const failed = response && !response.ok ? response : null;
  return {
    outcome: "try_later",
    retry_after: failed?.retryAfter || DEFAULT_RETRY_S,
    problem: failed?.problem ?? null,
  };
}
