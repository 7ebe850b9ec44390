/**
 * Overload: four processes on one database of a fixed speed, in simulated time, with devices that do as they are told. It
 * bends and comes back by itself.
 */
import { assert, assertEquals } from "@std/assert";
import type { Services } from "../../lib/services.ts";
import fc from "fast-check";
import { Crowd, type CrowdOptions } from "../support/crowd.ts";
import { numRuns } from "../support/num_runs.ts";
import { type Plan, plans, play } from "./model/overload.ts";

/** A sign-in has three commits with nine writes and a read: alone, one after the other, the database does 23 in a second. */
const OPTIONS: CrowdOptions = { speed: { commitMs: 10, writeMs: 1.5, readMs: 2 }, processes: 4 };
/** 52 % of what the database does without groups. */
const STEADY = 12;
/** Everybody who waits at the end of a disturbance is signed in within this time. */
const RECOVERY_MS = 10_000;

/** Takes the limit away: all work is admitted, as if it had been begun before. */
const WITHOUT_LIMIT: CrowdOptions = {
  ...OPTIONS,
  sabotage(services: Services) {
    const within = services.db.within.bind(services.db);
    services.db.within = (ms) => within(ms, "started");
    return services;
  },
};

// `deno test tests/promises/overload_test.ts -- 100` draws so many new plans; `-- 1 SEED PATH` plays one again.
const [runs, seed, path] = Deno.args;
const DRAWN = runs === undefined ? { numRuns: numRuns({ quick: 4, full: 30 }), seed: 13 } : {
  numRuns: Number(runs),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
  ...(path === undefined ? {} : { path }),
};

Deno.test("the service bends under each drawn disturbance, and comes back by itself", async () => {
  await fc.assert(fc.asyncProperty(plans, async (plan) => void await play(plan)), {
    ...DRAWN,
    endOnFailure: true,
  });
});

Deno.test("a plan comes to the same each time, to the last answer, log line and record", async () => {
  const [plan] = fc.sample(plans, { numRuns: 1, seed: 13 }) as [Plan];
  const busy: Plan = {
    ...plan,
    processes: 3,
    disturbances: (["one connection goes silent", "processes die", "burst"] as const)
      .map((kind, i) => ({ kind, at: i * 2000, ms: 4000, part: 0.4 })),
  };
  const story = await play(busy);
  assert(await play(busy) === story, "The second run differs");
  assert(await play({ ...busy, seed: busy.seed + 1 }) !== story, "The seed decides nothing");
});

Deno.test("the first plans notice a service without its limit", async () => {
  const property = fc.asyncProperty(plans, async (plan) => void await play(plan, WITHOUT_LIMIT.sabotage));
  const { failed } = await fc.check(property, { numRuns: 5, seed: 13, endOnFailure: true });
  assert(failed, "Not noticed");
});

Deno.test("the database stands still for 20 s: everybody is signed in within 10 s afterwards", async () => {
  using crowd = await standStill(OPTIONS);
  const waited = crowd.outside;
  assert(waited.length > 200);
  await crowd.come(STEADY, RECOVERY_MS);
  assertEquals(waited.filter(({ signedInAt }) => signedInAt === undefined).length, 0);
  assertEquals(crowd.devices.filter(({ codes }) => codes > 1), [], "A code was lost");
  // In each process a few dozen operations hang, with those that ask whether the database is back.
  assert(crowd.server.mostWaiting < 4 * 40, `${crowd.server.mostWaiting} operations`);
});

Deno.test("80 devices a second come for 10 s: most are signed in meanwhile, all others within 10 s", async () => {
  using crowd = await burst(OPTIONS);
  const waited = crowd.outside;
  assert(crowd.devices.length - waited.length > 500);
  await crowd.come(STEADY, RECOVERY_MS);
  assertEquals(waited.filter(({ signedInAt }) => signedInAt === undefined).length, 0);
  assertEquals(crowd.devices.filter(({ codes }) => codes > 1), [], "A code was lost");
  const answers = new Set(crowd.devices.flatMap(({ answers }) => answers));
  assertEquals([...answers].toSorted(), ["200", "201", "overloaded"]);
});

Deno.test("while everything fails, a device is told within two seconds, and all are in soon afterwards", async () => {
  using crowd = new Crowd(OPTIONS);
  await crowd.come(STEADY, 4000);
  const from = crowd.time;
  crowd.server.fail(12_000);
  await crowd.come(STEADY, 12_000);
  const waited = crowd.outside;
  const late = crowd.told.filter(({ askedAt, ms }) => askedAt >= from && ms > 2000);
  assertEquals(late, []);
  await crowd.come(STEADY, RECOVERY_MS);
  assertEquals(waited.filter(({ signedInAt }) => signedInAt === undefined).length, 0);
});

/** What the database does of sign-ins in a second, in large groups. */
const CAPACITY = 60;

Deno.test("twice the capacity comes for 10 s: the service works at capacity meanwhile, and until all are in", async () => {
  const { during, waited } = await playOverload(OPTIONS);
  assert(
    during >= 0.7 * CAPACITY * 10,
    `${during} were signed in meanwhile`,
  );
  assertEquals(waited, 0);
});

Deno.test("without the limit, the same overload leaves most outside for longer than it lasted", async () => {
  const { waited } = await playOverload(WITHOUT_LIMIT);
  assert(waited > 400, `${waited} wait`);
});

/** Lets twice the capacity come for 10 s. Returns how many were signed in meanwhile, and how many wait 18 s later. */
async function playOverload(options: CrowdOptions): Promise<{ during: number; waited: number }> {
  using crowd = new Crowd(options);
  await crowd.come(2 * CAPACITY, 10_000);
  const waiting = crowd.outside;
  const during = crowd.devices.length - waiting.length;
  await crowd.come(1, 18_000);
  return { during, waited: waiting.filter(({ signedInAt }) => signedInAt === undefined).length };
}

async function standStill(options: CrowdOptions): Promise<Crowd> {
  const crowd = new Crowd(options);
  await crowd.come(STEADY, 10_000);
  assert(crowd.outside.length < 3);
  crowd.server.standStill(20_000);
  await crowd.come(STEADY, 20_000);
  return crowd;
}

async function burst(options: CrowdOptions): Promise<Crowd> {
  const crowd = new Crowd(options);
  await crowd.come(STEADY, 10_000);
  await crowd.come(80, 10_000);
  return crowd;
}
