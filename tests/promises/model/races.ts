/**
 * Random races of sign-ins, planned by fast-check, and the rules that hold at their end.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { REPLAY_MS } from "../../../lib/sessions/replay.ts";
import { sleep } from "../../../lib/base/clock.ts";
import { type ProblemCode, PROBLEMS } from "../../../lib/base/problem.ts";
import { authenticate } from "../../../lib/sessions/authentication.ts";
import { checkInvariants } from "../../support/invariants.ts";
import { type Process, Scheduler } from "./scheduler.ts";
import { assertReplays, type Change, CHANGES } from "./replays.ts";
import { driven, outcomeOf } from "./asking.ts";
import { keyring, type RingIds, ROTATION } from "./rings.ts";
import type { Request } from "./history.ts";
import { MOST_SKEW_MS, type Sabotage, World } from "./world.ts";

/** The devices of a race and its faults. `choices` decide the order of operations. */
interface Plan {
  /** The codes: a customer, and a fault of Amazon. */
  readonly codes: readonly (readonly [string, string])[];
  readonly devices: readonly DevicePlan[];
  /** The key rings of the two processes, between which the operator is changing. */
  readonly rings: readonly RingIds[];
  /** What happens to a record after the race, before the answers are asked for again. */
  readonly change: Change;
  /** Whether the customer of most codes has an account before. */
  readonly known: boolean;
  readonly chaos: readonly ({ readonly kill: number } | { readonly jump: number })[];
  readonly choices: readonly number[];
}

interface DevicePlan {
  /** The number of the code, modulo the number of codes. */
  readonly code: number;
  readonly key: string | null;
  readonly process: number;
  /** How many answers, from the first on, do not reach the device. */
  readonly loses: number;
}

const CUSTOMERS = ["new.a", "new.b", "mork.a", "moved.a", "twin.a", "noemail.a"];
const FAULTS = [
  "",
  "",
  "",
  "~token-ServerError*1",
  "~token-429*1",
  "~profile-500*1",
  "~profile-insufficient_scope*1",
];
const MOST_TRIES = 6;
const CODE_LIFE_MS = 5 * 60_000;

const afterwards = {
  rings: fc.constantFrom(...ROTATION),
  change: fc.constantFrom(...CHANGES),
};

/** Draws what can happen at all. */
const anything: fc.Arbitrary<Plan> = fc.record({
  codes: fc.array(
    fc.tuple(fc.constantFrom(...CUSTOMERS), fc.constantFrom(...FAULTS)),
    { minLength: 1, maxLength: 2 },
  ),
  devices: fc.array(
    fc.record({
      code: fc.nat(1),
      key: fc.constantFrom("key of one device", "key of one device", "key of another device", null),
      process: fc.nat(1),
      loses: fc.constantFrom(0, 0, 1),
    }),
    { minLength: 2, maxLength: 4 },
  ),
  ...afterwards,
  known: fc.boolean(),
  chaos: fc.array(
    fc.oneof(
      fc.record({ kill: fc.nat(1) }),
      fc.record({ jump: fc.constantFrom(300, 1200, 3000, 9000, 9000, 400_000, 700_000) }),
    ),
    { maxLength: 3 },
  ),
  choices: fc.array(fc.nat(2047), { maxLength: 100, size: "max" }),
});

/**
 * Draws orders of two requests with one code. The first one comes some steps far. Then its lease ends, while it is still at
 * work, and the second one takes over.
 */
const takeOvers: fc.Arbitrary<Plan> = fc.record({
  codes: fc.constantFrom([["mork.a", ""]], [["twin.a", ""]]),
  devices: fc.constant([0, 1].map((process) => ({ code: 0, key: "key of one device", process, loses: 0 }))),
  ...afterwards,
  known: fc.boolean(),
  chaos: fc.constant([{ jump: 9000 }]),
  choices: fc.record({
    first: fc.integer({ min: 4, max: 14 }),
    second: fc.nat(6),
    then: fc.array(fc.nat(7).map(pick), { minLength: 10, maxLength: 40, size: "max" }),
  }).map(({ first, second, then }) => {
    // The operation that came last is the first request's at first, and then the second one's.
    const [starts, last, jumps] = [pick(0), pick(2), pick(1)];
    return [starts, ...Array(first).fill(last), jumps, starts, ...Array(second).fill(pick(1)), ...then];
  }),
});

/** The choice of an operation, by its place among those that wait; it does not fail. */
function pick(place: number): number {
  return place * 32;
}

/** Draws plans. */
export const plans: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 2, arbitrary: anything },
  { weight: 1, arbitrary: takeOvers },
);

/**
 * Plays a plan, and checks the promises during the race and at its end.
 *
 * @param kv It is emptied first: to open a database costs more than to play a plan.
 * @throws {AssertionError} with all operations in their order.
 */
export async function play(plan: Plan, kv: Deno.Kv, sabotage?: Sabotage): Promise<void> {
  const random = Math.random;
  await empty(kv);
  const scheduler = new Scheduler(plan.choices);
  try {
    // The jitter of retries decides the order of timers, so it must be the same in each run of a plan.
    Math.random = seededRandom();
    await race(plan, new World(scheduler, kv, plan.rings, sabotage));
  } catch (error) {
    if (error instanceof Error) error.message += `\n\n${scheduler.trace.join("\n")}\n`;
    throw error;
  } finally {
    Math.random = random;
  }
}

