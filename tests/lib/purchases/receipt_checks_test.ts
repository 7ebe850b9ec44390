/** The checks of receipts: how often, at which pace, and what they do about a purchase that nobody fulfils. */
import { assert, assertEquals } from "@std/assert";
import { nextRoutineCheck } from "../../../lib/accounts/receipt_schedule.ts";
import { storedPurchase } from "../../../lib/accounts/entitlements.ts";
import { TURN_MS } from "../../../lib/purchases/pace.ts";
import { RUN_MS, runReceiptChecks } from "../../../lib/purchases/receipt_checks.ts";
import { numRuns } from "../../support/num_runs.ts";
import {
  entitlementsOf,
  pass,
  purchasesOf,
  runDue,
  statesOf,
  submit,
  USER,
} from "../../support/purchases.ts";
import { TestService } from "../../support/test_service.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

Deno.test("each receipt that is not ended is verified again within RECEIPT_CHECK_HOURS, and not much oftener", async () => {
  for (const hours of [1, 48]) {
    await using service = await TestService.open({ env: { RECEIPT_CHECK_HOURS: String(hours) } });
    const { session_token } = await service.signedIn("mork.1", {
      purchases: purchasesOf(["sub.fulfilled.1", "sub.ended.1"]),
    });
    const verifiedAt = async () =>
      Date.parse(
        (await entitlementsOf(service, session_token)).find(({ state }) => state === "active")!.verified_at!,
      );
    let last = await verifiedAt();
    const calls = service.simulator.requests.length;
    for (let minutes = 0; minutes < 5 * hours * 60; minutes += Math.max(1, hours / 4)) {
      await pass(service, Math.max(1, hours / 4) * 60_000);
      const now = await verifiedAt();
      assert(now - last <= hours * HOUR_MS, `${(now - last) / HOUR_MS} of ${hours} hours`);
      assert(service.clock.now() - now <= hours * HOUR_MS);
      last = now;
    }
    assert([5, 6].includes(service.simulator.requests.length - calls));
  }
});

Deno.test("several instances together make at most 5 calls a second, one for each receipt, and none is late", async () => {
  const COUNT = numRuns({ quick: 300, full: 3000 });
  await using first = await TestService.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "0" } });
  const { session_token: token } = await first.signedIn("mork.1");
  for (let start = 0; start < COUNT; start += 10) {
    await submit(first, token, Array.from({ length: 10 }, (_, i) => `sub.fulfilled.${start + i}`));
  }
  // All of them are due at the same moment, and RVS takes a second for each.
  first.clock.jump(47 * HOUR_MS);
  const from = first.simulator.requests.length;
  const times: number[] = [];
  const slow: typeof fetch = async (input, init) => {
    times.push(first.clock.now());
    await new Promise<void>((resolve) => first.clock.after(1000, resolve));
    return await first.simulator.fetch(input, init);
  };
  await using second = await TestService.open({
    kv: first.kv,
    simulator: first.simulator,
    clock: first.clock,
    wrapFetch: () => slow,
  });
  await using third = await TestService.open({
    kv: first.kv,
    simulator: first.simulator,
    clock: first.clock,
    wrapFetch: () => slow,
  });
  const minute = 60_000;
  const began = first.clock.now();
  for (let end = began; times.length < COUNT; end += minute) {
    if (first.clock.now() < end) first.clock.jump(end - first.clock.now());
    await first.answerOf(
      Promise.all([second, third, second].map(({ services }) => runReceiptChecks(services))),
    );
  }
  assertEquals(first.simulator.requests.length - from, COUNT);
  assertEquals(new Set(first.simulator.requests.slice(from).map(({ url }) => url)).size, COUNT);
  times.forEach((at, i) => assert(i < 5 || at - times[i - 5]! > 1000, `6 calls in a second at ${at}`));
  // Runs end after 55 of 60 seconds; beyond that the calls follow each other without a gap.
  assert(times.at(-1)! - began <= COUNT * TURN_MS * minute / RUN_MS + 2 * minute);
});

