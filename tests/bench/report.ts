/**
 * Writes the measurements as Markdown.
 *
 * @module
 */
import type { Measurements } from "./bench.ts";
import { BOUND, FLOOR, ONECLICK } from "./contestants.ts";
import type { Result } from "./measure.ts";

const COLUMNS = [FLOOR, BOUND, ONECLICK].map(({ name }) => name);

/** Returns all tables. */
export function markdown(it: Measurements): string {
  return [
    `Measured on ${it.date}: ${it.machine}; ${it.effort.rounds} interleaved rounds of ${it.effort.seconds} s, medians; ` +
    `load of the machine before: ${it.loadBefore.toFixed(2)}.`,
    "### Sign-ins per second, new customers (× floor)",
    throughputTable(it.newCustomers, it),
    "### Sign-ins per second, returning customers (× floor)",
    throughputTable(it.returning, null),
    "### The rest",
    table(["figure", ...COLUMNS], [
      ["token checks/s at 16, one TV (× floor)", ...columns(it.tokenChecks, rated)],
      ["token checks/s at 16, many TVs (× floor)", ...columns(it.tokenChecksOfMany, rated)],
      ["access tokens/s at 16 (× floor)", ...columns(it.accessTokens, rated)],
      ...[...new Set(it.latency.map(({ connections }) => connections))].map((connections) => [
        `ms added to two calls of 40 ms, ${connections} at once`,
        ...columns(
          it.latency.filter((one) => one.connections === connections),
          ({ addedMs }) => addedMs.toFixed(1),
        ),
      ]),
      ["KV commits / reads of a new customer", "1 / 0", "–", trips(it.costs.new)],
      ["KV commits / reads of a returning customer", "1 / 0", "–", trips(it.costs.returning)],
      [
        "KV units written: new / returning",
        "–",
        "–",
        `${it.costs.new.writeUnits} / ${it.costs.returning.writeUnits}`,
      ],
      ["KV units read by a token check", "1", "–", `${it.costs["token check"].readUnits}`],
      ...it.regions.map(({ region, customers, p50, tripsMs }) => [
        `${region}, ${customers} customer: median ms above the trips on the way (these)`,
        "–",
        "–",
        `${(p50 - tripsMs).toFixed(1)} (${tripsMs.toFixed(0)})`,
      ]),
      ...it.growth.map(({ figure, empty, ratio }) => [
        `${figure}/s at 16 with ${it.grownTo.toLocaleString("en")} accounts stored (× empty)`,
        "–",
        "–",
        `${(empty * ratio).toFixed(0)} (${ratio.toFixed(2)})`,
      ]),
    ]),
  ].join("\n\n");
}

/** Returns a table with one row for each contestant. `more` adds columns for cold starts and memory. */
export function throughputTable(
  results: readonly Result[],
  more: Pick<Measurements, "coldStartMs" | "peakMiB"> | null,
): string {
  const names = [...new Set(results.map(({ name }) => name))];
  const loads = [...new Set(results.map(({ connections }) => connections))];
  const head = [
    "",
    ...loads.map((load) => load === 1 ? "alone" : `${load} at once`),
    "CPU ms each at 16",
    ...(more === null ? [] : ["cold start ms", "peak MiB"]),
  ];
  return table(
    head,
    names.map((name) => {
      const own = results.filter((result) => result.name === name);
      const at16 = own.find(({ connections }) => connections === 16);
      const cpu = at16 === undefined ? "–" : `${at16.cpuMs.toFixed(2)} (${at16.cpuRatio.toFixed(2)})`;
      const rest = more === null ? [] : [`${more.coldStartMs[name] ?? "–"}`, `${more.peakMiB[name] ?? "–"}`];
      return [name, ...own.map(rated), cpu, ...rest];
    }),
  );
}

/** Returns a cell for each column, in the order of the columns. */
function columns<T extends { readonly name: string }>(
  results: readonly T[],
  cell: (result: T) => string,
): string[] {
  return COLUMNS.map((column) => {
    const own = results.find(({ name }) => name === column);
    return own === undefined ? "–" : cell(own);
  });
}

function rated({ rate, ratio }: Result): string {
  return `${rate.toFixed(0)} (${ratio.toFixed(2)})`;
}

function trips(
  { commits, eventualReads, strongReads }: { commits: number; eventualReads: number; strongReads: number },
) {
  return `${commits} / ${eventualReads + strongReads}`;
}

/** Returns a table in Markdown; the columns after the first are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => i === 0 ? "---" : "--:")), ...rows.map(line)].join("\n");
}
