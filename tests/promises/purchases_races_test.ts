/**
 * No sale is lost (design, section 4, promise 12): one receipt, several accounts and devices, notifications in between,
 * and instances that die. The order of all operations is drawn at random, and some of them fail. Afterwards at most one
 * account has the receipt, and it has what RVS says.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { type Entitlement, listEntitlements, stateOf } from "../../lib/accounts/entitlements.ts";
import { Problem } from "../../lib/base/problem.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { DEV_CLIENT_SECRETS, devEnvironment } from "../../lib/dev/environment.ts";
import { createSimulator, type Simulator } from "../../lib/dev/simulator/simulator.ts";
import { runDueTasks } from "../../lib/due_tasks.ts";
import { decodeEntry } from "../../lib/kv/records.ts";
import { ENTITLEMENT, type EntitlementRecord } from "../../lib/kv/schema.ts";
import { deleteAccount } from "../../lib/my_account/deletion.ts";
import { takeNotification } from "../../lib/purchases/notifications.ts";
import { runReceiptChecks } from "../../lib/purchases/receipt_checks.ts";
import { submitReceipts } from "../../lib/purchases/submission.ts";
import { createServices, type Services } from "../../lib/services.ts";
import { authenticate } from "../../lib/sessions/authentication.ts";
import { signInWithAmazon } from "../../lib/sign_in/one_click.ts";
import { signInByReceipt } from "../../lib/sign_in/receipt.ts";
// Loaded here, because the scheduler does not wait for the import on first use.
import "../../lib/outbox/messages.ts";
import { aroundKv, withoutChecks } from "../support/kv_hooks.ts";
import { RTN_ENV } from "../support/notifications.ts";
import { numRuns } from "../support/num_runs.ts";
import { type Process, Scheduler } from "./model/scheduler.ts";

const config = parseConfig({ ...devEnvironment("https://sns.us-east-1.amazonaws.com", 8000), ...RTN_ENV });
const client = { ...config.amazonClients[0]!, sharedSecret: config.amazonClients[0]!.sharedSecret! };
const RECEIPT = "receipt:3:11";
const USER = "appstore-user";
const purchases = { userId: USER, receiptIds: [RECEIPT] };
const MINUTE_MS = 60_000;

interface World {
  readonly simulator: Simulator;
  readonly scheduler: Scheduler;
  /** The session tokens of two accounts. */
  readonly tokens: readonly string[];
  /** The accounts that were told that they have the receipt. */
  readonly told: Set<string>;
  /** The accounts whose deletion was sent. */
  readonly deleted: Set<string>;
}

type Actor = (world: World, services: Services, nonce: number) => Promise<unknown>;

const ACTORS: Readonly<Record<string, Actor>> = {
  submitFirst: (world, services) => submit(world, services, 0),
  submitSecond: (world, services) => submit(world, services, 1),
  signInFirst: (world, services, nonce) => signIn(world, services, `mork.${nonce}`),
  signInSecond: (world, services, nonce) => signIn(world, services, `returning.${nonce}`),
  signInNew: (world, services, nonce) => signIn(world, services, `new.${nonce}`),
  signInByReceipt: async (world, services) => {
    const request = { ...purchases, receiptId: RECEIPT, client, device: {}, requestId: "" };
    const { account } = await signInByReceipt(services, request);
    world.told.add(account.id);
  },
  renewAndNotify: (world, services) => notify(world, services, "renew"),
  failAndNotify: (world, services) => notify(world, services, "fail"),
  refundAndNotify: (world, services) => notify(world, services, "refund"),
  revokeAndNotify: (world, services) => notify(world, services, "revoke"),
  notifyLate: ({ simulator, scheduler }, services) => {
    const receipt = simulator.receipts.find(RECEIPT)!;
    const changes = { timestamp: scheduler.time - MINUTE_MS };
    return takeNotification(services, simulator.notifications.notice(receipt, "renew", changes));
  },
  checks: (_, services) => runReceiptChecks(services),
  deletion: async (world, services) => {
    const session = await authenticate(services, world.tokens[0]!);
    world.deleted.add(session.accountId);
    await deleteAccount(services, session);
  },
};

async function submit(world: World, services: Services, which: number): Promise<void> {
  const session = await authenticate(services, world.tokens[which]!);
  const { entitlements } = await submitReceipts(services, session, { purchases, client, requestId: "" });
  note(world, session.accountId, entitlements);
}

async function signIn(world: World, services: Services, code: string): Promise<string> {
  const request = { code, idempotencyKey: null, client, device: {}, purchases, requestId: "" };
  const { answer } = await signInWithAmazon(services, request);
  assert(answer.outcome === "signed_in");
  note(world, answer.signedIn.account.id, answer.entitlements);
  return answer.signedIn.session_token;
}

