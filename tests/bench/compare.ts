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
  /** By how much the figure differs from run to run. */
  readonly noise: Noise;
}

/** By how much a figure differs from run to run on a machine that does other things too. */
interface Noise {
  /** A part of the figure that landed; 0: the figure is counted. */
  readonly part: number;
  /** What is added to that, in the unit of the figure. */
  readonly plus?: number;
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

/**
 * What landed last: the figures of `--quick`, and those of the whole benchmark. The two warm the servers up
 * differently.
 */
export type LandedForms = { readonly [form in "quick" | "full"]?: Landed };

const NOISE = { quick: { part: 0.3 }, full: { part: 0.2 } };
/** The noise of the parts of a sign-in: multiples of a bare SHA-256. */
const NOISE_OF_PART: Noise = { part: 0.4, plus: 0.5 };
/** The noise of times of a few milliseconds. */
const NOISE_OF_MS: Noise = { part: 0.5, plus: 5 };
const COUNTED: Noise = { part: 0 };

/** Returns the figures to compare, by their names. */
export function figuresOf(it: Measurements, form: keyof typeof NOISE): Record<string, Figure> {
  const figures: Record<string, Figure> = {};
  const put = (
    name: string,
    value: number | undefined,
    better: Figure["better"],
    noise: Noise = NOISE[form],
  ) => {
    if (value === undefined || Number.isNaN(value)) return;
    figures[name] = { value, better, noise };
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
  put("token checks/s at 16, many TVs (× floor)", own(it.tokenChecksOfMany), "more");
  put("access tokens/s at 16 (× floor)", own(it.accessTokens), "more");
  const { [FLOOR.name]: floorMs = NaN, [ONECLICK.name]: ownMs = NaN } = it.coldStartMs;
  put("cold start to the first sign-in (× floor)", ownMs / floorMs, "less");
  put("peak memory, MiB", it.peakMiB[ONECLICK.name], "less");
  for (const { name, connections, addedMs } of it.latency) {
    if (name !== ONECLICK.name) continue;
    put(`ms above two calls of 40 ms, ${connections} at once`, addedMs, "less", NOISE_OF_MS);
  }
  for (const [request, cost] of Object.entries(it.costs)) {
    put(`KV units written, ${request}`, cost.writeUnits, "less", COUNTED);
    put(`KV units read, ${request}`, cost.readUnits, "less", COUNTED);
    put(`trips to KV, ${request}`, cost.commits + cost.eventualReads + cost.strongReads, "less", COUNTED);
  }
  for (const [part, ratio] of Object.entries(it.parts)) {
    put(`${part} (× a bare SHA-256)`, ratio, "less", NOISE_OF_PART);
  }
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
    const most = before * noise.part + (noise.plus ?? 0);
    if (Math.abs(worse) <= most) continue;
    const line = `${name}: ${show(value)}, was ${show(before)}`;
    (worse > 0 ? slower : faster).push(most === 0 ? line : `${line}; noise ±${show(most)}`);
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
