/**
 * Asks a one-click customer for a password of their own (guide, "Best practices for account setup").
 *
 * @module
 */
import { Deadline } from "../base/clock.ts";
import { parseEmail } from "../base/email.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { ACCOUNT } from "../kv/schema.ts";
import { type DueTask, stageEnd } from "../kv/tasks.ts";
import { stageMail } from "../outbox/outbox.ts";
import type { Services } from "../services.ts";

/**
 * Ends the task with the mail that asks, in one commit, so it is asked once; without a mail when the account is gone
 * or has a password, or when nobody is to be asked any more.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function nudge(services: Services, task: DueTask): Promise<void> {
  const { db, clock, config } = services;
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  const read = { consistency: "strong", deadline } as const;
  const account = await db.get(ACCOUNT, task.ids, read);
  const tx = db.transaction().check(account);
  stageEnd(tx, task);
  if (account.value?.password.kind === "temporary") {
    const { nudge_at: _, ...password } = account.value.password;
    tx.set(ACCOUNT, task.ids, { ...account.value, password });
    const email = parseEmail(account.value.email);
    const wanted = config.mail !== null && config.passwordNudgeAfterMs > 0;
    if (email !== null && wanted) await stageMail(services, tx, { kind: "password_nudge", email, read });
  }
  await db.commit(tx, deadline);
}
