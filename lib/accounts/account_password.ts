/**
 * The password of an account, and the task that asks a customer to set the first one.
 *
 * @module
 */
import type { AccountRecord } from "../kv/schema.ts";
import { deleteTask, type Task } from "../kv/tasks.ts";
import type { WriteBatch } from "../kv/write_batch.ts";

/** Puts the hash of a password that the customer set into the place of the password before. */
export function withPassword({ password, ...account }: AccountRecord, phc: string): AccountRecord {
  if (password.kind === "set") return { ...account, password: { ...password, phc } };
  const { sha256: _, nudge_at: __, ...rest } = password;
  return { ...account, password: { ...rest, kind: "set", phc } };
}

/** Takes the password of an account away, if it has one: no password signs in until the customer chooses one. */
export function withoutPassword({ password, ...account }: AccountRecord): AccountRecord {
  if (password.kind === "temporary") return { ...account, password };
  const { phc: _, ...rest } = password;
  return { ...account, password: { ...rest, kind: "temporary", sha256: "" } };
}

/** Names the task that asks a customer to set a password. */
export function nudgeOf(accountId: string): Task {
  return { name: "nudge", ids: [accountId] };
}

/** Removes the task that asks a customer to set a password, if there is one. */
export function deleteNudge(batch: WriteBatch, accountId: string, { password }: AccountRecord): void {
  if (password.kind === "set" || password.nudge_at === undefined) return;
  deleteTask(batch, nudgeOf(accountId), password.nudge_at);
}
