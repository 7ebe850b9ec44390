/**
 * Compares measurements with those that landed last: `landed.json`, which `deno task bench --land` writes. Only what hardly
 * depends on the machine is compared: ratios to the floor, and what can be counted.
 *
 * @module
 */
import type { Measurements } from "./bench.ts";
import { FLOOR, ONECLICK } from "./contestants.ts";

/** A figure of the service. */
export interface Figure {
  /** The figure. */
  readonly value: number;
  /** Whether more of it is better, or less. */
  readonly better: "more" | "less";
  /** By how much it differs from run to run; 0: it is counted. */
  readonly noise: number;
}

/** The figures of one form of the benchmark. */
export interface Landed {
  /** The date, RFC 3339. */
  readonly date: string;
  /** The cores, the processor and the version of Deno. */
  readonly machine: string;
  /** The figures by their names. */
  readonly figures: Readonly<Record<string, number>>;
}

/** What landed last: the figures of `--quick`, and those of the whole benchmark. The two warm the servers up differently. */
export type LandedForms = { readonly [form in "quick" | "full"]?: Landed };

/** The parts of a figure by which it differs from run to run on a machine that does other things too. */
const NOISE = { quick: 0.3, full: 0.2 };
/** The same for times of a few milliseconds, in milliseconds. */
const NOISE_MS = 5;

/** Returns the figures to compare, by their names. */
export function figuresOf(it: Measurements, form: keyof typeof NOISE): Record<string, Figure> {
  const figures: Record<string, Figure> = {};
  const put = (name: string, value: number | undefined, better: Figure["better"], noise?: number) => {
    if (value === undefined || Number.isNaN(value)) return;
    figures[name] = { value, better, noise: noise ?? value * NOISE[form] };
  };
  for (const [kind, results] of [["new", it.newCustomers], ["returning", it.returning]] as const) {
    for (const { name, connections, ratio, cpuRatio } of results) {
      if (name !== ONECLICK.name) continue;
      put(`sign-ins/s, ${kind}, ${connections} at once (× floor)`, ratio, "more");
      put(`CPU of a sign-in, ${kind}, ${connections} at once (× floor)`, cpuRatio, "less");
    }
  }
  const own = (results: readonly { name: string; ratio: number }[]) =>
    results.find(({ name }) => name === ONECLICK.name)?.ratio;
  put("token checks/s at 16 (× floor)", own(it.tokenChecks), "more");
  put("access tokens/s at 16 (× floor)", own(it.accessTokens), "more");
  const { [FLOOR.name]: floorMs = NaN, [ONECLICK.name]: ownMs = NaN } = it.coldStartMs;
  put("cold start to the first sign-in (× floor)", ownMs / floorMs, "less");
  put("peak memory, MiB", it.peakMiB[ONECLICK.name], "less");
  for (const { name, connections, addedMs } of it.latency) {
    if (name !== ONECLICK.name) continue;
    put(`ms above two calls of 40 ms, ${connections} at once`, addedMs, "less", NOISE_MS + addedMs / 2);
  }
  for (const [request, cost] of Object.entries(it.costs)) {
    put(`KV units written, ${request}`, cost.writeUnits, "less", 0);
    put(`KV units read, ${request}`, cost.readUnits, "less", 0);
    put(`trips to KV, ${request}`, cost.commits + cost.eventualReads + cost.strongReads, "less", 0);
  }
  for (const [part, ratio] of Object.entries(it.parts)) put(`${part} (× a bare SHA-256)`, ratio, "less");
  return figures;
}

/** Says what became slower and what became faster, part by part, and by how much each part differs from run to run. */
export function compare(figures: Readonly<Record<string, Figure>>, landed: Landed | undefined): string[] {
  if (landed === undefined) return ["Nothing has landed to compare with: deno task bench --land writes it"];
  const slower: string[] = [];
  const faster: string[] = [];
  let compared = 0;
  for (const [name, { value, better, noise }] of Object.entries(figures)) {
    const before = landed.figures[name];
    if (before === undefined) continue;
    compared++;
    const worse = better === "more" ? before - value : value - before;
    if (Math.abs(worse) <= noise) continue;
    const line = `${name}: ${show(value)}, was ${show(before)}`;
    (worse > 0 ? slower : faster).push(noise === 0 ? line : `${line}; noise ±${show(noise)}`);
  }
  return [
    `Compared with ${landed.date}, ${landed.machine}: ${compared} figures, ${slower.length} slower beyond noise`,
    ...slower.map((line) => `Slower: ${line}`),
    ...faster.map((line) => `Faster: ${line}`),
  ];
}

function show(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
