/**
 * `deno task bench`: measures the service beside the floor, in interleaved rounds. Prints Markdown, or JSON with
 * `--json`, and what became slower since the figures that landed last. `--quick` is the short form for CI. `--land` keeps
 * the figures, to compare the next ones with. `--grown=N` sets the number of accounts in the grown database: 100,000 by
 * default, 0 for none.
 *
 * @module
 */
import { BOUND, contestants, FLOOR, ONECLICK } from "./contestants.ts";
import { type Growth, growth } from "./growth.ts";
import { compare, figuresOf, type LandedForms } from "./compare.ts";
import {
  accessTokens,
  addedLatency,
  coldStarts,
  type Effort,
  type Result,
  throughput,
  tokenChecks,
} from "./measure.ts";
import { partTimes } from "./parts.ts";
import { regions } from "./regions.ts";
import { markdown } from "./report.ts";
import { costs } from "./kv_units.ts";

const LANDED = new URL("landed.json", import.meta.url);

const quick = Deno.args.includes("--quick");
const grown = Number(Deno.args.find((arg) => arg.startsWith("--grown="))?.slice(8) ?? (quick ? 0 : 100_000));
const effort: Effort = quick ? { rounds: 2, seconds: 1 } : { rounds: 5, seconds: 2 };
const short: Effort = { rounds: quick ? 1 : 3, seconds: 1 };
const loads = quick ? [16] : [1, 16, 64];
const all = await contestants();
const trio = [FLOOR, BOUND, ONECLICK];

/** So many TVs have more accounts and sessions than the service keeps opened. */
const MANY_TVS = 2500;

/** The results of all measurements. */
export interface Measurements {
  /** The date, RFC 3339. */
  readonly date: string;
  /** The cores, the processor and the version of Deno. */
  readonly machine: string;
  /** The load average of the minute before the start. */
  readonly loadBefore: number;
  /** The number and length of the rounds. */
  readonly effort: Effort;
  /** Sign-ins of new customers. */
  readonly newCustomers: readonly Result[];
  /** The peak memory of each server, in MiB. */
  readonly peakMiB: Readonly<Record<string, number>>;
  /** Sign-ins of returning customers. */
  readonly returning: readonly Result[];
  /** Checks of one session token. */
  readonly tokenChecks: readonly Result[];
  /** Checks of the tokens of {@linkcode MANY_TVS} by turns: more than the service remembers. */
  readonly tokenChecksOfMany: readonly Result[];
  /** Access tokens made from a session token. */
  readonly accessTokens: readonly Result[];
  /** Milliseconds from the start of each server to its first sign-in. */
  readonly coldStartMs: Readonly<Record<string, number>>;
  /** The time that a sign-in adds to Amazon's calls. */
  readonly latency: Awaited<ReturnType<typeof addedLatency>>;
  /** Sign-ins in simulated regions, far from the database. */
  readonly regions: Awaited<ReturnType<typeof regions>>;
  /** Trips to KV and units of KV. */
  readonly costs: Awaited<ReturnType<typeof costs>>;
  /** The parts of a sign-in, each as a multiple of a bare SHA-256. */
  readonly parts: Readonly<Record<string, number>>;
  /** The number of accounts in the grown database. */
  readonly grownTo: number;
  /** The service on the grown database, beside the service on an empty one. */
  readonly growth: readonly Growth[];
}

const note = (text: string) => console.error(text);

note("Sign-ins of new customers");
const loadBefore = Deno.loadavg()[0] ?? 0;
const { results: newCustomers, peakMiB } = await throughput(all, { customers: "new", loads, effort });
note("Sign-ins of returning customers");
const returning = await throughput(trio, { customers: "returning", loads, effort: short });
note("Checks of a token, cold starts, added latency, regions, growth");
const measured: Measurements = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${navigator.hardwareConcurrency} cores, ${cpuModel()}, Deno ${Deno.version.deno}`,
  loadBefore,
  effort,
  newCustomers,
  peakMiB,
  returning: returning.results,
  tokenChecks: await tokenChecks([FLOOR, ONECLICK], { connections: 16, effort: short }),
  tokenChecksOfMany: await tokenChecks([FLOOR, ONECLICK], { connections: 16, effort: short, tvs: MANY_TVS }),
  accessTokens: await accessTokens([FLOOR, ONECLICK], { connections: 16, effort: short }),
  coldStartMs: await coldStarts(all, effort),
  latency: await addedLatency(trio, { loads: quick ? [1] : [1, 64], effort: short }),
  regions: quick ? [] : await regions({ effort: { rounds: 1, seconds: 2 } }),
  costs: await costs(),
  parts: partTimes(),
  grownTo: grown,
  growth: grown === 0 ? [] : await growth({ accounts: grown, effort: short }),
};
console.log(Deno.args.includes("--json") ? JSON.stringify(measured, null, 2) : markdown(measured));

const form = quick ? "quick" : "full";
const figures = figuresOf(measured, form);
const landed: LandedForms = await Deno.readTextFile(LANDED).then(JSON.parse, () => ({}));
// Only told: a busy machine must not fail a build.
for (const line of compare(figures, landed[form])) note(line);
if (Deno.args.includes("--land")) {
  const { date, machine } = measured;
  const values = Object.entries(figures).map(([name, { value }]) => [name, Number(value.toFixed(3))]);
  const own = { [form]: { date, machine, figures: Object.fromEntries(values) } };
  await Deno.writeTextFile(LANDED, JSON.stringify({ ...landed, ...own }, null, 2) + "\n");
}

function cpuModel(): string {
  const [, model] = /model name\s*: (.+)/.exec(Deno.readTextFileSync("/proc/cpuinfo")) ?? [];
  return model ?? "unknown processor";
}
