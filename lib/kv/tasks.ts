/**
 * Tasks: work that is due at a time, stored in the order of the times. The commit that causes a task stores it, and the
 * commit that does the work removes or delays it. So no task is forgotten, and of two instances that find one task only
 * one completes it.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { TASK, type TaskRecord } from "./schema.ts";
import type { Store } from "./store.ts";
import type { Entry, WriteBatch } from "./write_batch.ts";

/** The kinds of tasks. `lib/due_tasks.ts` has a handler for each. */
export type TaskName = "nudge" | "mail" | "webhook" | "purge";

/** A task, without its time. */
export interface Task {
  /** The kind of the task. */
  readonly name: TaskName;
  /** The ids of the record that the task is about. */
  readonly ids: readonly string[];
}

/** A due task, as it was read. */
export interface DueTask extends Task {
  /** When the task became due, in milliseconds since the epoch. */
  readonly dueAt: number;
  /** The record of the task. Its value is null when this version cannot read it. */
  readonly entry: Entry<TaskRecord>;
}

/**
 * Writes a task.
 *
 * @param dueAt When the task is due, in milliseconds since the epoch.
 */
export function putTask(batch: WriteBatch, { name, ids }: Task, dueAt: number): void {
  batch.set(TASK, [sortableTime(dueAt), name, ...ids], { v: 1 });
}

/** Removes the task of a time, if there is one. */
export function deleteTask(batch: WriteBatch, task: Task, dueAt: number): void {
  batch.delete(taskKey(task, dueAt));
}

/** Returns the key of the task of a time. */
export function taskKey({ name, ids }: Task, dueAt: number): readonly string[] {
  return [TASK.kind, sortableTime(dueAt), name, ...ids];
}

/** Removes a due task. The commit fails when another instance has removed the task meanwhile. */
export function completeTask(batch: WriteBatch, { entry }: DueTask): void {
  batch.check(entry);
  batch.delete(entry.key);
}

/** Which due tasks {@linkcode listDueTasks} reads. */
export interface DueTaskPage {
  /** The time now, in milliseconds since the epoch. */
  readonly now: number;
  /** The most tasks to read, 1 to 1000. */
  readonly limit: number;
  /** The last task of the page before; null for the first page. */
  readonly after: DueTask | null;
}

/**
 * Lists the tasks that are due, those that have been due longest first.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function listDueTasks(store: Store, { now, limit, after }: DueTaskPage): Promise<DueTask[]> {
  // The clock was set back between two pages.
  if (after !== null && after.dueAt > now) return [];
  const entries = await store.list(TASK, { limit, after: after?.entry.key, before: sortableTime(now + 1) });
  return entries.map((entry) => {
    const [, due = "", name, ...ids] = entry.key;
    return { name: name as TaskName, ids, dueAt: parseInt(due, 16), entry };
  });
}

/**
 * Tells for how long the oldest work of a queue has been due: 0 when none is due.
 *
 * @param due The times at which it became due, in milliseconds since the epoch.
 */
export function tellOldest(
  { telemetry, clock }: { readonly telemetry: Telemetry; readonly clock: Pick<Clock, "now"> },
  queue: "tasks" | "receipt_checks",
  due: readonly number[],
): void {
  const now = clock.now();
  const ageMs = now - Math.min(now, ...due);
  telemetry.tell("oneclick.tasks.oldest.age", ageMs / 1000, { "oneclick.queue": queue });
}

/** Formats a time as 12 hexadecimal digits, which sort as the times do. */
export function sortableTime(ms: number): string {
  return ms.toString(16).padStart(12, "0");
}
