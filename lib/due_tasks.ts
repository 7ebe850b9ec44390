/**
 * Does what is due: every minute, and right after an answer that made something due.
 *
 * @module
 */
import { Deadline } from "./clock.ts";
import { STORAGE_DEADLINE_MS } from "./kv/database.ts";
import { type DueTask, listDueTasks, type TaskName } from "./kv/tasks.ts";
import { describeError } from "./log.ts";
import { sendDueMail } from "./mail/delivery.ts";
import { purgeDeletedAccount } from "./self_service/account_deletion.ts";
import { nudge } from "./self_service/nudge.ts";
import type { Services } from "./services.ts";

const HANDLERS: Readonly<Record<TaskName, (services: Services, task: DueTask) => Promise<void>>> = {
  nudge,
  mail: sendDueMail,
  purge: purgeDeletedAccount,
};
const AT_ONCE = 10;

/**
 * Does everything that is due, until nothing more is. What fails is logged and stays due for the next run.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function runDueTasks(services: Services): Promise<void> {
  const { db, clock, log } = services;
  const failed = new Set<string>();
  for (;;) {
    using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
    const limit = AT_ONCE + failed.size;
    const listed = await listDueTasks(db, { now: clock.now(), limit, deadline });
    const due = listed.filter(({ entry }) => !failed.has(entry.key.join("/")));
    if (due.length === 0) return;
    await Promise.all(due.map(async (task) => {
      try {
        await HANDLERS[task.name](services, task);
      } catch (error) {
        failed.add(task.entry.key.join("/"));
        log("error", "task_failed", { task: task.name, ...describeError(error) });
      }
    }));
  }
}
