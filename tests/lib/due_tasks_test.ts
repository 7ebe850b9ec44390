/** Due tasks are done in the order of their times, and no task keeps another one from being done. */
import { assert, assertEquals } from "@std/assert";
import { aroundKv, wrapKv } from "../support/kv_hooks.ts";
import {
  accountEmails,
  type Mailing,
  NO_NUDGE,
  openMailing,
  openWithMail,
  storedMails,
} from "../support/mail_api.ts";

const DAY_MS = 24 * 3_600_000;

Deno.test("runDueTasks does the tasks that are due now and those that its own work makes due, and none before its time", async () => {
  await using mailing = await openMailing();
  await mailing.service.signedIn("mork.1");
  await mailing.advance(DAY_MS - 1);
  assertEquals([mailing.attempts.length, await tasksOf(mailing)], [0, 1]);
  // The nudge makes a mail due, and the same run sends the mail. In the order of keys the mail comes before the nudge.
  await mailing.advance(1);
  assertEquals([mailing.attempts.length, await tasksOf(mailing)], [1, 0]);
});

Deno.test("runDueTasks passes over a task of an unknown name and one that cannot be read, and logs both", async () => {
  await using mailing = await openWithMail();
  const { kv } = mailing.service;
  await kv.set(["task", "000000000001", "nudge", "acc_1"], { v: 2 });
  await kv.set(["task", "000000000001", "toString", "acc_1"], { v: 1 });
  await kv.set(["task", "000000000001", "water_plants", "acc_1"], { v: 1 });
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
  await using mailing = await openWithMail();
  const { kv } = mailing.service;
  for (let i = 0; i < 1100; i += 100) {
    const batch = kv.atomic();
    for (let j = i; j < i + 100; j++) {
      batch.set(["task", "000000000001", "nudge", `acc_${String(j).padStart(4, "0")}`], { v: 2 });
    }
    await batch.commit();
  }
  await mailing.advance(0);
  assertEquals(mailing.attempts.length, 1);
  assertEquals(mailing.logged("task_failed").length, 1100, "A run tries each task once");
});

Deno.test("runDueTasks goes on beside a mail that hangs", async () => {
  await using mailing = await openMailing({ env: NO_NUDGE });
  for (let i = 0; i < 30; i++) await mailing.service.signedIn(`new.${i}`);
  for (const email of await accountEmails(mailing.service)) await mailing.enqueue(email);
  mailing.answers = ["hangs", 200];
  const run = mailing.service.runDueTasks();
  await mailing.attempted(30);
  assertEquals(mailing.service.mails.length, 29);
  await mailing.service.answerOf(run);
  await mailing.advance(60_000);
  assertEquals(mailing.service.mails.length, 30);
});

Deno.test("runDueTasks asks all of many customers whose tasks are due at once, ten at a time", async () => {
  // More than two pages of the list of tasks.
  const CUSTOMERS = 210;
  let most = 0;
  let underWay = 0;
  await using mailing = await openMailing({
    env: { AMAZON_SIGN_INS_PER_MINUTE: "0" },
    wrapKv: (kv) =>
      aroundKv(kv, async (_, call) => {
        most = Math.max(most, ++underWay);
        return await call().finally(() => underWay--);
      }),
  });
  for (let i = 0; i < CUSTOMERS; i++) await mailing.service.signedIn(`new.${i}`);
  most = 0;
  await mailing.advance(DAY_MS);
  assertEquals(mailing.service.mails.length, CUSTOMERS);
  assertEquals(new Set(mailing.service.mails.map(({ to }) => to[0])).size, CUSTOMERS);
  // Ten tasks, and the look for further ones.
  assert(most <= 11, `${most} operations at the same time`);
  assertEquals(await tasksOf(mailing), 0);
});

async function tasksOf(mailing: Mailing): Promise<number> {
  return (await storedMails(mailing)).task ?? 0;
}
