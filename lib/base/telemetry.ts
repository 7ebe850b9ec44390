/**
 * What OpenTelemetry is told: spans of the steps of a request, and metrics. It is off unless the platform collects it; then
 * {@linkcode NO_TELEMETRY} does nothing.
 *
 * @module
 */
import type { Log } from "./log.ts";
import type { Problem } from "./problem.ts";

/** Values that a span or a measurement is described by. None is a secret or personal. One that is undefined is left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** What a metric means. */
export interface Metric {
  /** The unit, as UCUM writes it. */
  readonly unit: string;
  /** One sentence without a full stop. */
  readonly description: string;
  /** The names of the values that describe a measurement. */
  readonly by: readonly string[];
}

/** The metrics that count, by name. */
export const COUNTERS = {
  "oneclick.sign_ins": {
    unit: "{sign_in}",
    description: "Sign-ins by method and outcome",
    by: ["oneclick.method", "oneclick.outcome"],
  },
  "oneclick.replays": {
    unit: "{answer}",
    description: "Answers that an earlier request got first",
    by: ["oneclick.method"],
  },
  "oneclick.codes.resumed": {
    unit: "{code}",
    description: "Codes that a request took over from one before",
    by: ["oneclick.token_kept"],
  },
  "oneclick.problems": {
    unit: "{answer}",
    description: "Answers that are a problem, by its code",
    by: ["http.route", "error.type"],
  },
  "oneclick.limits.hit": {
    unit: "{request}",
    description: "Requests that were turned away by a limit",
    by: ["http.route", "error.type"],
  },
  "oneclick.kv.retries": {
    unit: "{try}",
    description: "Operations on the database that were tried again",
    by: ["db.operation.name", "error.type"],
  },
  "oneclick.kv.conflicts": { unit: "{commit}", description: "Commits that lost to another writer", by: [] },
  "oneclick.mails": {
    unit: "{mail}",
    description: "Tries to send a mail, by what came of them",
    by: ["oneclick.state", "oneclick.kind"],
  },
  "oneclick.webhooks": {
    unit: "{webhook}",
    description: "Tries to post a webhook, by what came of them",
    by: ["oneclick.state", "oneclick.kind"],
  },
  "oneclick.receipts": {
    unit: "{receipt}",
    description: "Receipts by what RVS said, or what is wrong",
    by: ["oneclick.state"],
  },
  "oneclick.tasks.failed": {
    unit: "{task}",
    description: "Due tasks that failed, and are tried again",
    by: ["oneclick.task"],
  },
  "oneclick.log.records": {
    unit: "{record}",
    description: "Entries of the log at WARN and ERROR, by event",
    by: ["oneclick.event", "oneclick.level"],
  },
} as const satisfies Readonly<Record<string, Metric>>;

/** The metrics that are durations, in seconds, by name. */
export const DURATIONS = {
  "http.client.request.duration": {
    unit: "s",
    description: "Duration of HTTP client requests",
    by: [
      "http.request.method",
      "server.address",
      "server.port",
      "url.template",
      "http.response.status_code",
      "error.type",
    ],
  },
  "db.client.operation.duration": {
    unit: "s",
    description: "Duration of operations on the database, with the wait for a turn and the retries",
    by: ["db.system.name", "db.operation.name", "error.type"],
  },
} as const satisfies Readonly<Record<string, Metric>>;

/** The metrics that are a present value, by name. A value that is not told again for 2 minutes becomes 0. */
export const GAUGES = {
  "oneclick.tasks.oldest.age": {
    unit: "s",
    description: "Age of the task that has been due longest",
    by: ["oneclick.queue"],
  },
} as const satisfies Readonly<Record<string, Metric>>;

/** A request that has its answer. */
export interface AnsweredRequest {
  /** The HTTP method. */
  readonly method: string;
  /** The pattern of the route; undefined when no route took the request. */
  readonly route: string | undefined;
  /** The id of the request, as in `X-Request-Id`. */
  readonly requestId: string;
  /** The problem in the answer. */
  readonly problem: Problem | undefined;
}

/** Takes spans and measurements. */
export interface Telemetry {
  /** Does one step within a span. The work begins at once. */
  span<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Does an operation on the database within a span, and measures it. */
  storage<T>(operation: string, work: () => Promise<T>): Promise<T>;
  /** Describes the span of the request under way, which the platform has begun and ends. */
  request(answered: AnsweredRequest): void;
  /** Counts one. */
  count(metric: keyof typeof COUNTERS, attributes?: Attributes): void;
  /** Tells a present value. */
  tell(metric: keyof typeof GAUGES, value: number, attributes?: Attributes): void;
  /** Returns a log that counts what it is given. */
  watchLog(log: Log): Log;
  /** Returns a `fetch` that measures, and keeps its URLs out of traces. */
  watchFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch;
}

/** Does the work, and tells nobody. */
export const NO_TELEMETRY: Telemetry = {
  span: (_, work) => work(),
  storage: (_, work) => work(),
  request() {},
  count() {},
  tell() {},
  watchLog: (log) => log,
  watchFetch: (fetch) => fetch,
};

/** The place where OpenTelemetry's API finds the platform's implementation: there is one when Deno's exporter is on. */
const IMPLEMENTATION = Symbol.for("opentelemetry.js.api.1");

/** Returns true when the platform collects telemetry: with `OTEL_DENO=true`, and on Deno Deploy. */
export function isCollected(): boolean {
  return IMPLEMENTATION in globalThis;
}