Deno.test("a million receipts: their checks are spread evenly, and 72 hours hold them (a simulation of the queue)", () => {
  const check = (count: number, hours: number, heap: boolean) => {
    const period = hours * HOUR_MS;
    const record = {
      receipt_id: "r",
      gone: false,
      verified_at: 0,
      failures: 0,
      purchase: storedPurchase({
        sku: "s",
        termSku: null,
        productType: "SUBSCRIPTION",
        purchasedAt: 0,
        renewsAt: null,
        cancelsAt: null,
        trialEndsAt: null,
        graceEndsAt: null,
        autoRenewing: true,
        fulfilled: true,
        quickSubscribe: true,
        test: false,
      }),
    };
    const config = { checkMs: period, acknowledge: false, topics: [] };
    // Buckets of a minute hold how many receipts are due, and the sum of the times at which they were verified.
    const minutes = Math.ceil(4 * period / 60_000) + 10;
    const due = Array.from({ length: minutes }, () => [] as number[]);
    for (let i = 0; i < count; i++) {
      const verified = heap ? 0 : -Math.random() * period * 0.95;
      const next = Math.max(0, nextRoutineCheck(record, verified, config)!.due);
      due[Math.min(minutes - 1, Math.ceil(next / 60_000))]!.push(verified);
    }
    const perMinute = Math.floor(RUN_MS / TURN_MS);
    let queue: number[] = [];
    let head = 0;
    let latest = 0;
    const perHour = new Float64Array(Math.ceil(minutes / 60));
    for (let minute = 0; minute < minutes - 1; minute++) {
      queue = head > 1_000_000 ? queue.slice(head) : queue;
      if (head > 1_000_000) head = 0;
      for (const verified of due[minute]!) queue.push(verified);
      due[minute] = [];
      for (let i = 0; i < perMinute && head < queue.length; i++) {
        const now = minute * 60_000 + i * TURN_MS;
        latest = Math.max(latest, now - queue[head++]!);
        perHour[Math.floor(minute / 60)]!++;
        const next = Math.ceil(nextRoutineCheck(record, now, config)!.due / 60_000);
        if (next < minutes) due[next]!.push(now);
      }
    }
    return {
      latestHours: latest / HOUR_MS,
      most: Math.max(...perHour.slice(0, -1)),
      left: queue.length - head,
    };
  };
  const spread = check(600_000, 48, false);
  assert(spread.latestHours <= 48, `${spread.latestHours} hours`);
  const million = check(1_000_000, 72, false);
  assert(million.latestHours <= 72, `${million.latestHours} hours`);
  assert(million.most <= 5 * 3600);
});

Deno.test("a purchase that is due for 7 and for 12 days gives the event, after RVS was asked, and never once it is fulfilled", async () => {
  const eventsOf = async (service: TestService, token: string) =>
    (await (await service.request("/v1/account/events?limit=100", { token })).json()).events
      .filter(({ type }: { type: string }) => type === "purchase.unfulfilled");
  await using service = await TestService.open();
  const receipts = ["sub.active.1", "sub.active.2", "sub.active.3", "item.entitled.1"];
  const { session_token: token } = await service.signedIn("mork.1", { purchases: purchasesOf(receipts) });
  const act = (id: string, action: "fulfill" | "refund") =>
    service.simulator.receipts.act(service.simulator.receipts.find(id)!, action);
  act("sub.active.3", "refund");
  await pass(service, 7 * DAY_MS - 60_000);
  assertEquals(await eventsOf(service, token), []);
  act("sub.active.2", "fulfill");
  await pass(service, 120_000, 60_000);
  const [event, ...more] = await eventsOf(service, token);
  assertEquals([event.data.sku, more], ["com.example.premium", []]);
  await pass(service, 5 * DAY_MS);
  assertEquals((await eventsOf(service, token)).length, 2);
  await pass(service, 5 * DAY_MS);
  assertEquals((await eventsOf(service, token)).length, 2);
  assertEquals(
    statesOf(await entitlementsOf(service, token))["sub.active.1"],
    "ended",
    "Amazon has cancelled it",
  );
});

