/**
 * The delivery of what waits in the outbox, mails and webhooks alike: at least once, or given up. An attempt first moves
 * the task on, which is its lease: no other instance sends the same at the same time, and an attempt that died is made
 * again.
 *
 * @module
 */
import { Deadline, DeadlineError } from "../base/clock.ts";
import { DelayedError, RefusedError } from "../base/delivery_errors.ts";
import { describeError, type LogFields } from "../base/log.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import type { RecordType } from "../kv/schema.ts";
import { UnreadableRecordProblem } from "../kv/storage_failure.ts";
import type { Store } from "../kv/store.ts";
import { completeTask, deleteTask, type DueTask, putTask } from "../kv/tasks.ts";
import type { Present, WriteBatch } from "../kv/write_batch.ts";
import type { Services } from "../services.ts";

/** Milliseconds after which something that is not taken is given up. */
export const GIVE_UP_AFTER_MS = 3 * 86_400_000;
/** Milliseconds for which an attempt keeps other instances away. The lease outlives the attempt, as clocks can differ. */
export const LEASE_MS = 60_000;

const LONGEST_WAIT_MS = 6 * 3_600_000;

/** The record of something that waits. */
export interface Waiting {
  /** When it was written, in milliseconds since the epoch. */
  readonly created_at: number;
  /** The due time of its task, in milliseconds since the epoch. */
  readonly due_at: number;
  /** The attempts that were begun. */
  readonly tries?: number | undefined;
  /** Why the last attempt failed. */
  readonly detail?: string | undefined;
}

/** How one kind of deliveries is treated: mails, or webhooks. `Target` is what one attempt has to know. */
export interface Delivery<Record extends Waiting, Target> {
  /** The name of its tasks, with which its log messages begin. */
  readonly name: "mail" | "webhook";
  /** The type of its records. */
  readonly type: RecordType<Record>;
  /** Milliseconds for one attempt, less than the lease. */
  readonly withinMs: number;
  /** Milliseconds of the first wait. Each next one is `growth` times what it has waited so far, up to 6 hours. */
  readonly firstWaitMs: number;
  /** See `firstWaitMs`. */
  readonly growth: number;
  /** Names it in the log. */
  describe(record: Record): LogFields;
  /** Finds out what an attempt has to know. Null: the delivery is not wanted any more. */
  findTarget(services: Services, store: Store, record: Record): Promise<Target | null>;
  /** Writes what holds as soon as an attempt begins, such as a link that becomes valid. */
  putStart?(batch: WriteBatch, target: Target, now: number): void;
  /**
   * Makes one attempt.
   *
   * @throws {RefusedError} when another attempt would be refused too; any other error means that another may succeed
   */
  send(services: Services, sent: { record: Record; target: Target; signal: AbortSignal }): Promise<void>;
  /** Does what follows when it was taken. */
  finish?(services: Services, target: Target): Promise<void>;
}

/**
 * Tries once to deliver what a due task is about, and completes the task or moves it to the next attempt. What cannot be
 * read stays due until it is given up.
 *
 * @returns When the next attempt is due, in milliseconds since the epoch; null when there is none.
 * @throws {Problem} `storage_unavailable`: then the task stays due
 */
export async function deliver<Record extends Waiting, Target>(
  services: Services,
  task: DueTask,
  delivery: Delivery<Record, Target>,
): Promise<number | null> {
  const { db, clock, log } = services;
  try {
    return await attempt(services, task, delivery);
  } catch (error) {
    const over = clock.now() - task.dueAt >= GIVE_UP_AFTER_MS;
    if (!over || !(error instanceof UnreadableRecordProblem)) throw error;
    log("error", `${delivery.name}_given_up`, { detail: error.details.internal });
    using store = db.within(STORAGE_DEADLINE_MS);
    const batch = store.batch();
    batch.delete([delivery.type.kind, ...task.ids]);
    // An instance that can read the record has moved its task too. Then the commit fails and nothing is removed.
    completeTask(batch, task);
    await store.commit(batch);
    return null;
  }
}

