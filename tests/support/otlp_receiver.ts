/**
 * A collector of OpenTelemetry: takes traces, metrics and logs by OTLP over HTTP as JSON, and keeps them.
 *
 * @module
 */

/** Values by name, as OTLP's list of attributes says them. A name that came twice has its last value. */
export type Values = Readonly<Record<string, string | number | boolean>>;

/** A span. */
export interface ReceivedSpan {
  readonly name: string;
  /** 1: internal, 2: server, 3: client. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  /** The name of what made it: `deno` or `oneclick`. */
  readonly scope: string;
  /** 0: unset, 1: ok, 2: error. */
  readonly status: { readonly code: number; readonly message: string };
  readonly values: Values;
}

/** An entry of the log. */
export interface ReceivedLog {
  readonly severity: string;
  readonly body: string;
  readonly traceId: string;
}

/** One series of a metric, as it was told last. */
export interface ReceivedPoint {
  readonly values: Values;
  /** A sum, a present value, or the number of durations. */
  readonly value: number;
}

/** A metric. */
export interface ReceivedMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: "sum" | "gauge" | "histogram";
  readonly scope: string;
  readonly points: readonly ReceivedPoint[];
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, string | number | boolean>>;
}

// deno-lint-ignore no-explicit-any -- JSON of another program, of which a test checks what it reads
type Json = any;

/** The collector. Dispose of it with `await using`. */
export class OtlpReceiver implements AsyncDisposable {
  /** The variables of a process that sends to it: spans and records often, metrics at its exit. */
  readonly env: Readonly<Record<string, string>>;
  /** Every body, as it came. */
  readonly bodies: string[] = [];
  readonly spans: ReceivedSpan[] = [];
  readonly logs: ReceivedLog[] = [];
  /** The metrics by name and scope. */
  readonly metrics = new Map<string, ReceivedMetric>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** Listens on a free port. */
  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    this.#server = Deno.serve(options, async (request) => {
      const body = await request.text();
      this.bodies.push(body);
      this.#take(JSON.parse(body));
      return Response.json({});
    });
    this.env = {
      OTEL_DENO: "true",
      OTEL_SERVICE_NAME: "oneclick",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_BLRP_SCHEDULE_DELAY: "100",
      // The metrics come when the process exits. One that exits while Deno collects them may never end (2.9.6).
      OTEL_METRIC_EXPORT_INTERVAL: "60000",
    };
  }

  /** Returns a metric of any scope. */
  metric(name: string): ReceivedMetric | undefined {
    return [...this.metrics.values()].find((metric) => metric.name === name);
  }

  /** Returns the sum of the series of a metric that have some values. */
  sum(name: string, values: Values = {}): number {
    const points = this.metric(name)?.points ?? [];
    const fitting = points.filter((point) =>
      Object.entries(values).every(([key, value]) => point.values[key] === value)
    );
    return fitting.reduce((sum, { value }) => sum + value, 0);
  }

  /** Closes the port. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  #take({ resourceSpans = [], resourceLogs = [], resourceMetrics = [] }: Json): void {
    for (const { scope, spans } of resourceSpans.flatMap(({ scopeSpans }: Json) => scopeSpans)) {
      for (const span of spans) {
        this.spans.push({ ...span, scope: scope.name, values: valuesOf(span.attributes) });
      }
    }
    for (const { logRecords } of resourceLogs.flatMap(({ scopeLogs }: Json) => scopeLogs)) {
      for (const { severityText, body, traceId } of logRecords) {
        this.logs.push({ severity: severityText, body: body.stringValue, traceId });
      }
    }
    for (const { scope, metrics } of resourceMetrics.flatMap(({ scopeMetrics }: Json) => scopeMetrics)) {
      for (const metric of metrics) {
        this.metrics.set(`${scope.name}/${metric.name}`, readMetric(metric, scope.name));
      }
    }
  }
}

function readMetric({ name, unit, ...metric }: Json, scope: string): ReceivedMetric {
  const kind = (["sum", "gauge", "histogram"] as const).find((kind) => kind in metric) ?? "sum";
  const points = metric[kind].dataPoints.map(({ attributes, asInt, asDouble, count }: Json) => ({
    values: valuesOf(attributes),
    value: Number(count ?? asInt ?? asDouble),
  }));
  return { name, unit, kind, scope, points };
}

function valuesOf(attributes: readonly OtlpAttribute[]): Values {
  return Object.fromEntries(
    attributes.map(({ key, value: { intValue, stringValue, boolValue, doubleValue } }) => {
      const number = intValue ?? doubleValue;
      return [key, stringValue ?? boolValue ?? Number(number)];
    }),
  );
}
