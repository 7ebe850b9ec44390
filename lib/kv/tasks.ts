/**
 * What is to be done at a time, in the order of the times. A task is part of the commit that causes it, and its end
 * or its delay part of the commit that did it: so nothing is forgotten, and of two instances that find it one wins.
 *
 * @module
 */
import type { Database, Entry, Transaction } from "./database.ts";
import type { Deadline } from "../base/clock.ts";
import { TASK, type TaskRecord } from "./schema.ts";

/** What a task is for; its handler is in `lib/due_tasks.ts`. */
export type TaskName = "nudge" | "mail" | "purge";

/** Which task. */
export interface Task {
  /** What it is for. */
  readonly name: TaskName;
  /** Of what it is for. */
  readonly ids: readonly string[];
}

/** A task that is due, as it was read. */
export interface DueTask extends Task {
  /** Milliseconds since the epoch at which it became due. */
  readonly dueAt: number;
  /** To be checked by what ends or delays it; without a value when the record cannot be read here. */
  readonly entry: Entry<TaskRecord>;
}

/**
 * Stages a task.
 *
 * @param dueAt Milliseconds since the epoch.
 */
export function stageTask(tx: Transaction, { name, ids }: Task, dueAt: number): void {
  tx.set(TASK, [timeOf(dueAt), name, ...ids], { v: 1 });
}

/** Stages that a task of that time is not to be done any more, if it is there. */
export function stageNoTask(tx: Transaction, { name, ids }: Task, dueAt: number): void {
  tx.delete([TASK.kind, timeOf(dueAt), name, ...ids]);
}

/** Stages the end of a due task; the commit fails when someone else had it. */
export function stageEnd(tx: Transaction, { entry }: DueTask): void {
  tx.check(entry).delete(entry.key);
}

/**
 * Lists what is due, the longest first.
 *
 * @param page `now`: milliseconds since the epoch. `limit`: at most so many, up to 1000. `after`: only those that come
 *   after this one.
 * @throws {Problem} `storage_unavailable`
 */
export async function listDueTasks(
  db: Database,
  { now, after, ...page }: {
    readonly now: number;
    readonly limit: number;
    readonly after: DueTask | null;
    readonly deadline: Deadline;
  },
): Promise<DueTask[]> {
  // The clock was set back between two pages.
  if (after !== null && after.dueAt > now) return [];
  const entries = await db.listFirst(TASK, { ...page, after: after?.entry ?? null, upTo: timeOf(now + 1) });
  return entries.map((entry) => {
    const [, due = "", name, ...ids] = entry.key;
    return { name: name as TaskName, ids, dueAt: parseInt(due, 16), entry };
  });
}

/** 12 hexadecimal digits, which sort as the times do. */
function timeOf(ms: number): string {
  return ms.toString(16).padStart(12, "0");
}
