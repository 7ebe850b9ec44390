/**
 * The due tasks: every minute, and right after a response that made a task due, all of them are done.
 *
 * @module
 */
import type { Starts } from "./base/background.ts";
import { Lanes } from "./base/lanes.ts";
import { describeError } from "./base/log.ts";
import { STORAGE_DEADLINE_MS } from "./kv/database.ts";
import { TASK } from "./kv/schema.ts";
import { UnreadableRecordProblem } from "./kv/storage_failure.ts";
import { type DueTask, listDueTasks, type TaskName, tellOldest } from "./kv/tasks.ts";
import { purgeDeletedAccount } from "./my_account/deletion.ts";
import { nudge } from "./my_account/password_nudge.ts";
import { sendDueMail } from "./outbox/mail_delivery.ts";
import { sendDueWebhook } from "./outbox/webhook_delivery.ts";
import { runReceiptChecks } from "./purchases/receipt_checks.ts";
import type { Services } from "./services.ts";

/** Does one task. It can return when the task is due again, in milliseconds since the epoch. */
type Handler = (services: Services, task: DueTask) => Promise<number | null | void>;

const HANDLERS: Readonly<Record<TaskName, Handler>> = {
  nudge,
  mail: sendDueMail,
  webhook: sendDueWebhook,
  purge: purgeDeletedAccount,
};
const PAGE = 100;
/** Tasks that are done at once. So one that hangs holds up no other. */
const AT_ONCE = { most: 10, mostOfLane: 10 };
/** Webhooks that are sent at once, in all and for one account. They wait for a stranger's server, and hold up no mail. */
const WEBHOOKS_AT_ONCE = { most: 50, mostOfLane: 2 };
/** Tasks that a run keeps in memory. */
const MOST_WAITING = 2000;
/** Attempts at one task in one run. A task can have many steps, and each can fail; but a run comes to an end. */
const MOST_ATTEMPTS = 1000;
/** Milliseconds for which a run leaves a task alone that failed. The cron job starts a run every minute. */
const COOL_DOWN_MS = 60_000;

/** Starts all that is due in the background. A stop of the service waits for it. */
export function startDueTasks(services: Services): void {
  startTasks(services);
  startReceiptChecks(services);
}

/** Starts {@linkcode runDueTasks} in the background. A run that is under way looks again for what is due. */
export function startTasks(services: Services): void {
  services.background.start("due_tasks", (starts) => runDueTasks(services, starts));
}

/** Starts the due checks of receipts in the background. They go at a pace of their own, so no mail waits for them. */
export function startReceiptChecks(services: Services): void {
  services.background.start("receipt_checks", () => runReceiptChecks(services));
}

/**
 * Starts the due tasks when a mail is due that somebody asked for, and not before: until then the service is as busy as
 * without the mail. A stop of the service does not wait. Then another instance, or the next start, sends the mail.
 *
 * @param at Milliseconds since the epoch; null: nothing becomes due.
 */
export function startDueTasksAt(services: Services, at: number | null): void {
  if (at === null) return;
  services.clock.after(Math.max(0, at - services.clock.now()), () => startDueTasks(services));
}

/**
 * Does all tasks that are due, until none is left. A task that fails is logged and stays due for the next run.
 *
 * @param starts Tells when there are new tasks. Without it they are found at the end.
 * @throws {Problem} `storage_unavailable`
 */
export async function runDueTasks(services: Services, starts?: Starts): Promise<void> {
  await new Run(services).run(starts);
}

class Run {
  readonly #services: Services;
  readonly #tasks = new Lanes(AT_ONCE);
  readonly #webhooks = new Lanes(WEBHOOKS_AT_ONCE);
  /** The tasks that run or wait. */
  readonly #taken = new Set<string>();
  readonly #attempts = new Map<string, number>();
  /** Until when a task is left alone. */
  readonly #coolUntil = new Map<string, number>();
  /** Tasks that were done since the last look. */
  #done = 0;
  #wakesUpAt = 0;

  constructor(services: Services) {
    this.#services = services;
  }

  async run(starts: Starts | undefined): Promise<void> {
    do {
      starts?.take();
      this.#done = 0;
      await this.#look();
      const started = starts === undefined ? [] : [starts.started()];
      await Promise.race([this.#tasks.below(1), ...started]);
      // A webhook that hangs holds up neither a new one nor a task that another task has made due.
      const rests = this.#done === 0 && starts?.again !== true;
      if (rests) await Promise.race([this.#webhooks.below(1), ...started]);
    } while (this.#done > 0 || starts?.again === true || this.#tasks.size + this.#webhooks.size > 0);
  }

  /** Takes all tasks that are due. */
  async #look(): Promise<void> {
    const due = new Set<string>();
    let last: DueTask | null = null;
    do {
      const page: DueTask[] = await this.#list(last);
      if (last === null) tellOldest(this.#services, "tasks", page.map(({ dueAt }) => dueAt));
      for (const task of page) {
        const key = task.entry.key.join("/");
        due.add(key);
        this.#take(task, key);
      }
      last = page.at(-1) ?? null;
      await Promise.all([this.#tasks, this.#webhooks].map((lanes) => lanes.below(MOST_WAITING)));
    } while (last !== null);
    for (const remembered of [this.#attempts, this.#coolUntil]) {
      for (const key of remembered.keys()) if (!due.has(key)) remembered.delete(key);
    }
  }

  async #list(after: DueTask | null): Promise<DueTask[]> {
    const { db, clock } = this.#services;
    using store = db.within(STORAGE_DEADLINE_MS);
    return await listDueTasks(store, { now: clock.now(), limit: PAGE, after });
  }

  #take(task: DueTask, key: string): void {
    const cools = (this.#coolUntil.get(key) ?? 0) > this.#services.clock.now();
    if (cools || this.#taken.has(key)) return;
    this.#taken.add(key);
    const work = async () => {
      await this.#do(task, key);
      this.#taken.delete(key);
    };
    // The first id of a webhook is its account.
    if (task.name === "webhook") this.#webhooks.add(task.ids[0] ?? "", work);
    else this.#tasks.add("all", work);
  }

  async #do(task: DueTask, key: string): Promise<void> {
    const attempts = (this.#attempts.get(key) ?? 0) + 1;
    this.#attempts.set(key, attempts);
    if (attempts >= MOST_ATTEMPTS) this.#coolDown(key);
    try {
      if (task.entry.value === null) throw new UnreadableRecordProblem(TASK);
      if (!Object.hasOwn(HANDLERS, task.name)) throw new RangeError("No such task here");
      const dueAt = await this.#services.telemetry.span(
        `task ${task.name}`,
        async () => await HANDLERS[task.name](this.#services, task),
      );
      if (typeof dueAt === "number") this.#wakeUpAt(dueAt);
      this.#done++;
    } catch (error) {
      this.#coolDown(key);
      this.#services.log("error", "task_failed", { task: task.name, ...describeError(error) });
    }
  }

  #coolDown(key: string): void {
    this.#attempts.delete(key);
    this.#coolUntil.set(key, this.#services.clock.now() + COOL_DOWN_MS);
  }

  /** Starts a run when a task is due again before the cron job looks. */
  #wakeUpAt(dueAt: number): void {
    const { clock } = this.#services;
    const now = clock.now();
    const set = now < this.#wakesUpAt && this.#wakesUpAt <= dueAt;
    if (set || dueAt - now >= COOL_DOWN_MS) return;
    this.#wakesUpAt = dueAt;
    clock.after(Math.max(0, dueAt - now), () => startTasks(this.#services));
  }
}
