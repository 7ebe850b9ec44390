/**
 * Drawn plans of overload: what happens to the database, to Amazon and to the processes while devices come, and what has to
 * be true during it and afterwards.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Crowd, type CrowdOptions } from "../../support/crowd.ts";
import type { Speed } from "../../support/slow_kv.ts";

/** The databases: one that is slow to write, one that is slow to commit, and one that is far away. */
const SPEEDS: readonly Speed[] = [
  { commitMs: 20, writeMs: 3, readMs: 4 },
  { commitMs: 30, writeMs: 1.5, readMs: 4 },
  { commitMs: 10, writeMs: 3, readMs: 4, wayMs: 90 },
];
/** A sign-in has three commits with nine writes, and a read. Under load, a group has three commits and more. */
const [COMMITS, WRITES, GROUP] = [3, 9, 3];
/** The part of the capacity that is reached while more devices come than can be served. */
const GOODPUT = 0.7;
/** Everybody who waits at the end of a disturbance is signed in within this time, if it is enough at capacity. */
const RECOVERY_MS = 10_000;
/** After two disturbances that overlap, what waits may take so many times as long as at that part of the capacity. */
const SLACK_OF_TWO = 2;
const BEFORE_MS = 4000;
/** Devices come at one rate for so long. */
const STEP_MS = 500;
/** An overload has to last for so long before its goodput is judged. */
const JUDGED_FROM_MS = 5000;

/** What goes wrong. `part`: a number from 0 up to 1, from which a process or a strength is chosen. */
type Kind =
  | "burst"
  | "slow"
  | "stands still"
  | "refuses connections"
  | "fails"
  | "connections go silent"
  | "one connection goes silent"
  | "processes die"
  | "rolling restart"
  | "Amazon is slow"
  | "Amazon hangs"
  | "Amazon refuses";

const KINDS: readonly Kind[] = [
  "burst",
  "stands still",
  "slow",
  "one connection goes silent",
  "refuses connections",
  "processes die",
  "connections go silent",
  "rolling restart",
  "fails",
  "Amazon is slow",
  "Amazon hangs",
  "Amazon refuses",
];

interface Disturbance {
  readonly kind: Kind;
  /** When it begins, in milliseconds after the first one. */
  readonly at: number;
  readonly ms: number;
  /** From 0 up to 1: the strength, or the process that it happens to. */
  readonly part: number;
}

/** A drawn plan. */
export interface Plan {
  readonly speed: number;
  readonly processes: number;
  /** The part of the capacity that comes all the time. */
  readonly load: number;
  readonly disturbances: readonly Disturbance[];
  readonly seed: number;
}

const disturbance = (at: number): fc.Arbitrary<Disturbance> =>
  fc.record({
    kind: fc.constantFrom(...KINDS),
    at: at === 0 ? fc.constant(0) : fc.integer({ min: 0, max: at / STEP_MS }).map((steps) => steps * STEP_MS),
    ms: fc.integer({ min: 1, max: 16 }).map((seconds) => seconds * 1000),
    part: fc.integer({ min: 0, max: 9 }).map((tenths) => tenths / 10),
  });

