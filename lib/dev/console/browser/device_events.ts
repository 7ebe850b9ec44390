/**
 * Records what a TV does, for the timeline. Runs in the browser.
 *
 * @module
 */
import { now, recordEvent, type TimelineEvent } from "./events.ts";

/** How a result is shown. */
export interface Work<T> {
  /** Does what is recorded. */
  readonly work: () => Promise<T>;
  /** Returns the result in a word or two. */
  readonly statusOf: (value: T) => string;
}

/** The events of one TV. */
export class DeviceEvents {
  /** The events, in the order of their starts. */
  readonly list: TimelineEvent[] = [];
  readonly #silences: (() => void)[] = [];

  /** Adds an event that takes no time. */
  note(title: string, status: string): void {
    const start = now();
    this.list.push({
      lane: "device",
      title,
      start,
      end: start,
      status,
      ok: true,
      request: null,
      response: null,
    });
  }

  /** Adds a pause of the app, which ends by itself. */
  pause(ms: number): void {
    const start = { lane: "device", title: "waits, then asks again", pause: true } as const;
    recordEvent(this.list, { ...start, request: { milliseconds: Math.round(ms) } }, {
      now,
      work: () => sleep(ms),
      describe: () => ({ status: "waited", ok: true, response: null }),
    });
  }

  /** Records some work of the TV. */
  record<T>(title: string, request: unknown, { work, statusOf }: Work<T>): Promise<T> {
    return recordEvent(this.list, { lane: "device", title, request }, {
      now,
      work,
      describe: (value) => {
        const response = value instanceof Response ? value : null;
        return { status: statusOf(value), ok: response?.ok ?? true, response: response ? null : value };
      },
    });
  }

  /** Records a call that gets no answer. It ends when the client waits no longer. */
  recordSilence(title: string, request: unknown): Promise<void> {
    return recordEvent(this.list, { lane: "device", title, request }, {
      now,
      work: () => new Promise<void>((resolve) => this.#silences.push(resolve)),
      describe: () => ({ status: "no answer", ok: false, response: null }),
    });
  }

  /** Ends the oldest silence: a time limit of the client is over. */
  endSilence(): void {
    this.#silences.shift()?.();
  }
}

/** Resolves after so many milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