function note(world: World, accountId: string, entitlements: readonly Entitlement[] = []): void {
  if (entitlements.some(({ state }) => state === "active" || state === "grace")) world.told.add(accountId);
}

/** Something happens in the Appstore, and Amazon tells of it until the service takes the message. */
async function notify(
  { simulator }: World,
  services: Services,
  action: "renew" | "fail" | "refund" | "revoke",
): Promise<void> {
  const receipt = simulator.receipts.find(RECEIPT)!;
  simulator.receipts.act(receipt, action);
  const message = simulator.notifications.notice(receipt, action);
  for (let attempt = 1;; attempt++) {
    try {
      return await takeNotification(services, message);
    } catch (error) {
      // A 4xx would be the end of the message.
      if (!(error instanceof Problem) || error.status < 500 || attempt === 20) throw error;
    }
  }
}

/** The requests with the instance that each goes to, after which of them an instance dies, and the scheduler's choices. */
interface Plan {
  readonly actors: readonly (readonly [name: string, instance: 0 | 1])[];
  readonly deathAfter: number | null;
  readonly choices: readonly number[];
}

const plans = (names: readonly string[] = Object.keys(ACTORS)): fc.Arbitrary<Plan> =>
  fc.record({
    actors: fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(0 as const, 1 as const)), {
      minLength: 2,
      maxLength: 6,
    }),
    deathAfter: fc.option(fc.nat(60)),
    choices: fc.array(fc.nat(2047), { maxLength: 160, size: "max" }),
  });

Deno.test("at most one account has a receipt, and it has what RVS says, with any requests at the same time", async () => {
  using kv = await Deno.openKv(":memory:");
  const property = fc.asyncProperty(plans(), (plan) => play(plan, kv));
  await fc.assert(property, { numRuns: numRuns({ quick: 80, full: 2000 }), seed: 20261129 });
});

/** Checks that a commit could lack, requests that then go wrong, and the error that the property reports. */
const MISSING_CHECKS = [
  {
    kinds: ["receipt"],
    actors: ["submitFirst", "submitSecond", "signInNew"],
    error: /Two accounts|has no entitlement|is not bound/,
  },
  { kinds: ["entitlement"], actors: ["submitFirst", "checks", "refundAndNotify"], error: /check|RVS says/ },
];

for (const { kinds, actors, error } of MISSING_CHECKS) {
  Deno.test(`the races of purchases notice commits that do not check ${kinds.join(" and ")}`, async () => {
    using kv = await Deno.openKv(":memory:");
    const property = fc.asyncProperty(plans(actors), (plan) => play(plan, kv, kinds));
    const { failed, errorInstance } = await fc.check(property, {
      seed: 6,
      numRuns: 1500,
      endOnFailure: true,
    });
    assert(failed, "No run failed");
    assertMatch(String(errorInstance), error);
  });
}

async function play(
  { actors, deathAfter, choices }: Plan,
  kv: Deno.Kv,
  unchecked: readonly string[] = [],
): Promise<void> {
  for await (const { key } of kv.list({ prefix: [] })) await kv.delete(key);
  const scheduler = new Scheduler([]);
  const simulator = createSimulator({ clock: scheduler.clock(null), clients: DEV_CLIENT_SECRETS });
  simulator.receipts.issue("sub.active", { receiptId: RECEIPT, userId: USER });
  let racing = false;
  let operations = 0;
  const instances = [0, 1].map((which) => {
    const process: Process = { skewMs: 0, alive: true, death: Promise.withResolvers() };
    const park = async <T>(label: string, call: () => Promise<T>): Promise<T> => {
      const fate = racing ? await scheduler.park(`${which}: ${label}`, process) : "done";
      if (racing && which === 0 && operations++ === deathAfter) {
        process.alive = false;
        scheduler.trace.push("0 dies");
        process.death.resolve(undefined);
      }
      if (fate === "failed") throw new TypeError("database is locked");
      // What a dying instance has sent last still arrives.
      const result = await scheduler.work(call);
      if (!process.alive) return await new Promise(() => {});
      if (fate === "done and reported as failed") throw new TypeError("connection reset");
      return result;
    };
    const services = createServices({
      config,
      kv: aroundKv(withoutChecks(kv, unchecked), park),
      clock: scheduler.clock(process),
      log: () => {},
      fetch: (url, init) => park("a call to Amazon", () => simulator.fetch(url, init)),
      cores: 2,
      passwordIterations: 1,
    });
    return { process, services };
  });
  const calm = instances[1]!.services;
  const world: World = { simulator, scheduler, tokens: [], told: new Set(), deleted: new Set() };
  for (const code of ["mork.first", "returning.first"]) {
    const request = { code, idempotencyKey: null, client, device: {}, requestId: "" };
    const { answer } = await signInWithAmazon(calm, request);
    assert(answer.outcome === "signed_in");
    (world.tokens as string[]).push(answer.signedIn.session_token);
  }
  racing = true;
  scheduler.draw(choices);
  const requests = actors.map(([name, instance], nonce) => {
    const { services, process } = instances[instance]!;
    return Promise.race([ACTORS[name]!(world, services, nonce), process.death.promise]);
  });
  try {
    await scheduler.race(requests);
    scheduler.calm();
    const runChecks = async (minutes: number) => {
      for (let i = 0; i < minutes; i++) {
        scheduler.jump(MINUTE_MS);
        // A deletion is ended by a task, which removes what was written while it ran.
        await scheduler.runToEnd(runDueTasks(calm));
        await scheduler.runToEnd(runReceiptChecks(calm));
      }
    };
    await runChecks(40);
    await assertTrue(world, calm, kv);
    scheduler.jump(48 * 60 * MINUTE_MS);
    await runChecks(3);
    await assertTrue(world, calm, kv);
  } catch (error) {
    const names = actors.map(([name, instance]) => `${instance}: ${name}`).join(", ");
    if (error instanceof Error) error.message += `\n\n${names}\n${scheduler.trace.join("\n")}\n`;
    throw error;
  }
}

