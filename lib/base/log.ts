/**
 * The log: one line of JSON for each event. An entry has the fields below and no others, so there is no field for a secret
 * or for personal data.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import { Problem } from "./problem.ts";

/** The levels of entries, from the least to the most important. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** The name of each level in a line, from the least to the most important. */
const LEVELS: Readonly<Record<LogLevel, string>> = {
  debug: "DEBUG",
  info: "INFO",
  warning: "WARN",
  error: "ERROR",
};
const RANKS = Object.keys(LEVELS);

/** The fields of an entry, each with its meaning. A field that is not listed here cannot be logged. */
export const LOG_FIELDS = {
  request_id: "The id of the request, as in `X-Request-Id`",
  method: "The HTTP method of the request",
  route: "The pattern of the route; never the path itself, which can hold a secret",
  status: "The HTTP status of our response, or of Amazon's",
  ms: "Duration in milliseconds",
  problem: "The code of the problem in the response",
  endpoint: "The endpoint of Amazon that was called: `token`, `profile`, `rvs` or `acknowledge`",
  outcome: "The result of the call: `ok` or the code of a problem; of a receipt, what RVS said about it",
  attempt: "The number of the attempt, from 1",
  replayed: "`true` when an earlier request with the same code or key got the answer first",
  amazon_request_id: "Amazon's `request_id`, when Amazon gave one",
  app: "The name of the configured Amazon client",
  topic: "The SNS topic of a notification",
  token: "The token of an SNS subscription, for Amazon's console; it is worth nothing elsewhere",
  detail: "What the operator should know: one of our own sentences",
  error: "The class name of an error; its message is left out, since it can hold a URL and so a secret",
  error_code: "The code of an error, such as `locked` or `full` of a database",
  operation: "The operation on the database that failed: `get`, `list` or `commit`",
  stack: "Where an unexpected error was thrown: functions and lines, without the message",
  mail: "The id of a mail, as in its `Message-ID`",
  mail_kind: "The kind of a mail",
  event: "The id of an event, as in `webhook-id`",
  event_type: "The type of an event",
  task: "The kind of a task that failed",
  key: "The id of a data key, as `DATA_KEYS` names it",
  url: "A local address that is served",
  database: "Where the data is: the path of the file, or the origin of the KV service",
  signal: "The signal that stops the process",
  unfinished: "The requests that a stop has cut",
} as const;

/** Values for the fields of an entry. A field that is undefined is left out. */
export type LogFields = { readonly [Field in keyof typeof LOG_FIELDS]?: string | number | undefined };

/** The most characters of a value, and of the frames of an error. */
const MOST_CHARACTERS = 500;
const MOST_STACK_CHARACTERS = 1500;

const FIELDS = Object.keys(LOG_FIELDS) as (keyof LogFields)[];

/** Writes one entry: a level, the name of the event, and its fields. */
export type Log = (level: LogLevel, event: string, fields: LogFields) => void;

/** What a log needs. */
export interface LogOptions {
  /** Entries below this level are dropped. */
  readonly level: LogLevel;
  /** Gives entries their time. */
  readonly clock: Pick<Clock, "now">;
  /** Takes one line of JSON, without its line feed; or takes the lines of each level. */
  readonly write: WriteLine | Readonly<Record<LogLevel, WriteLine>>;
}

/** Takes one line, without its line feed. */
export type WriteLine = (line: string) => void;

/**
 * Writes each line by the method of the console for its level, from which a platform that collects logs takes the
 * level.
 */
export const CONSOLE_LINES: Readonly<Record<LogLevel, WriteLine>> = {
  debug: (line) => console.debug(line),
  info: (line) => console.info(line),
  warning: (line) => console.warn(line),
  error: (line) => console.error(line),
};

/** Makes a log. */
export function createLog({ level: lowest, clock, write }: LogOptions): Log {
  const least = RANKS.indexOf(lowest);
  return (level, event, fields) => {
    if (RANKS.indexOf(level) < least) return;
    const line: Record<string, unknown> = {
      "@timestamp": new Date(clock.now()).toISOString(),
      level: LEVELS[level],
      message: event,
      logger: "oneclick",
    };
    for (const name of FIELDS) if (fields[name] !== undefined) line[name] = bounded(name, fields[name]);
    const writeLine = typeof write === "function" ? write : write[level];
    writeLine(JSON.stringify(line));
  };
}

/** Cuts a long text. Clients choose some values: a client can send a method of 60 KB. */
function bounded(name: keyof LogFields, value: string | number | undefined): string | number | undefined {
  if (typeof value !== "string") return value;
  const most = name === "stack" ? MOST_STACK_CHARACTERS : MOST_CHARACTERS;
  return value.length <= most ? value : `${value.slice(0, most)}…`;
}

/**
 * Describes an error for the log, without its message. A {@linkcode Problem} is described by its internal text and its
 * cause; another error by its class name and the place where it was thrown.
 */
export function describeError(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  if (error instanceof Problem) {
    const { internal = error.message, cause } = error.details;
    return {
      problem: error.code,
      detail: internal,
      ...describeCause(cause instanceof Error ? cause : error),
    };
  }
  return { error: error.name, stack: framesOf(error) };
}

function describeCause(cause: Error & { readonly code?: unknown; readonly operation?: unknown }): LogFields {
  const { name, code, operation } = cause;
  if (cause instanceof Problem) return { error: name };
  return {
    error: name,
    error_code: typeof code === "string" ? code : undefined,
    operation: typeof operation === "string" ? operation : undefined,
  };
}

function framesOf({ message, stack = "" }: Error): string {
  // The frames come after the message, which may have lines that look like one.
  const messageStart = stack.indexOf(message);
  const traced = messageStart < 0 ? "" : stack.slice(messageStart + message.length);
  const frames = traced.split("\n").filter((line) => /^\s+at /.test(line));
  return frames.slice(0, 8).map((line) => line.trim()).join(" < ");
}
