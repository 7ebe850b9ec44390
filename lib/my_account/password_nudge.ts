/**
 * The mail that asks a one-click customer to set a password (guide, "Best practices for account setup").
 *
 * @module
 */
import { parseEmail } from "../base/email.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { ACCOUNT } from "../kv/schema.ts";
import { completeTask, type DueTask } from "../kv/tasks.ts";
import { putMail } from "../outbox/outbox.ts";
import type { Services } from "../services.ts";

/**
 * Puts the mail into the outbox and completes the task in one commit, so the customer is asked once. No mail is written
 * when the account is gone or has a password, or when such mails are turned off.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function nudge(services: Services, task: DueTask): Promise<void> {
  const { db, config } = services;
  using store = db.within(STORAGE_DEADLINE_MS);
  const account = await store.get(ACCOUNT, task.ids);
  const batch = store.batch();
  batch.check(account);
  completeTask(batch, task);
  if (account.value?.password.kind === "temporary") {
    const { nudge_at: _, ...password } = account.value.password;
    batch.set(ACCOUNT, task.ids, { ...account.value, password });
    const email = parseEmail(account.value.email);
    const wanted = config.mail !== null && config.passwordNudgeAfterMs > 0;
    if (email !== null && wanted) await putMail(services, batch, { kind: "password_nudge", email });
  }
  await store.commit(batch);
}