/** Draws plans: one disturbance, or two that may overlap. */
export const plans: fc.Arbitrary<Plan> = fc.record({
  speed: fc.integer({ min: 0, max: SPEEDS.length - 1 }),
  processes: fc.integer({ min: 1, max: 5 }),
  load: fc.integer({ min: 2, max: 5 }).map((tenths) => tenths / 10),
  disturbances: fc.oneof(
    { weight: 3, arbitrary: disturbance(0).map((one) => [one]) },
    { weight: 2, arbitrary: fc.tuple(disturbance(0), disturbance(12_000)) },
  ),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

/** Returns how many sign-ins a database does in a second when many come. */
export function capacityOf({ commitMs, writeMs, readMs }: Speed): number {
  return 1000 / (WRITES * writeMs + readMs + COMMITS * commitMs / GROUP);
}

/**
 * Plays a plan.
 *
 * @returns What came of it, to the last record.
 * @throws {AssertionError} when somebody is still outside, something that was acknowledged is lost, a code was lost that
 *   nothing has taken, or too little was done
 */
export async function play(plan: Plan, sabotage?: CrowdOptions["sabotage"]): Promise<string> {
  const speed = SPEEDS[plan.speed]!;
  const capacity = capacityOf(speed);
  const steady = plan.load * capacity;
  using crowd = new Crowd({
    speed,
    processes: plan.processes,
    seed: plan.seed,
    ...(sabotage === undefined ? {} : { sabotage }),
  });
  await crowd.come(steady, BEFORE_MS);
  const during = await disturb(crowd, plan, { capacity, steady });

  const waited = crowd.outside;
  const slack = plan.disturbances.length > 1 ? SLACK_OF_TWO : 1;
  const enoughMs = slack * 1000 * waited.length / (GOODPUT * capacity - steady);
  const recoveryMs = Math.max(RECOVERY_MS, enoughMs);
  await crowd.come(steady, recoveryMs);
  const left = waited.filter(({ signedInAt }) => signedInAt === undefined);
  assertEquals(left.length, 0, `${left.length} of ${waited.length} are outside after ${recoveryMs} ms`);
  assert(
    during.goodput >= GOODPUT,
    `${Math.round(during.goodput * 100)} % of the capacity while too many came`,
  );
  const mayLoseCodes = plan.disturbances.some(({ kind }) => LOSES_CODES.includes(kind));
  if (!mayLoseCodes) assertEquals(crowd.devices.filter(({ codes }) => codes > 1), [], "A code was lost");
  assertEquals(during.badChecks, [], "A token was not checked");
  // Devices that came last are still on their way.
  await crowd.clock.advance(RECOVERY_MS);
  assertEquals(crowd.outside.length, 0, "Somebody who came later is outside");
  await crowd.assertKept();
  return await crowd.story();
}

/**
 * Amazon's answer to a token request does not come, or dies with the process that asked; or that process cannot store the
 * token while the device asks another one.
 */
const LOSES_CODES: readonly Kind[] = [
  "processes die",
  "rolling restart",
  "Amazon hangs",
  "Amazon is slow",
  "one connection goes silent",
  "connections go silent",
  "refuses connections",
  "fails",
];

interface During {
  /** The part of the capacity that was used, where that is judged; otherwise 1. */
  readonly goodput: number;
  /** The answers to checks of tokens that were not 200, where nothing but too many devices is wrong. */
  readonly badChecks: readonly number[];
}

/** Lets everything happen that a plan names, and devices come meanwhile. */
async function disturb(
  crowd: Crowd,
  { disturbances }: Plan,
  { capacity, steady }: { readonly capacity: number; readonly steady: number },
): Promise<During> {
  const start = crowd.time;
  const [first] = disturbances;
  // Only where nothing else is wrong, the capacity is known.
  const only = disturbances.length === 1 && (first?.kind === "burst" || first?.kind === "slow")
    ? first
    : null;
  const slowness = only?.kind === "slow" ? factorOf(only) : 1;
  const tv = crowd.devices.find(({ token }) => token !== undefined);
  const checks: Promise<number>[] = [];
  const end = Math.max(...disturbances.map(({ at, ms }) => at + ms));
  const ends: { readonly at: number; readonly stop: () => void }[] = [];
  for (let at = 0; at < end; at += STEP_MS) {
    for (const one of disturbances) {
      if (one.at === at) ends.push({ at: one.at + one.ms, stop: begin(crowd, one) });
    }
    for (const one of ends) if (one.at === at) one.stop();
    const bursts = disturbances.filter(({ kind, at: from, ms }) =>
      kind === "burst" && from <= at && at < from + ms
    );
    const rate = steady + bursts.reduce((sum, one) => sum + capacity * (1 + 1.5 * one.part), 0);
    if (tv !== undefined && only?.kind === "burst") checks.push(crowd.check(tv));
    await crowd.come(rate, STEP_MS);
  }
  for (const one of ends) if (one.at >= end) one.stop();
  const done = crowd.devices.filter(({ signedInAt = 0 }) => signedInAt > start).length;
  const tooMany = only !== null && only.ms >= JUDGED_FROM_MS &&
    (only.kind === "burst" || steady > capacity / slowness);
  const statuses = await crowd.settle(checks);
  return {
    goodput: tooMany ? done / (capacity / slowness * (end / 1000)) : 1,
    badChecks: statuses.filter((status) => status !== 200),
  };
}

function factorOf({ part }: Disturbance): number {
  return 2 + 3 * part;
}

/** Begins a disturbance. Returns what ends it. */
function begin(crowd: Crowd, { kind, ms, part }: Disturbance): () => void {
  const { server, processes, amazon } = crowd;
  const one = processes[Math.floor(part * processes.length)]!;
  const clear = () => (amazon.trouble = null);
  switch (kind) {
    case "burst":
      return () => {};
    case "slow":
      server.slowDown(factorOf({ part } as Disturbance), ms);
      return () => {};
    case "stands still":
      server.standStill(ms);
      return () => {};
    case "refuses connections":
      server.refuse(ms);
      return () => {};
    case "fails":
      server.fail(ms);
      return () => {};
    case "one connection goes silent":
      one.goSilent();
      return () => one.mend();
    case "connections go silent":
      for (const process of processes) process.goSilent();
      return () => processes.forEach((process) => process.mend());
    case "processes die": {
      const dying = processes.slice(0, Math.ceil((part + 0.1) * processes.length));
      for (const process of dying) process.kill();
      return () => dying.forEach((process) => process.start());
    }
    case "rolling restart":
      processes.forEach((process, i) => {
        crowd.clock.after(i * ms / processes.length, () => {
          process.kill();
          crowd.clock.after(Math.min(500, ms / processes.length / 2), () => process.start());
        });
      });
      return () => {};
    case "Amazon is slow":
      amazon.trouble = { is: "slow", ms: 300 + 2000 * part };
      return clear;
    case "Amazon hangs":
      amazon.trouble = { is: "hangs" };
      return clear;
    case "Amazon refuses":
      amazon.trouble = { is: "refuses" };
      return clear;
  }
}
