/**
 * The due tasks: every minute, and right after a response that made a task due, all of them are done.
 *
 * @module
 */
import { describeError } from "./base/log.ts";
import { STORAGE_DEADLINE_MS } from "./kv/database.ts";
import { TASK } from "./kv/schema.ts";
import { UnreadableRecordProblem } from "./kv/storage_failure.ts";
import { type DueTask, listDueTasks, type TaskName } from "./kv/tasks.ts";
import { purgeDeletedAccount } from "./my_account/deletion.ts";
import { nudge } from "./my_account/password_nudge.ts";
import { sendDueMail } from "./outbox/delivery.ts";
import { runReceiptChecks } from "./purchases/receipt_checks.ts";
import type { Services } from "./services.ts";

const HANDLERS: Readonly<Record<TaskName, (services: Services, task: DueTask) => Promise<void>>> = {
  nudge,
  mail: sendDueMail,
  purge: purgeDeletedAccount,
};
const PAGE = 100;
/** Tasks that are done at once. So one that hangs holds up no other. */
const AT_ONCE = 10;
/** Attempts at one task in one run. A task can have many steps, and each can fail; but a run comes to an end. */
const MOST_ATTEMPTS = 1000;

/** Starts all that is due in the background. A stop of the service waits for it. */
export function startDueTasks(services: Services): void {
  services.background.start("due_tasks", () => runDueTasks(services));
  startReceiptChecks(services);
}

/** Starts the due checks of receipts in the background. They go at a pace of their own, so no mail waits for them. */
export function startReceiptChecks(services: Services): void {
  services.background.start("receipt_checks", () => runReceiptChecks(services));
}

/**
 * Does all tasks that are due, until none is left. A task that fails is logged and stays due for the next run.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function runDueTasks(services: Services): Promise<void> {
  const attempts = new Map<string, number>();
  let last: DueTask | null = null;
  let done = 0;
  for (;;) {
    const page: DueTask[] = await listPage(services, last);
    done += await doPage(services, page, attempts);
    last = page.at(-1) ?? null;
    // A task that was done can have made another one due, before the place that the list has reached.
    if (last === null && done === 0) return;
    if (last === null) done = 0;
  }
}

async function listPage({ db, clock }: Services, after: DueTask | null): Promise<DueTask[]> {
  using store = db.within(STORAGE_DEADLINE_MS);
  return await listDueTasks(store, { now: clock.now(), limit: PAGE, after });
}

/** Does the tasks of a page that have attempts left. Returns how many were done. */
async function doPage(
  services: Services,
  page: readonly DueTask[],
  attempts: Map<string, number>,
): Promise<number> {
  const attemptsOf = (task: DueTask) => attempts.get(nameOf(task)) ?? 0;
  const waiting = page.filter((task) => attemptsOf(task) < MOST_ATTEMPTS).values();
  let done = 0;
  const work = async () => {
    for (const task of waiting) {
      attempts.set(nameOf(task), attemptsOf(task) + 1);
      try {
        if (task.entry.value === null) throw new UnreadableRecordProblem(TASK);
        if (!Object.hasOwn(HANDLERS, task.name)) throw new RangeError("No such task here");
        await HANDLERS[task.name](services, task);
        done++;
      } catch (error) {
        attempts.set(nameOf(task), MOST_ATTEMPTS);
        services.log("error", "task_failed", { task: task.name, ...describeError(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return done;
}

function nameOf({ entry }: DueTask): string {
  return entry.key.join("/");
}
