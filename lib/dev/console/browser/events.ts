/**
 * Records the events of the console's timeline. Runs in the browser and in the service.
 *
 * @module
 */

/** The request header with the id of a visit to the console. The service records only requests with this header. */
export const VISIT_HEADER = "x-console-visit";

/** The part of the system that an event belongs to. */
export type Lane = "device" | "service" | "amazon" | "kv";

/** One event of the timeline. */
export interface TimelineEvent {
  /** The part of the system that did something, or that a request went to. */
  readonly lane: Lane;
  /** What happened, in a few words. */
  readonly title: string;
  /** Time of the start, in milliseconds since the epoch, with fractions. */
  readonly start: number;
  /** Time of the end, in the same unit; null while the event is running. */
  readonly end: number | null;
  /** An HTTP status, or the result in a word or two; empty while the event is running. */
  readonly status: string;
  /** Whether the event succeeded. */
  readonly ok: boolean;
  /** Whether the event is only a wait. */
  readonly pause?: boolean;
  /** The request, which the timeline shows when the event is unfolded. */
  readonly request: unknown;
  /** The response, which the timeline shows when the event is unfolded. */
  readonly response: unknown;
}

/** The fields of an event that are known at its start. */
export type EventStart = Pick<TimelineEvent, "lane" | "title" | "pause" | "request">;

/** The fields of an event that are known at its end. */
export type EventResult = Pick<TimelineEvent, "status" | "ok" | "response">;

/** Returns the milliseconds since the epoch, with fractions. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * Runs `work` as one event of a list. The event is in the list from the start of the work, and complete at its end.
 * Work that rejects gets the error's message as its status.
 *
 * @param options.now Returns the milliseconds since the epoch, with fractions.
 * @param options.describe Returns the result of the event.
 */
export async function recordEvent<T>(
  events: TimelineEvent[],
  start: EventStart,
  { now, work, describe }: {
    readonly now: () => number;
    readonly work: () => Promise<T>;
    readonly describe: (value: T) => EventResult;
  },
): Promise<T> {
  const at = events.push({ ...start, start: now(), end: null, status: "", ok: true, response: null }) - 1;
  const complete = (result: EventResult) => {
    const event = events[at];
    if (event !== undefined) events[at] = { ...event, end: now(), ...result };
  };
  try {
    const value = await work();
    complete(describe(value));
    return value;
  } catch (error) {
    complete({ status: error instanceof Error ? error.message : "failed", ok: false, response: null });
    throw error;
  }
}

/** Parses a text as JSON. Returns the text itself when it is not JSON, and null when it is empty. */
export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === "" ? null : text;
  }
}