async function race(plan: Plan, world: World): Promise<void> {
  const { scheduler } = world;
  if (plan.known) {
    scheduler.calm();
    await driven(world, world.signIn(0, { code: "mork.known", key: null }));
    scheduler.draw(plan.choices);
  }
  const started = scheduler.time;
  // A delay of 0 ms makes another code of the same customer.
  const codes = plan.codes.map(([customer, fault], i) =>
    customer.replace(/\.|$/, `${fault}${"~token-delay-0".repeat(i)}.`)
  );
  const devices = plan.devices.map((device) => ({
    ...device,
    code: codes[device.code % codes.length] as string,
  }));
  const failures: unknown[] = [];
  const all = [
    ...devices.map((device, i) => runDevice(world, { ...device, name: `device ${i}` })),
    runChaos(world, plan.chaos),
  ];
  for (const one of all) one.catch((error) => failures.push(error));
  await scheduler.run(() => failures.length + world.violations.length > 0);
  for (const failure of [...world.violations, ...failures]) throw failure;

  scheduler.calm();
  scheduler.jump(10_000);
  scheduler.trace.push("Every device sends its request again");
  for (const { code, key } of devices) {
    const outcome = await driven(world, askAgain(world, { code, key }));
    const { spent, kept, done, requests } = world.history(code);
    const keys = new Set(requests.map((request) => request.key));
    const mayBeLost = spent && !kept && requests.some(({ disturbed }) => disturbed);
    if (scheduler.time - started > CODE_LIFE_MS || keys.size > 1 || mayBeLost) continue;
    const wanted = code.startsWith("noemail")
      ? ["profile_incomplete"]
      : done !== undefined && key === null
      ? ["signed_in", "link_required", "code_already_used"]
      : ["signed_in", "link_required"];
    assert(wanted.includes(outcome), `${code} came to ${outcome}`);
  }
  await assertConsistent(world);
  // What a database with a fault breaks shows in the race itself.
  if (world.sabotage.kv === undefined) await assertReplays(world, plan.change);
  await assertExpiry(world, devices);
}

/** Plays a device, which retries as the answers say. It never takes another code. */
async function runDevice(
  world: World,
  { name, code, key, process, loses }: Omit<DevicePlan, "code"> & { code: string; name: string },
): Promise<void> {
  const clock = world.scheduler.clock(null);
  await world.scheduler.park(`${name} starts`, null);
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    const served = world.processes[process];
    const outcome = await Promise.race([
      outcomeOf(world.signIn(process, { code, key })),
      served?.death.promise,
    ]);
    world.scheduler.trace.push(`${name}: ${outcome ?? "connection reset"}`);
    const lost = outcome === undefined || tries <= loses;
    if (!lost && !(outcome in PROBLEMS && PROBLEMS[outcome as ProblemCode].next === "retry")) return;
    await sleep(clock, 1000);
  }
}

async function runChaos(world: World, chaos: Plan["chaos"]): Promise<void> {
  for (const event of chaos) {
    await world.scheduler.park("chaos", null);
    if ("kill" in event) world.kill(event.kill);
    else world.scheduler.jump(event.jump);
  }
}

/** Sends a request after the race, with retries. No old claim may block it, and a few attempts must be enough. */
async function askAgain(world: World, who: { code: string; key: string | null }): Promise<string> {
  const clock = world.scheduler.clock(null);
  for (let tries = 1;; tries++) {
    const outcome = await outcomeOf(world.signIn(0, who));
    assert(outcome !== "code_in_progress", "A claim outlived its lease");
    // Amazon may answer once that the consent is insufficient, also after the race.
    if (!["upstream_unavailable", "storage_unavailable", "consent_insufficient"].includes(outcome)) {
      return outcome;
    }
    assert(tries < MOST_TRIES, `Still ${outcome}`);
    await sleep(clock, 1000);
  }
}

/** Asserts the invariants of the database, at most one session for each code, and no account without a session. */
async function assertConsistent({ kv, scheduler, codes }: World): Promise<void> {
  const now = scheduler.clock(null).now();
  const { sessions, accounts } = await scheduler.work(() => checkInvariants(kv, keyring, { now }));
  const perCode = Map.groupBy(sessions, ({ device }) => device.name);
  for (const [code, of] of perCode) assertEquals(of.length, 1, `${code} has ${of.length} sessions`);
  assert(accounts.size <= sessions.length && sessions.length <= codes.size);
}

/** Asserts that expired answers and sessions are refused, though the database still holds them. */
async function assertExpiry(world: World, devices: readonly Pick<Request, "code" | "key">[]): Promise<void> {
  const { scheduler } = world;
  scheduler.jump(REPLAY_MS + MOST_SKEW_MS);
  for (const { code, key } of devices.slice(0, 1)) {
    if (world.history(code).done === undefined) continue;
    assertEquals(await driven(world, outcomeOf(world.signIn(0, { code, key }))), "code_already_used");
  }
  for (const [token, request] of [...world.sessions].slice(0, 1)) {
    const services = world.services({ ...request, process: world.processes[0] as Process });
    const works = () => driven(world, authenticate(services, token).then(() => true, () => false));
    assert(await works(), "A session ended early");
    scheduler.jump(services.config.sessionTtlMs);
    assert(!await works(), "A session outlived its end");
  }
}

async function empty(kv: Deno.Kv): Promise<void> {
  for await (const { key } of kv.list({ prefix: [] })) await kv.delete(key);
}

function seededRandom(): () => number {
  let state = 1;
  return () => (state = state * 48271 % 2147483647) / 2147483647;
}