async function attempt<Record extends Waiting, Target>(
  services: Services,
  task: DueTask,
  delivery: Delivery<Record, Target>,
): Promise<number | null> {
  const { db, clock, log } = services;
  const { name } = delivery;
  using store = db.within(STORAGE_DEADLINE_MS);
  const { value: record, ...entry } = await store.get(delivery.type, task.ids);
  // Another attempt has it, or a newer one has replaced it.
  if (record === null || record.due_at !== task.dueAt) {
    const batch = store.batch();
    completeTask(batch, task);
    await store.commit(batch);
    return null;
  }
  const waiting = { ...entry, value: record };
  const target = await delivery.findTarget(services, store, record);
  if (target === null) return await drop(services, delivery, waiting);
  const fields = delivery.describe(record);
  if (clock.now() - record.created_at >= GIVE_UP_AFTER_MS) {
    log("error", `${name}_given_up`, { ...fields, detail: `The ${name} could not be delivered for 3 days` });
    return await drop(services, delivery, waiting);
  }
  const tries = (record.tries ?? 0) + 1;
  const change = { due_at: clock.now() + LEASE_MS, tries };
  const leased = await move(services, delivery, waiting, {
    change,
    write: (batch) => delivery.putStart?.(batch, target, clock.now()),
  });
  if (leased === null) return null;
  const error = await send(services, delivery, { record, target });
  if (error === null) {
    log("info", `${name}_sent`, fields);
    await delivery.finish?.(services, target);
  } else if (error instanceof RefusedError) {
    log("error", `${name}_given_up`, { ...fields, detail: error.message });
  } else {
    const described: LogFields = error instanceof DelayedError
      ? { detail: error.message }
      : describeError(error);
    log("warning", `${name}_delayed`, { ...fields, ...described });
    const detail = String(described.detail ?? described.error);
    return await delay(services, delivery, leased, { detail, error });
  }
  return await drop(services, delivery, leased);
}

/** Sends. Returns the error, or null when it was taken. */
async function send<Record extends Waiting, Target>(
  services: Services,
  delivery: Delivery<Record, Target>,
  sent: { readonly record: Record; readonly target: Target },
): Promise<unknown> {
  using deadline = new Deadline(services.clock, delivery.withinMs);
  try {
    await deadline.race(delivery.send(services, { ...sent, signal: deadline.signal }));
    return null;
  } catch (error) {
    if (!(error instanceof DeadlineError)) return error;
    return new DelayedError(`No answer within ${delivery.withinMs / 1000} seconds`);
  }
}

/** Moves what waits to its next attempt. The last wait ends when it is given up. */
async function delay<Record extends Waiting, Target>(
  services: Services,
  delivery: Delivery<Record, Target>,
  waiting: Present<Record>,
  { detail, error }: { readonly detail: string; readonly error: unknown },
): Promise<number | null> {
  const now = services.clock.now();
  const waited = now - waiting.value.created_at;
  const grown = Math.min(Math.max(waited * delivery.growth, delivery.firstWaitMs), LONGEST_WAIT_MS);
  const asked = error instanceof DelayedError ? error.retryAfterMs : 0;
  const wait = Math.min(Math.max(grown, asked), Math.max(0, GIVE_UP_AFTER_MS - waited));
  const moved = await move(services, delivery, waiting, { change: { due_at: now + wait, detail } });
  return moved === null ? null : now + wait;
}

/** Moves what waits with its task. Returns null when another instance has moved it first. */
async function move<Record extends Waiting, Target>(
  { db }: Services,
  { name, type }: Delivery<Record, Target>,
  waiting: Present<Record>,
  { change, write = () => {} }: {
    readonly change: Pick<Waiting, "due_at"> & Partial<Waiting>;
    readonly write?: (batch: WriteBatch) => void;
  },
): Promise<Present<Record> | null> {
  using store = db.within(STORAGE_DEADLINE_MS, "started");
  const ids = waiting.key.slice(1);
  const batch = store.batch();
  batch.check(waiting);
  const moved = batch.set(type, ids, { ...waiting.value, ...change });
  deleteTask(batch, { name, ids }, waiting.value.due_at);
  putTask(batch, { name, ids }, change.due_at);
  write(batch);
  return await store.commit(batch) ? moved : null;
}

/** Removes what waits with its task, unless another instance has moved or replaced it. */
async function drop<Record extends Waiting, Target>(
  { db }: Services,
  { name }: Delivery<Record, Target>,
  waiting: Present<Record>,
): Promise<null> {
  using store = db.within(STORAGE_DEADLINE_MS, "started");
  const batch = store.batch();
  batch.check(waiting);
  batch.delete(waiting.key);
  deleteTask(batch, { name, ids: waiting.key.slice(1) }, waiting.value.due_at);
  await store.commit(batch);
  return null;
}
