/** Due tasks are done in the order of their times, and no task keeps another one from being done. */
import { assert, assertEquals } from "@std/assert";
import { Background } from "../../lib/base/background.ts";
import { putTask } from "../../lib/kv/tasks.ts";
import { createLog } from "../../lib/base/log.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { type Mailing, openMailing } from "../support/mail_api.ts";
import { aroundKv, wrapKv } from "../support/kv_hooks.ts";

const NO_NUDGE = { PASSWORD_NUDGE_AFTER_HOURS: "0" };
const MORK = "mhashimoto-04@plaxo.com";

Deno.test("runDueTasks does the tasks that are due now, and none before its time", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  const { clock } = mailing.service;
  await stage(mailing, [clock.now() + 1]);
  await mailing.advance(0);
  assertEquals(await tasksOf(mailing), 1);
  await mailing.advance(1);
  assertEquals(await tasksOf(mailing), 0);
});

Deno.test("runDueTasks does the tasks that its own work makes due", async () => {
  await using mailing = await openMailing();
  await mailing.service.signedIn("mork.1");
  // Both tasks have the same time, and the mail comes before the nudge in the order of keys.
  await mailing.advance(24 * 3_600_000);
  assertEquals(mailing.attempts.length, 1);
});

Deno.test("runDueTasks passes over a task of an unknown name and one that cannot be read, and logs both", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  const { kv } = mailing.service;
  await mailing.service.signedIn("mork.1");
  await kv.set(["task", "000000000001", "nudge", "acc_1"], { v: 2 });
  await kv.set(["task", "000000000001", "toString", "acc_1"], { v: 1 });
  await kv.set(["task", "000000000001", "water_plants", "acc_1"], { v: 1 });
  await mailing.enqueue(MORK);
  await mailing.advance(0);
  assertEquals(mailing.attempts.length, 1);
  assertEquals(mailing.logged("task_failed").map(({ task, error }) => [task, error]).toSorted(), [
    ["nudge", "Problem"],
    ["toString", "RangeError"],
    ["water_plants", "RangeError"],
  ]);
  assertEquals(await tasksOf(mailing), 3);
});

Deno.test("runDueTasks ends although a task is never done", async () => {
  let commits = 0;
  await using mailing = await openMailing({
    env: NO_NUDGE,
    wrapKv: (kv) =>
      wrapKv(kv, {
        commit: (commit, perform) =>
          commit.mutations.some(({ key }) => key[0] === "task") && ++commits > 1
            ? Promise.resolve({ ok: false })
            : perform(),
      }),
  });
  await mailing.enqueue("nobody@example.com");
  await mailing.advance(0);
  assertEquals(commits, 1 + 1000);
  assertEquals(await tasksOf(mailing), 1);
});

Deno.test("runDueTasks does a mail behind 1,100 tasks that fail", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  const { kv } = mailing.service;
  await mailing.service.signedIn("mork.1");
  for (let i = 0; i < 1100; i += 100) {
    const batch = kv.atomic();
    for (let j = i; j < i + 100; j++) {
      batch.set(["task", "000000000001", "nudge", `acc_${String(j).padStart(4, "0")}`], { v: 2 });
    }
    await batch.commit();
  }
  await mailing.enqueue(MORK);
  await mailing.advance(0);
  assertEquals(mailing.attempts.length, 1);
  assertEquals(mailing.logged("task_failed").length, 1100, "Each is tried once in a run");
});

Deno.test("runDueTasks goes on beside a mail that hangs", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  for (let i = 0; i < 30; i++) await mailing.service.signedIn(`new.${i}`);
  for (const email of await emails(mailing)) await mailing.enqueue(email);
  mailing.answers = ["hangs", 200];
  const run = mailing.service.runDueTasks();
  await mailing.attempted(30);
  assertEquals(mailing.service.mails.length, 29);
  await mailing.service.answerOf(run);
  await mailing.advance(60_000);
  assertEquals(mailing.service.mails.length, 30);
});

Deno.test("runDueTasks asks all of many customers whose tasks are due at once, ten at a time", async () => {
  const CUSTOMERS = 300;
  let most = 0;
  let out = 0;
  await using mailing = await openMailing({
    env: { AMAZON_SIGN_INS_PER_MINUTE: "0" },
    wrapKv: (kv) =>
      aroundKv(kv, async (_, call) => {
        most = Math.max(most, ++out);
        return await call().finally(() => out--);
      }),
  });
  for (let i = 0; i < CUSTOMERS; i++) await mailing.service.signedIn(`new.${i}`);
  most = 0;
  await mailing.advance(24 * 3_600_000);
  assertEquals(mailing.service.mails.length, CUSTOMERS);
  assertEquals(new Set(mailing.service.mails.map(({ to }) => to[0])).size, CUSTOMERS);
  assert(most <= 10, `${most} at once`);
  assertEquals(await tasksOf(mailing), 0);
});

Deno.test("Background runs work of one name once at a time, and once more when it was started meanwhile", async () => {
  const { background } = open();
  const gates: (() => void)[] = [];
  const work = () => new Promise<void>((resolve) => gates.push(resolve));
  background.start("a", work);
  background.start("b", work);
  await turn();
  assertEquals(gates.length, 2);
  for (let i = 0; i < 3; i++) background.start("a", work);
  await turn();
  assertEquals(gates.length, 2);
  gates[0]?.();
  await turn();
  assertEquals(gates.length, 3);
  let idle = false;
  background.idle().then(() => idle = true);
  gates[1]?.();
  await turn();
  assertEquals(idle, false);
  gates[2]?.();
  await turn();
  assertEquals([gates.length, idle], [3, true]);
});

Deno.test("Background logs a failure by its name and place, without its message, and goes on", async () => {
  const { background, log } = open();
  background.start("a", () => Promise.reject(new TypeError("canary")));
  background.start("b", () => {
    throw new RangeError("canary");
  });
  await background.idle();
  assertEquals(log.map(({ task, error }) => [task, error]).toSorted(), [["a", "TypeError"], [
    "b",
    "RangeError",
  ]]);
  assert(!JSON.stringify(log).includes("canary"));
  let ran = false;
  background.start("a", () => Promise.resolve(void (ran = true)));
  await background.idle();
  assert(ran);
});

function open() {
  const log: Record<string, unknown>[] = [];
  const write = (line: string) => log.push(JSON.parse(line));
  return { log, background: new Background(createLog({ level: "debug", clock: new FakeClock(), write })) };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

async function stage({ service: { services } }: Mailing, times: readonly number[]): Promise<void> {
  using store = services.db.within(3000);
  const batch = store.batch();
  for (const at of times) putTask(batch, { name: "nudge", ids: ["acc_none"] }, at);
  await store.commit(batch);
}

async function tasksOf({ service }: Mailing): Promise<number> {
  return (await service.stored()).task ?? 0;
}

async function emails({ service }: Mailing): Promise<string[]> {
  const { keyring } = service.services;
  return await Array.fromAsync(
    service.kv.list({ prefix: ["account"] }),
    ({ key, value }) => JSON.parse(keyring.open(value as Uint8Array<ArrayBuffer>, key.join("/"))).email,
  );
}
