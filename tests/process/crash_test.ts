/**
 * A service is killed with SIGKILL at a point of a sign-in and started again on the same database. The device sends
 * the same code and key again (design, section 4, promises 2 to 4).
 *
 * Every step waits for a lease to end, so all steps run at once. For that the sanitizers are off.
 */
import { assert, assertEquals } from "@std/assert";
import { parseConfig } from "../../lib/config/config.ts";
import { LEASE_MARGIN_MS } from "../../lib/sign_in/code_claim.ts";
import { Keyring } from "../../lib/kv/keyring.ts";
import { checkInvariants } from "../support/invariants.ts";
import { MAY_RUN } from "../support/child_process.ts";
import {
  limitConcurrency,
  openTestBed,
  ServiceProcess,
  signIn,
  signInWithRetries,
  type TestBed,
} from "../support/service_process.ts";

const [FIRST, SECOND] = ["first", "second"].map((id) => `${id}:${btoa(id.padEnd(32, "-"))}`);
/** The key rings before and after the kill: the operator has turned the keys round in between. */
const [RING, TURNED] = [`${FIRST},${SECOND}`, `${SECOND},${FIRST}`];

/** Long enough for a sign-in that stops at each step on a busy machine. */
const DEADLINE_MS = 6000;
/** Retries come a second apart, and the lease of a dead process ends after its deadline and a margin. */
const MOST_BLOCKED_RETRIES = (DEADLINE_MS + LEASE_MARGIN_MS) / 1000 + 1;
const DURING_COMMIT = 16;

interface CrashPoint {
  readonly name: string;
  /** The steps that are seen before the process is killed. The process waits at each of them. */
  readonly at: readonly string[];
  /** Further steps at which the process waits. */
  readonly hold?: readonly string[];
  /** Whether the commit goes on when the token is kept. By default it waits for no other write. */
  readonly commitsWhenKept?: boolean;
  /** A fault of Amazon by which a call is under way when the process is killed. */
  readonly fault?: string;
  readonly then: "signed in" | "replayed" | "code lost";
  /** Milliseconds between the last step and the kill. */
  readonly delay?: number;
}

const POINTS: readonly CrashPoint[] = [
  { name: "before the claim", at: ["before claim"], then: "signed in" },
  { name: "after the claim", at: ["after claim"], then: "signed in" },
  { name: "before the token request", at: ["before token"], then: "signed in" },
  // The one exception: Amazon has spent the code, and its answer is lost with the process.
  { name: "while the token request is out", at: ["token out"], fault: "~token-hang*1", then: "code lost" },
  { name: "when the token has come", at: ["after token"], then: "code lost" },
  { name: "before the token is kept", at: ["before keep", "after profile"], then: "code lost" },
  { name: "when the token is kept", at: ["after keep"], hold: ["before profile"], then: "signed in" },
  {
    name: "while the profile request is out",
    at: ["after keep", "profile out"],
    fault: "~profile-hang*1",
    then: "signed in",
  },
  { name: "when the profile has come", at: ["after keep", "after profile"], then: "signed in" },
  { name: "before the indexes are read", at: ["after keep", "before read"], then: "signed in" },
  { name: "when the indexes are read", at: ["after keep", "after read"], then: "signed in" },
  { name: "before the commit", at: ["after keep", "before commit"], then: "signed in" },
  {
    name: "before the commit, when no token is kept yet",
    at: ["before keep", "before commit"],
    then: "code lost",
  },
  { name: "after the commit, before the answer", at: ["after commit"], then: "replayed" },
  { name: "after the answer", at: ["answered"], then: "replayed" },
];

Deno.test({
  name: "a service that is killed wastes no code",
  ignore: !MAY_RUN,
  sanitizeOps: false,
  sanitizeResources: false,
  sanitizeExit: false,
  fn: async (t) => {
    const limited = limitConcurrency(4);
    const during = Array.from({ length: DURING_COMMIT }, (_, i) => ({
      name: `during the commit, ${i * 50} µs after its start`,
      at: ["during commit"],
      commitsWhenKept: true,
      delay: i / 20,
      then: "signed in" as const,
    }));
    await Promise.all([...POINTS, ...during].map((point) =>
      t.step({
        name: `killed ${point.name}: ${point.then}`,
        sanitizeOps: false,
        sanitizeResources: false,
        sanitizeExit: false,
        fn: () => crash(point, limited),
      })
    ));
  },
});

