/**
 * Phones and a TV at the same moment, drawn at random: who acts, how long each operation on the database takes, and which
 * commits take effect and say that they failed. The first decision stands, the TV gets at most one session, and every
 * answer agrees with the decision.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sleep } from "../../lib/base/clock.ts";
import { DATA_KEY } from "../../lib/kv/schema.ts";
import { reseal } from "../../lib/operator/resealing/reseal.ts";
import { EMAIL, MORK, PASSWORD, signedUp } from "../support/account_requests.ts";
import { mailedTv, poll, scannedTv } from "../support/activation_requests.ts";
import { wrapKv } from "../support/kv_hooks.ts";
import { type Page, submit } from "../support/mailed_links.ts";
import { numRuns } from "../support/num_runs.ts";
import { TestService } from "../support/test_service.ts";

const [K1, K2] = ["k1", "k2"].map((id) => `${id}:${btoa(id.padEnd(32, "-"))}`) as [string, string];
const OTHER = "other@example.com";
const NEW = "new@example.com";

/** What a phone does. */
const ACTS = {
  signIn: { do: "sign_in", email: EMAIL, password: PASSWORD },
  signInOther: { do: "sign_in", email: OTHER, password: PASSWORD },
  wrong: { do: "sign_in", email: EMAIL, password: "wrong password" },
  signUp: { do: "sign_up", email: NEW, password: PASSWORD },
  byMail: { do: "approve" },
  deny: { do: "deny" },
  denyByMail: { do: "deny" },
} as const;
type Act = keyof typeof ACTS | "poll";

/** The email that each way approves for. */
const APPROVES: Partial<Record<Act, string>> = {
  signIn: EMAIL,
  signInOther: OTHER,
  signUp: NEW,
  byMail: MORK,
};

interface Plan {
  readonly acts: readonly Act[];
  /** How many milliseconds each operation waits, one after the other. */
  readonly waits: readonly number[];
  /** Which commits, counted from 0, take effect and report a failure. */
  readonly doubtful: readonly number[];
}

const plans: fc.Arbitrary<Plan> = fc.record({
  acts: fc.array(fc.constantFrom<Act>(...Object.keys(ACTS) as Act[], "poll", "poll"), {
    minLength: 2,
    maxLength: 7,
  }),
  waits: fc.array(fc.nat(6), { minLength: 1, maxLength: 40 }),
  doubtful: fc.array(fc.nat(12), { maxLength: 3 }),
});

/** One plan for each decision. */
const ALONE = ([["signIn"], ["signInOther"], ["signUp"], ["byMail"], ["deny"], ["poll"]] as const)
  .map((acts): [Plan] => [{ acts, waits: [0], doubtful: [] }]);

Deno.test("of phones and a TV at the same moment the first decision stands, and the TV gets one session", async () => {
  const decisions = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const decision = await play(plan);
      decisions.set(decision, (decisions.get(decision) ?? 0) + 1);
    }),
    { numRuns: numRuns({ quick: 60, full: 600 }), examples: ALONE },
  );
  // The plans reach every decision, as the first ones do so by themselves.
  for (const decision of [EMAIL, OTHER, NEW, MORK, "denied", "pending"]) {
    assert(decisions.has(decision), decision);
  }
});

async function play({ acts, waits, doubtful }: Plan): Promise<string> {
  let operation = 0;
  let commits = -1;
  let disturbed = false;
  const wait = async () => {
    if (!disturbed) return;
    await sleep(service.clock, waits[operation++ % waits.length] ?? 0);
  };
  await using service = await TestService.open({
    env: { DATA_KEYS: `${K1},${K2}` },
    wrapKv: (kv) =>
      wrapKv(kv, {
        read: async (_, perform) => (await wait(), await perform()),
        commit: async (_, perform) => {
          await wait();
          const result = await perform();
          if (disturbed && doubtful.includes(++commits)) throw new TypeError("connection reset");
          return result;
        },
      }),
  });
  await signedUp(service);
  await signedUp(service, { email: OTHER });
  await service.signedIn("mork.1");
  const { tv, path } = await scannedTv(service);
  const link = await mailedTv(service, path, MORK);
  const sessions = (await service.stored()).session ?? 0;

  disturbed = true;
  const answers = await service.answerOf(Promise.all(acts.map(async (act) => {
    if (act === "poll") return { act, response: await poll(service, tv) };
    const from = act === "byMail" || act === "denyByMail" ? link : path;
    return { act, page: await submit(service, from, ACTS[act]) };
  })));
  disturbed = false;

  const last = await poll(service, tv);
  const body = await last.json();
  const decision: string = last.ok
    ? body.account.email
    : body.code === "access_denied"
    ? "denied"
    : "pending";
  for (const answer of answers) {
    if (answer.page !== undefined) assertAgrees(answer.act, answer.page, decision);
    else await assertPolled(answer.response, body, last.ok);
  }
  const stored = await service.stored();
  assertEquals(stored.account, decision === NEW ? 4 : 3, "An account was made without its approval");
  assertEquals((stored.session ?? 0) - sessions, last.ok ? 1 : 0, "The TV has another number of sessions");
  if (last.ok) await assertRotated(service, tv, body.session_token);
  return decision;
}

/**
 * Asserts that the TV gets its session again when the operator has put another data key in front, and none when the key from
 * which its secret was derived is gone.
 */
async function assertRotated(
  { kv, simulator, clock }: TestService,
  tv: Parameters<typeof poll>[1],
  token: string,
): Promise<void> {
  const open = async (DATA_KEYS: string) => {
    const service = await TestService.open({ kv, simulator, env: { DATA_KEYS } });
    service.clock.jump(clock.now() - service.clock.now());
    return service;
  };
  await using turned = await open(`${K2},${K1}`);
  const again = await (await poll(turned, tv)).json();
  assertEquals(again.session_token, token, "The TV got another session");
  const { keyring } = turned.services;
  await reseal({ kv, keyring, clock }, { perSecond: Infinity, pace: clock, progress: () => {} });
  await kv.delete([DATA_KEY.kind, "k1"]);
  await using later = await open(K2);
  const gone = await poll(later, tv);
  assertEquals([gone.status, (await gone.json()).code], [503, "storage_unavailable"]);
  assertEquals((await later.request("/v1/sessions/current", { token })).status, 200, "The session is over");
}

/** Asserts that a page tells the decision. A decision that came later cannot be in it. */
function assertAgrees(act: Act, { status, heading }: Page, decision: string): void {
  const wanted = act === "deny" || act === "denyByMail" ? "denied" : APPROVES[act];
  if (status === 200) assertEquals(wanted, decision, `${act} was told that it is done`);
  else if (act === "wrong" && status === 422) return;
  else {
    assertEquals(status, 410, `${act}: ${heading}`);
    assertEquals(heading, decision === "denied" ? "This TV is not signed in" : "This code was used", act);
    assert(wanted !== decision && decision !== "pending", `${act} was told that somebody was faster`);
  }
}

async function assertPolled(
  response: Response,
  last: { session_token?: string },
  approved: boolean,
): Promise<void> {
  const body = await response.json();
  if (response.ok) assertEquals([approved, body.session_token], [true, last.session_token]);
  else assert(["authorization_pending", "slow_down", "access_denied"].includes(body.code), body.code);
}
