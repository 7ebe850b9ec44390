/**
 * JSON lines, one per event. An entry is made of the fields below and no others, so that a secret or a personal
 * datum has no field to stand in.
 *
 * @module
 */
import { compareLogLevel, getJsonLinesFormatter } from "@logtape/logtape";
import type { Clock } from "./clock.ts";

/** How much an entry matters, from the least to the most. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** The fields an entry may have. What is not listed here is never written. */
export interface LogFields {
  /** Ours, as in the `X-Request-Id` of the answer. */
  readonly request_id?: string | undefined;
  /** HTTP method of the request. */
  readonly method?: string | undefined;
  /** The pattern of the route, never the path that was asked for: that can hold a secret. */
  readonly route?: string | undefined;
  /** HTTP status of our answer, or of Amazon's. */
  readonly status?: number | undefined;
  /** How long it took, in milliseconds. */
  readonly ms?: number | undefined;
  /** The code of the problem that was answered. */
  readonly problem?: string | undefined;
  /** Which of Amazon's endpoints was called. */
  readonly endpoint?: "token" | "profile" | undefined;
  /** What came of the call: `ok`, or the code of the problem that it means. */
  readonly outcome?: string | undefined;
  /** The how-manieth try of the call, from 1. */
  readonly attempt?: number | undefined;
  /** Amazon's `request_id`, where it gave one. */
  readonly amazon_request_id?: string | undefined;
  /** Which configured Amazon client, by its name in the configuration. */
  readonly app?: string | undefined;
  /** The detail of a problem that the operator should look into: one of our own sentences. */
  readonly detail?: string | undefined;
  /** Class name of an unexpected error. Its message is left out: it can hold a URL and so a secret. */
  readonly error?: string | undefined;
  /** Where an unexpected error was thrown: functions and lines, without the message. */
  readonly stack?: string | undefined;
  /** Which mail, as in its `Message-ID`. */
  readonly mail?: string | undefined;
  /** What the mail is about. */
  readonly mail_kind?: string | undefined;
  /** What the task is for that failed. */
  readonly task?: string | undefined;
  /** A local address that is served. */
  readonly url?: string | undefined;
  /** The signal that stops the process. */
  readonly signal?: string | undefined;
}

const FIELDS = [
  "request_id",
  "method",
  "route",
  "status",
  "ms",
  "problem",
  "endpoint",
  "outcome",
  "attempt",
  "amazon_request_id",
  "app",
  "detail",
  "error",
  "stack",
  "mail",
  "mail_kind",
  "task",
  "url",
  "signal",
] as const satisfies readonly (keyof LogFields)[];

/** Writes one entry: a level, the name of the event, and its fields. */
export type Log = (level: LogLevel, event: string, fields: LogFields) => void;

/** What a log is made of. */
export interface LogOptions {
  /** Entries below this level are dropped. */
  readonly level: LogLevel;
  /** Stamps the entries. */
  readonly clock: Pick<Clock, "now">;
  /** Takes one line of JSON, without its line feed. */
  readonly write: (line: string) => void;
}

/** Makes a log. */
export function createLog({ level: lowest, clock, write }: LogOptions): Log {
  const format = getJsonLinesFormatter({ categorySeparator: ".", properties: "flatten" });
  return (level, event, fields) => {
    if (compareLogLevel(level, lowest) < 0) return;
    const properties: Record<string, unknown> = {};
    for (const name of FIELDS) if (fields[name] !== undefined) properties[name] = fields[name];
    const timestamp = clock.now();
    write(
      format({ category: ["oneclick"], level, message: [event], rawMessage: event, timestamp, properties })
        .trimEnd(),
    );
  };
}

/**
 * Hands lines over together: those of one turn of the event loop cost one system call. Who ends the process flushes
 * first; a process that is killed loses the lines of its last millisecond.
 */
export class LineBuffer {
  readonly #write: (lines: string) => void;
  readonly #clock: Pick<Clock, "after">;
  #lines: string[] = [];

  /**
   * Starts empty.
   *
   * @param write Takes lines, with line feeds between them and none at the end.
   */
  constructor(write: (lines: string) => void, clock: Pick<Clock, "after">) {
    this.#write = write;
    this.#clock = clock;
  }

  /** Takes one line, without its line feed. */
  readonly add = (line: string): void => {
    if (this.#lines.push(line) === 1) this.#clock.after(0, () => this.flush());
  };

  /** Writes what was taken. */
  flush(): void {
    const lines = this.#lines;
    this.#lines = [];
    if (lines.length > 0) this.#write(lines.join("\n"));
  }
}

/** The fields that may be said of an unexpected error: what kind and where, never its message. */
export function describeError(error: unknown): Pick<LogFields, "error" | "stack"> {
  if (!(error instanceof Error)) return { error: typeof error };
  const { name, message, stack = "" } = error;
  // The frames come after the message, which may have lines that look like one.
  const messageStart = stack.indexOf(message);
  const traced = messageStart < 0 ? "" : stack.slice(messageStart + message.length);
  const frames = traced.split("\n").filter((line) => /^\s+at /.test(line));
  return { error: name, stack: frames.slice(0, 8).map((line) => line.trim()).join(" < ") };
}
