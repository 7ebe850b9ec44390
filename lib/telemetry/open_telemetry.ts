/**
 * Telemetry by OpenTelemetry's API, whose implementation and exporter are Deno's own. This room is imported only when
 * Deno's exporter is on.
 *
 * @module
 */
import { metrics, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Clock } from "../base/clock.ts";
import { Problem } from "../base/problem.ts";
import { type Attributes, COUNTERS, DURATIONS, GAUGES, type Telemetry } from "../base/telemetry.ts";
import { countsOf } from "./log_counts.ts";
import { SCOPE } from "./scope.ts";
import { watchFetch } from "./watched_fetch.ts";

/** The bounds of the buckets of a duration, in seconds: those that the semantic conventions advise for HTTP. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/**
 * Milliseconds after which a present value is over and becomes 0. Each minute there is a new one, where the cron job runs;
 * on Deno Deploy that is another instance each time.
 */
const PRESENT_MS = 120_000;

/** Puts the telemetry together. */
export function createTelemetry({ clock }: { readonly clock: Clock }): Telemetry {
  const tracer = trace.getTracer(SCOPE);
  const meter = metrics.getMeter(SCOPE);
  const counters = mapValues(COUNTERS, (metric, name) => meter.createCounter(name, metric));
  const durations = mapValues(
    DURATIONS,
    (metric, name) =>
      meter.createHistogram(name, { ...metric, advice: { explicitBucketBoundaries: BOUNDS } }),
  );
  // Not observable ones: when the process exits while Deno asks for their values, it never ends (2.9.6).
  const gauges = mapValues(GAUGES, (metric, name) => meter.createGauge(name, metric));
  /** Ends the present values, by metric and attributes. */
  const ends = new Map<string, () => void>();

  const telemetry: Telemetry = {
    span: (name, work) =>
      tracer.startActiveSpan(name, async (span) => {
        try {
          return await work();
        } catch (error) {
          fail(span, error);
          throw error;
        } finally {
          span.end();
        }
      }),
    storage(operation, work) {
      const names = { "db.system.name": "deno_kv", "db.operation.name": operation };
      const start = clock.now();
      const measure = (error: string | undefined) =>
        durations["db.client.operation.duration"].record(
          (clock.now() - start) / 1000,
          defined({ ...names, "error.type": error }),
        );
      return tracer.startActiveSpan(
        `kv ${operation}`,
        { kind: SpanKind.CLIENT, attributes: names },
        async (span) => {
          try {
            const result = await work();
            measure(undefined);
            return result;
          } catch (error) {
            measure(fail(span, error));
            throw error;
          } finally {
            span.end();
          }
        },
      );
    },
    request({ method, route, requestId, problem }) {
      const span = trace.getActiveSpan();
      if (span === undefined) return;
      if (route !== undefined) span.updateName(`${method} ${route}`).setAttribute("http.route", route);
      span.setAttribute("oneclick.request_id", requestId);
      if (problem === undefined) return;
      span.setAttribute("oneclick.problem", problem.code);
      if (problem.status >= 500) fail(span, problem);
    },
    count: (name, attributes = {}) => counters[name].add(1, defined(attributes)),
    tell(name, value, attributes = {}) {
      const key = `${name} ${JSON.stringify(attributes)}`;
      ends.get(key)?.();
      gauges[name].record(value, defined(attributes));
      ends.set(key, clock.after(PRESENT_MS, () => gauges[name].record(0, defined(attributes))));
    },
    watchLog: (log) => (level, event, fields) => {
      log(level, event, fields);
      for (const [name, attributes] of countsOf(level, event, fields)) telemetry.count(name, attributes);
    },
    watchFetch(fetch) {
      const duration = durations["http.client.request.duration"];
      return watchFetch(fetch, {
        measure: (seconds, attributes) => duration.record(seconds, defined(attributes)),
        clock,
      });
    },
  };
  return telemetry;
}

/** Marks a span as failed, without the error's message: it can hold a URL. Returns the type of the error. */
function fail(span: Span, error: unknown): string {
  const type = error instanceof Problem ? error.code : error instanceof Error ? error.name : typeof error;
  span.setAttribute("error.type", type);
  // A refusal is no failure of ours.
  if (!(error instanceof Problem) || error.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  return type;
}

function mapValues<const K extends string, V, W>(
  values: Readonly<Record<K, V>>,
  map: (value: V, key: K) => W,
): Readonly<Record<K, W>> {
  const entries = Object.entries(values) as [K, V][];
  return Object.fromEntries(entries.map(([key, value]) => [key, map(value, key)])) as Record<K, W>;
}

function defined(attributes: Attributes): Record<string, string | number | boolean> {
  const entries = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Record<string, string | number | boolean>;
}