async function assertTrue(
  { simulator, scheduler, told, deleted }: World,
  services: Services,
  kv: Deno.Kv,
): Promise<void> {
  const entitlements: { account: string; index: string; record: EntitlementRecord }[] = [];
  const pointers: { index: string; account: string }[] = [];
  const checks: string[] = [];
  let parked = 0;
  for await (const entry of kv.list({ prefix: [] })) {
    const [kind, ...ids] = entry.key as string[];
    if (kind === "entitlement") {
      const { value } = decodeEntry(ENTITLEMENT, entry as Deno.KvEntry<unknown>, services);
      if (value !== null) entitlements.push({ account: ids[0]!, index: ids[1]!, record: value });
    } else if (kind === "receipt") {
      pointers.push({ index: ids[0]!, account: (entry.value as { account_id: string }).account_id });
    } else if (kind === "receipt_check") checks.push(ids.join("/"));
    else if (kind === "parked_receipt") parked++;
  }
  const bound = entitlements.filter(({ record }) => record.bound_at !== null);
  assert(bound.length <= 1, "Two accounts have the receipt");
  assertEquals(entitlements.length, bound.length, "A claim was left, although RVS has answered");
  for (const { index, account } of pointers) {
    assert(
      bound.some((own) => own.index === index && own.account === account),
      "A pointer has no entitlement",
    );
  }
  for (const { index, account, record } of bound) {
    assert(
      pointers.some((own) => own.index === index && own.account === account),
      "An entitlement is not bound",
    );
    assert((await kv.get(["account", account])).value !== null, "An entitlement has no account");
    const { purchased } = simulator.receipts.find(RECEIPT)!;
    const truth = {
      gone: purchased.gone,
      purchase: record.purchase && {
        ...record.purchase,
        cancels_at: purchased.cancelDate,
        grace_ends_at: purchased.gracePeriodEndDate,
      },
    };
    assertEquals(stateOf(record, scheduler.time), stateOf(truth, scheduler.time), "It is not what RVS says");
    const { check } = record;
    const expected = check === null
      ? []
      : [`${check.lane}/${check.due.toString(16).padStart(12, "0")}/entitlement/${account}/${index}`];
    assertEquals(checks.filter((key) => key.includes("/entitlement/")), expected, "Not its own check");
    using store = services.db.within(3000);
    const listed = await scheduler.runToEnd(
      listEntitlements(store, { accountId: account, now: scheduler.time }),
    );
    assertEquals(listed.map(({ receipt_id }) => receipt_id), [RECEIPT]);
  }
  if (bound.length > 0) assertEquals(parked, 0, "A receipt with an account is parked");
  const owners = [...told].filter((account) => !deleted.has(account));
  assert(owners.length <= 1, "Two accounts were told that they have the receipt");
  if (owners.length === 1) {
    assertEquals(bound.map(({ account }) => account), owners, "It is not where it was told");
  }
  assert(
    !checks.some((key) => key.includes("/notification/")),
    "A notification was not done: its check is left",
  );
}
