/**
 * What the console's timeline is made of. Runs in the browser and in the service.
 *
 * @module
 */

/** Who did something. */
export type Lane = "device" | "service" | "amazon" | "kv";

/** One thing that happened, with the time it took. */
export interface TimelineEvent {
  /** Who did it, or was asked. */
  readonly lane: Lane;
  /** What it is, in a few words. */
  readonly title: string;
  /** Milliseconds since the epoch, with their fractions. */
  readonly start: number;
  /** The same of its end; null while it goes on. */
  readonly end: number | null;
  /** An HTTP status, or what came of it in a word; empty while it goes on. */
  readonly status: string;
  /** Whether it came to what was hoped for. */
  readonly ok: boolean;
  /** Whether nothing is done meanwhile. */
  readonly pause?: boolean;
  /** What was asked, to unfold. */
  readonly request: unknown;
  /** What came back, to unfold. */
  readonly answer: unknown;
}

/** What an event came to. */
export type Outcome = Pick<TimelineEvent, "status" | "ok" | "answer">;

/** What an event is, before it has come to anything. */
export type Begun = Pick<TimelineEvent, "lane" | "title" | "pause" | "request">;

/**
 * Does some work as one event of a list. It is there from the start of the work, and complete at its end.
 *
 * @param now Milliseconds since the epoch, with their fractions.
 * @param describe Says what came of it; work that rejects is told by the name of its error.
 */
export async function record<T>(
  { events, now }: { readonly events: TimelineEvent[]; readonly now: () => number },
  begun: Begun,
  { work, describe }: { readonly work: () => Promise<T>; readonly describe: (result: T) => Outcome },
): Promise<T> {
  const at = events.push({ ...begun, start: now(), end: null, status: "", ok: true, answer: null }) - 1;
  const settle = (outcome: Outcome) => {
    const event = events[at];
    if (event !== undefined) events[at] = { ...event, end: now(), ...outcome };
  };
  try {
    const result = await work();
    settle(describe(result));
    return result;
  } catch (error) {
    settle({ status: error instanceof Error ? error.message : "failed", ok: false, answer: null });
    throw error;
  }
}

/** JSON as it is, anything else as text. */
export function readable(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === "" ? null : text;
  }
}