async function crash(point: CrashPoint, limited: ReturnType<typeof limitConcurrency>): Promise<void> {
  await using bed = await openTestBed({ AMAZON_DEADLINE_MS: String(DEADLINE_MS), DATA_KEYS: RING });
  const code = `new${point.fault ?? ""}.1`;
  const key = crypto.randomUUID();
  const given = await limited(() => killAt(point, { bed, code, key }));

  await using service = await limited(() => ServiceProcess.start({ env: { ...bed.env, DATA_KEYS: TURNED } }));
  const answers = await signInWithRetries(service.url, { code, key });
  const last = answers.at(-1) ?? answers[0];
  // The lease blocks retries for its time and no longer. They are counted, as a busy machine needs more time for each.
  assert(answers.length - 1 <= MOST_BLOCKED_RETRIES, `${answers.length - 1} retries were blocked`);
  for (const { status, body } of answers.slice(0, -1)) {
    assertEquals([status, body.code], [409, "code_in_progress"]);
  }
  const replayed = last.headers.get("idempotency-replayed") === "true";
  if (point.then === "code lost") {
    assert(["code_rejected", "code_lost"].includes(last.body.code), last.body.code);
    assertEquals(last.body.next, "new_code");
    // Another code of the same customer.
    assertEquals((await signIn(service.url, { code: "new~profile-delay-1.1" })).status, 201);
  } else {
    assertEquals([last.status, last.body.account?.created], [201, true]);
    if (!("delay" in point)) assertEquals(replayed, point.then === "replayed");
    // The secret of the session comes from the key that was the first one then.
    if (given !== null) assertEquals(last.body.session_token, given);
  }
  await service.end();

  using kv = await Deno.openKv(bed.kvPath);
  const { accounts, sessions } = await checkInvariants(kv, new Keyring(parseConfig(bed.env).dataKeys));
  assertEquals([accounts.size, sessions.length], [1, 1]);
  const tokenRequests = bed.simulator.requests.filter(({ endpoint }) => endpoint === "token");
  assertEquals(tokenRequests.length, point.then === "code lost" ? 3 : 1);
}

/**
 * Starts the service that stops at each step, signs in, and kills the process at the point.
 *
 * @returns The token that the device got; null when the answer was lost.
 */
async function killAt(
  { at, hold = [], delay = 0, commitsWhenKept = false }: CrashPoint,
  { bed: { env, simulator }, code, key }: { bed: TestBed; code: string; key: string },
): Promise<string | null> {
  await using service = await ServiceProcess.start({ env, entry: "tests/process/stepped_main.ts" });
  const seen = new Set<string>();
  const arrived = Promise.withResolvers<void>();
  const see = (name: string) => {
    seen.add(name);
    if (at.every((wanted) => seen.has(wanted))) arrived.resolve();
  };
  service.onLine = (line) => {
    const { step } = JSON.parse(line);
    if (typeof step !== "string") return;
    see(step);
    if (step === "before commit" && commitsWhenKept && !seen.has("after keep")) return;
    if (!at.includes(step) && !hold.includes(step)) service.say(step);
    if (step === "after keep" && commitsWhenKept && seen.has("before commit")) service.say("before commit");
  };
  const watch = setInterval(() => {
    for (const { endpoint } of simulator.requests) see(`${endpoint} out`);
  }, 2);
  // A sign-in that is answered before the point, or a process that dies before it, never comes there. No clock tells, as
  // a busy machine needs more time.
  const missed = () => arrived.reject(new Error(`The sign-in did not come to ${at.join(" and ")}`));
  let token: string | null = null;
  const answer = signIn(service.url, { code, key }).then(({ body }) => {
    token = body.session_token;
    see("answered");
  }, () => {}).then(missed);
  try {
    await arrived.promise;
    for (const end = performance.now() + delay; performance.now() < end;); // A timer is not exact enough.
    await service.end();
    await answer;
    return token;
  } finally {
    clearInterval(watch);
  }
}
