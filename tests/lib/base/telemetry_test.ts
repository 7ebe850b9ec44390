/** The metrics, and what shows them: the dashboard, the alerts, and the operator's README.md. */
import { assert, assertEquals } from "@std/assert";
import { COUNTERS, DURATIONS, GAUGES, type Metric } from "../../../lib/base/telemetry.ts";
import alerts from "../../../lib/operator/grafana/alerts.json" with { type: "json" };
import dashboard from "../../../lib/operator/grafana/dashboard.json" with { type: "json" };

const ROOT = new URL("../../../", import.meta.url);
const ignore = Deno.permissions.querySync({ name: "read", path: ROOT }).state !== "granted";
// The parser looks for a variable when it is loaded.
const parser = Deno.permissions.querySync({ name: "env" }).state === "granted"
  ? (await import("@prometheus-io/lezer-promql")).parser
  : null;

/** The metric of Deno itself that is shown. `tests/process/telemetry_test.ts` sees that it comes. */
const OF_DENO = {
  "http.server.request.duration": {
    unit: "s",
    description: "",
    by: ["http.request.method", "http.response.status_code", "http.route"],
  },
} as const satisfies Readonly<Record<string, Metric>>;

/** The names in Prometheus, with the labels that each has. */
const KNOWN = new Map<string, readonly string[]>([
  ...Object.entries(COUNTERS).map(([name, { by }]) =>
    [`${underscored(name)}_total`, by.map(underscored)] as const
  ),
  ...Object.entries(GAUGES).map(([name, { by }]) =>
    [`${underscored(name)}_seconds`, by.map(underscored)] as const
  ),
  ...Object.entries({ ...DURATIONS, ...OF_DENO }).flatMap(([name, { by }]) =>
    ["bucket", "count", "sum"].map((part) =>
      [`${underscored(name)}_seconds_${part}`, [
        ...by.map(underscored),
        ...(part === "bucket" ? ["le"] : []),
      ]] as const
    )
  ),
]);

const panels = dashboard.panels.filter(({ type }) => type !== "row");
const { rules } = alerts.groups[0]!;
const EXPRESSIONS: readonly string[] = [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...rules.map(({ expr }) => expr),
];

Deno.test("the dashboard and the alerts ask for metrics and labels that are sent", {
  ignore: parser === null,
}, () => {
  assert(EXPRESSIONS.length > 30);
  assertEquals(EXPRESSIONS.flatMap(faultsOf), []);
});

Deno.test("the dashboard shows every metric", { ignore: parser === null }, () => {
  const shown = new Set(
    panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => readQuery(expr).metrics)),
  );
  const metrics = Object.keys({ ...COUNTERS, ...DURATIONS, ...GAUGES, ...OF_DENO }).map(underscored);
  assertEquals(metrics.filter((name) => ![...shown].some((other) => other.startsWith(`${name}_`))), []);
});

Deno.test("each panel has a place of its own, and each alert a severity and what to do", () => {
  const places = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + i % w},${y + Math.floor(i / w)}`)
  );
  assertEquals(new Set(places).size, places.length);
  assertEquals(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  assertEquals(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  for (const { alert, for: held, labels: { severity }, annotations: { summary, description } } of rules) {
    assert(["critical", "warning"].includes(severity) && /^\d+m$/.test(held), alert);
    assert(summary !== "" && description.endsWith("."), alert);
  }
});

Deno.test("each value that the dashboard and the alerts look for is one of the source", {
  ignore: ignore || parser === null,
}, () => {
  const source = [
    "lib/base",
    "lib/kv",
    "lib/outbox",
    "lib/purchases",
    "lib/telemetry",
    "lib/amazon",
    "routes",
  ]
    .flatMap((folder) => filesIn(folder)).map((url) => Deno.readTextFileSync(url)).join("\n");
  const values = EXPRESSIONS.flatMap((expr) => readQuery(expr).values).flatMap((value) => value.split("|"))
    .filter((value) => value !== "" && !/^\d+$/.test(value));
  assert(values.length > 20);
  const unknown = values.filter((value) => !new RegExp(`(?<![\\w/])${value}(?!\\w)`).test(source));
  assertEquals(unknown, []);
});

Deno.test("lib/operator/README.md names every metric with what it is counted by", { ignore }, () => {
  const readme = Deno.readTextFileSync(new URL("lib/operator/README.md", ROOT));
  for (const [name, { by }] of Object.entries<Metric>({ ...COUNTERS, ...DURATIONS, ...GAUGES })) {
    const row = readme.split("\n").find((line) =>
      line.startsWith("|") && line.split("|")[1]?.includes(`\`${name}\``)
    );
    assert(row !== undefined, name);
    // What is the same for all measurements, or follows from another value, is not named.
    const named = by.filter((key) => !["db.system.name", "server.port", "http.request.method"].includes(key));
    assertEquals(named.filter((key) => !row.includes(`\`${key}\``)), [], name);
  }
});

Deno.test("a query for a metric, a label or a syntax that does not exist is noticed", {
  ignore: parser === null,
}, () => {
  assertEquals(faultsOf("sum(rate(oneclick_mails_total[5m]))"), []);
  for (
    const query of [
      "sum(rate(oneclick_mail_total[5m]))",
      "sum by (oneclick_stat) (oneclick_mails_total)",
      'oneclick_mails_total{oneclick_outcome="sent"}',
      "sum by (le) (oneclick_mails_total)",
      "sum(rate(oneclick_mails_total[5m])",
    ]
  ) assertEquals(faultsOf(query).length, 1, query);
});

/** Reads a query in PromQL. Grafana puts a duration in the place of its variable. */
function readQuery(query: string) {
  const text = query.replaceAll("$__rate_interval", "1m");
  const [metrics, labels, values]: [string[], string[], string[]] = [[], [], []];
  let valid = true;
  assert(parser !== null);
  parser.parse(text).iterate({
    enter({ name, type, from, to }) {
      const part = text.slice(from, to);
      if (type.isError) valid = false;
      if (name === "Identifier") metrics.push(part);
      if (name === "LabelName") labels.push(part);
      if (name === "StringLiteral") values.push(JSON.parse(part));
    },
  });
  return { metrics, labels, values, valid };
}

/** Returns the query when something is wrong with it: its syntax, a metric, or a label that none of its metrics has. */
function faultsOf(query: string): string[] {
  const { metrics, labels, valid } = readQuery(query);
  const known = metrics.flatMap((metric) => KNOWN.get(metric) ?? []);
  const isRight = valid && metrics.length > 0 && metrics.every((metric) => KNOWN.has(metric)) &&
    labels.every((label) => known.includes(label));
  return isRight ? [] : [query];
}

function underscored(name: string): string {
  return name.replaceAll(".", "_");
}

function filesIn(folder: string): URL[] {
  const url = new URL(`${folder}/`, ROOT);
  return [...Deno.readDirSync(url)].flatMap(({ name, isFile }) =>
    isFile ? [new URL(name, url)] : filesIn(`${folder}/${name}`)
  );
}
