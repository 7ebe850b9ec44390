/**
 * Drawn plans of overload: what happens to the database, to Amazon and to the processes while devices come, and what has to
 * be true during it and afterwards.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Crowd, type CrowdOptions } from "../../support/crowd.ts";
import type { Slowness, Speed } from "../../support/slow_kv.ts";
import {
  begin,
  burstAt,
  type Disturbance,
  KINDS,
  LOSES_CODES,
  MEASURED,
  slownessAt,
} from "./disturbances.ts";

/** The databases. */
const SPEEDS: readonly Speed[] = [
  // Slow to write.
  { commitMs: 20, writeMs: 3, readMs: 4 },
  // Slow to commit.
  { commitMs: 30, writeMs: 1.5, readMs: 4 },
  // Far away.
  { commitMs: 10, writeMs: 3, readMs: 4, wayMs: 90 },
  // Very slow to commit.
  { commitMs: 60, writeMs: 1.5, readMs: 4 },
  // Quick to commit.
  { commitMs: 1, writeMs: 3, readMs: 4 },
  // Slow to read.
  { commitMs: 8, writeMs: 1, readMs: 25 },
];
/** A sign-in has three commits with nine writes, and a read. */
const [COMMITS, WRITES] = [3, 9];
/** The most units of a group that are counted on. */
const MOST_GROUP = 3;
/** A commit may take so many milliseconds: it waits for a group of each process, and goes with the next ones. */
const COMMIT_MS = 600;
/** A sign-in may take so many milliseconds. */
const SIGN_IN_MS = 6000;
/** The part of the capacity that is reached while more devices come than can be served. */
const GOODPUT = 0.7;
/** Everybody who waits at the end of a disturbance is signed in within this time, if it is enough at capacity. */
const RECOVERY_MS = 10_000;
const BEFORE_MS = 4000;
/** Devices come at one rate for so long. */
const STEP_MS = 500;
/** A time has to last for so long before its goodput is judged. */
const JUDGED_FROM_MS = 5000;

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
    // What an admission is for comes often.
    kind: fc.oneof({ weight: 1, arbitrary: fc.constant("burst" as const) }, {
      weight: 4,
      arbitrary: fc.constantFrom(...KINDS),
    }),
    at: at === 0 ? fc.constant(0) : fc.integer({ min: 0, max: at / STEP_MS }).map((steps) => steps * STEP_MS),
    ms: fc.integer({ min: 1, max: 16 }).map((seconds) => seconds * 1000),
    part: fc.integer({ min: 0, max: 9 }).map((tenths) => tenths / 10),
  });

/** Draws plans: one disturbance, or two that may overlap. */
export const plans: fc.Arbitrary<Plan> = fc.record({
  speed: fc.integer({ min: 0, max: SPEEDS.length - 1 }),
  processes: fc.integer({ min: 1, max: 8 }),
  load: fc.integer({ min: 2, max: 8 }).map((tenths) => tenths / 10),
  disturbances: fc.oneof(
    { weight: 3, arbitrary: disturbance(0).map((one) => [one]) },
    { weight: 2, arbitrary: fc.tuple(disturbance(0), disturbance(12_000)) },
  ),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

const AS_EVER: Slowness = { reads: 1, commits: 1 };

/**
 * Returns how many sign-ins a database does in a second when many come. The processes know nothing of each other, so a
 * group has the commits of one process alone, and each of them waits for two rounds of all processes: for the one that is
 * under way, and its own. How large a group can be follows from the time that a commit may take.
 */
export function capacityOf(speed: Speed, processes: number, { reads, commits }: Slowness = AS_EVER): number {
  const { commitMs, writeMs, readMs } = speed;
  // Each process has one commit under way at least. Then a sign-in can take longer than it may, and none can be counted on.
  const leastMs = commits * (commitMs + writeMs * WRITES / COMMITS);
  if ((COMMITS + 1) * processes * leastMs > SIGN_IN_MS) return 0;
  const roundMs = COMMIT_MS / 2 / processes / commits;
  const group = Math.min(Math.max(1, (roundMs - commitMs) / (writeMs * WRITES / COMMITS)), MOST_GROUP);
  return 1000 / (commits * (WRITES * writeMs + COMMITS * commitMs / group) + reads * readMs);
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
  const capacity = capacityOf(speed, plan.processes);
  const steady = plan.load * capacity;
  using crowd = new Crowd({
    speed,
    processes: plan.processes,
    seed: plan.seed,
    ...(sabotage === undefined ? {} : { sabotage }),
  });
  await crowd.come(steady, BEFORE_MS);
  const during = await disturb(crowd, plan, speed);

  const waited = crowd.outside;
  const enoughMs = 1000 * waited.length / Math.max(GOODPUT * capacity - steady, GOODPUT * capacity / 4);
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

interface During {
  /** The part that was done of what a database at capacity would have done, where that is known; otherwise 1. */
  readonly goodput: number;
  /** The answers to checks of tokens that were not 200, where nothing but too many devices is wrong. */
  readonly badChecks: readonly number[];
}

/** Lets everything happen that a plan names, and devices come meanwhile. */
async function disturb(crowd: Crowd, { disturbances, load, processes }: Plan, speed: Speed): Promise<During> {
  const start = crowd.time;
  const capacity = capacityOf(speed, processes);
  const tv = crowd.devices.find(({ token }) => token !== undefined);
  const checks: Promise<number>[] = [];
  const onlyBursts = disturbances.every(({ kind }) => kind === "burst");
  const end = Math.max(...disturbances.map(({ at, ms }) => at + ms));
  const ends: { readonly at: number; readonly stop: () => void }[] = [];
  // What a database at capacity would have done, and those whom it would have left waiting.
  let possible = 0;
  let backlog = 0;
  for (let at = 0; at < end; at += STEP_MS) {
    for (const one of disturbances) {
      if (one.at === at) ends.push({ at: one.at + one.ms, stop: begin(crowd, one) });
    }
    for (const one of ends) if (one.at === at) one.stop();
    const slowness = disturbances.map((one) => slownessAt(one, at)).reduce(times);
    crowd.server.slowDown(slowness);
    const rate = capacity * disturbances.reduce((sum, one) => sum + burstAt(one, at), load);
    if (tv !== undefined && onlyBursts) checks.push(crowd.check(tv));
    backlog += rate * STEP_MS / 1000;
    const done = Math.min(backlog, capacityOf(speed, processes, slowness) * STEP_MS / 1000);
    backlog -= done;
    possible += done;
    await crowd.come(rate, STEP_MS);
  }
  crowd.server.slowDown(AS_EVER);
  for (const one of ends) if (one.at >= end) one.stop();
  const done = crowd.devices.filter(({ signedInAt = 0 }) => signedInAt > start).length;
  const measured = end >= JUDGED_FROM_MS && disturbances.every(({ kind }) => MEASURED.includes(kind));
  const statuses = await crowd.settle(checks);
  return {
    goodput: measured && possible > 0 ? done / possible : 1,
    badChecks: statuses.filter((status) => status !== 200),
  };
}

function times(a: Slowness, b: Slowness): Slowness {
  return { reads: a.reads * b.reads, commits: a.commits * b.commits };
}