Deno.test("a purchase that comes late gives one event a minute after it came, so that the device can fulfil it first", async () => {
  await using service = await TestService.open();
  const told = () => service.log.filter(({ message }) => message === "purchase_unfulfilled").length;
  for (const [id, days] of [["eight", 8], ["thirteen", 13]] as const) {
    const receipt = service.simulator.receipts.issue("sub.active", { receiptId: id, userId: USER });
    receipt.purchased.purchaseDate -= days * DAY_MS;
  }
  const { session_token: token } = await service.signedIn("mork.1");
  await submit(service, token, ["eight", "thirteen"]);
  await runDue(service);
  assertEquals(told(), 0);
  await pass(service, 60_000);
  assertEquals(told(), 2);
  await pass(service, HOUR_MS, 60_000);
  assertEquals(told(), 2);
});

Deno.test("APPSTORE_ACKNOWLEDGE acknowledges a day after the binding what no device has, and RVS tells whether it took", async () => {
  for (const acknowledge of ["true", "false"]) {
    await using service = await TestService.open({ env: { APPSTORE_ACKNOWLEDGE: acknowledge } });
    const receipts = ["sub.active.1", "sub.active.2", "item.entitled.1"];
    const { session_token: token } = await service.signedIn("mork.1", { purchases: purchasesOf(receipts) });
    const asked = () =>
      service.simulator.requests.filter(({ endpoint }) => endpoint === "acknowledge").map(({ method }) =>
        method
      );
    const fulfillments = async () =>
      Object.fromEntries(
        (await entitlementsOf(service, token)).map((
          { receipt_id, fulfillment },
        ) => [receipt_id, fulfillment]),
      );
    service.simulator.receipts.act(service.simulator.receipts.find("sub.active.2")!, "fulfill");
    await pass(service, DAY_MS - 60_000);
    assertEquals(asked(), []);
    await pass(service, 120_000, 60_000);
    assertEquals(asked(), acknowledge === "true" ? ["PUT"] : []);
    const took = acknowledge === "true" ? "done" : "due";
    const told = await fulfillments();
    assertEquals([told["sub.active.1"], told["item.entitled.1"]], [took, "due"]);
    await pass(service, 3 * DAY_MS);
    assertEquals(asked().length, acknowledge === "true" ? 1 : 0);
  }
});

Deno.test("RVS that is down keeps what it last told, and is asked again with growing pauses", async () => {
  const network = { down: false };
  await using service = await TestService.open({
    wrapFetch: (fetch) => (input, init) =>
      network.down && String(input).includes("verifyReceiptId")
        ? Promise.reject(new TypeError("refused"))
        : fetch(input, init),
  });
  const { session_token: token } = await service.signedIn("mork.1", {
    purchases: purchasesOf(["sub.fulfilled.1"]),
  });
  const [before] = await entitlementsOf(service, token);
  network.down = true;
  await pass(service, 4 * DAY_MS, 60_000);
  assertEquals(await entitlementsOf(service, token), [before]);
  const failed =
    service.log.filter(({ message, outcome }) => message === "upstream" && outcome === "unavailable").length;
  assert(failed >= 12 && failed <= 30, `${failed} calls`);
  network.down = false;
  await pass(service, 6 * HOUR_MS, 60_000 * 10);
  const [after] = await entitlementsOf(service, token);
  assert(Date.parse(after!.verified_at!) > Date.parse(before!.verified_at!));
});

Deno.test("two claims of one receipt that RVS confirms later: one account has it, and the other one has nothing", async () => {
  await using service = await TestService.open();
  const id = "sub.active~429*3.1";
  const tokens: string[] = [];
  for (const code of ["mork.1", "returning.1"]) {
    const { session_token, entitlements } = await service.signedIn(code, { purchases: purchasesOf([id]) });
    assertEquals(statesOf(entitlements), { [id]: "unverified" });
    tokens.push(session_token);
  }
  await service.answerOf(service.services.background.idle());
  await pass(service, 300_000, 60_000);
  const states = await Promise.all(
    tokens.map(async (token) => statesOf(await entitlementsOf(service, token))),
  );
  assertEquals(states.map((state) => state[id]).toSorted(), ["active", undefined]);
});
