/**
 * Does what is due: every minute, and right after an answer that made something due.
 *
 * @module
 */
import { Deadline } from "./base/clock.ts";
import { STORAGE_DEADLINE_MS, UnreadableProblem } from "./kv/database.ts";
import { TASK } from "./kv/schema.ts";
import { type DueTask, listDueTasks, type TaskName } from "./kv/tasks.ts";
import { describeError } from "./base/log.ts";
import { sendDueMail } from "./outbox/delivery.ts";
import { Problem } from "./base/problem.ts";
import { purgeDeletedAccount } from "./my_account/deletion.ts";
import { nudge } from "./my_account/password_nudge.ts";
import type { Services } from "./services.ts";

const HANDLERS: Readonly<Record<TaskName, (services: Services, task: DueTask) => Promise<void>>> = {
  nudge,
  mail: sendDueMail,
  purge: purgeDeletedAccount,
};
const PAGE = 100;
const AT_ONCE = 10;
/** Of one task in one run: it may have many steps, and each may have to be made again; but a run comes to an end. */
const MOST_TRIES = 1000;

/**
 * Starts {@linkcode runDueTasks} beside the answer that made something due. A stop of the service waits for its end.
 */
export function startDueTasks(services: Services): void {
  services.background.start("due_tasks", () => runDueTasks(services));
}

/**
 * Does everything that is due, until nothing more is. What fails is logged and stays due for the next run.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function runDueTasks(services: Services): Promise<void> {
  const tries = new Map<string, number>();
  let last: DueTask | null = null;
  let done = 0;
  for (;;) {
    const page: DueTask[] = await list(services, last);
    done += await doAll(services, page, tries);
    last = page.at(-1) ?? null;
    // Some of what was done made something due that comes before where the list was.
    if (last === null && done === 0) return;
    if (last === null) done = 0;
  }
}

async function list({ db, clock }: Services, after: DueTask | null): Promise<DueTask[]> {
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  return await listDueTasks(db, { now: clock.now(), limit: PAGE, after, deadline });
}

/** Does what may be tried yet, a few at once: one that hangs holds up none but itself. Gives how many were done. */
async function doAll(
  services: Services,
  page: readonly DueTask[],
  tries: Map<string, number>,
): Promise<number> {
  const triesOf = (task: DueTask) => tries.get(nameOf(task)) ?? 0;
  const waiting = page.filter((task) => triesOf(task) < MOST_TRIES).values();
  let done = 0;
  const work = async () => {
    for (const task of waiting) {
      tries.set(nameOf(task), triesOf(task) + 1);
      try {
        if (task.entry.value === null) throw new UnreadableProblem(TASK);
        if (!Object.hasOwn(HANDLERS, task.name)) throw new RangeError("No such task here");
        await HANDLERS[task.name](services, task);
        done++;
      } catch (error) {
        tries.set(nameOf(task), MOST_TRIES);
        const detail = error instanceof Problem ? error.message : undefined;
        services.log("error", "task_failed", { task: task.name, detail, ...describeError(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return done;
}

function nameOf({ entry }: DueTask): string {
  return entry.key.join("/");
}
