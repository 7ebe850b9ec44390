/**
 * The end of an account: in one commit it is gone, signed out everywhere and found by nothing. What is more than one
 * commit takes is removed in bounded steps by a task, which goes on after a crash.
 *
 * @module
 */
import { stageNoNudge } from "../accounts/accounts.ts";
import { stageNoAmazonUser } from "../accounts/linking.ts";
import { Deadline } from "../base/clock.ts";
import { parseEmail } from "../base/email.ts";
import {
  type Database,
  type Entry,
  type ReadOptions,
  STORAGE_DEADLINE_MS,
  type Transaction,
} from "../kv/database.ts";
import { ACCOUNT, type AccountRecord, EMAIL, LINK_TICKET, SESSION } from "../kv/schema.ts";
import { type DueTask, stageEnd, stageTask } from "../kv/tasks.ts";
import { findMailedLink, type MailedLink, stageNoLinks } from "../outbox/links.ts";
import { stageMail, stageNoMail } from "../outbox/outbox.ts";
import { stageForgetting } from "../limits/tries.ts";
import { Problem } from "../base/problem.ts";
import type { Services } from "../services.ts";
import { commitAs } from "../sessions/revocation.ts";
import { type Authenticated, stageSessionEnd } from "../sessions/sessions.ts";

const MOST_COMMITS = 20;
/** Sessions, and link tickets, that one commit removes. */
const BATCH = 100;

/**
 * Deletes the account of who is signed in.
 *
 * @throws {Problem} `invalid_session` when they are signed out and the account is still there, or
 *   `storage_unavailable`
 */
export async function deleteAccount(services: Services, who: Authenticated): Promise<void> {
  const { db, clock } = services;
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  const read = { consistency: "strong", deadline } as const;
  const deleting = commitAs(
    db,
    who,
    deadline,
    (tx, { accountId, account }) =>
      stageDeletion(services, tx, { id: accountId, record: account.value, read }),
  );
  await deleting.catch(async (error) => {
    // The commit can have taken effect although it was told to have failed; or another one was faster.
    if ((await db.get(ACCOUNT, [who.accountId], read)).value !== null) throw error;
  });
}

/** Whom a deletion link is for. */
export interface DeletionView {
  /** The account's email. */
  readonly email: string;
  /** Whether an Amazon customer signs in to it. */
  readonly amazonLinked: boolean;
}

/**
 * Opens a deletion link, which does not use it.
 *
 * @returns Null when it is unknown, used, expired or ended by a newer one.
 * @throws {Problem} `storage_unavailable`
 */
export async function viewDeletion(services: Services, token: string): Promise<DeletionView | null> {
  const { db, clock } = services;
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  const found = await findByLink(db, token, { consistency: "strong", deadline });
  if (found === null) return null;
  const { email, amazon_user_id } = found.account.value;
  return { email, amazonLinked: amazon_user_id !== null };
}

/**
 * Deletes the account of a deletion link.
 *
 * @returns Whether it is gone; false when the link is unknown, used, expired or ended by a newer one.
 * @throws {Problem} `storage_unavailable`
 */
export async function deleteAccountByLink(services: Services, token: string): Promise<boolean> {
  const { db, clock } = services;
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  const read = { consistency: "strong", deadline } as const;
  let tried: string | null = null;
  for (let tries = 1; tries <= MOST_COMMITS; tries++) {
    const found = await findByLink(db, token, read);
    // The commit can have taken effect although it was told to have failed.
    if (found === null) return tried !== null && (await db.get(ACCOUNT, [tried], read)).value === null;
    const { link: { accountId, entry }, account } = found;
    tried = accountId;
    const tx = db.transaction().check(entry).check(account);
    await stageDeletion(services, tx, { id: accountId, record: account.value, read });
    if (await db.commit(tx, deadline) !== null) return true;
  }
  throw new Problem("storage_unavailable", { retryAfter: 1 });
}

/**
 * Goes on with a deletion by one step, and ends the task with the last one.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function purgeDeletedAccount({ db, clock, keyring }: Services, task: DueTask): Promise<void> {
  const [id = ""] = task.ids;
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  const tx = db.transaction();
  if (!await stageLeftovers(db, tx, { id, deadline })) {
    // Again, as a change of password that came to nothing can have been counted meanwhile.
    stageForgetting(tx, keyring, [{ scope: "change_password", name: id }]);
    stageEnd(tx, task);
  }
  await db.commit(tx, deadline);
}

async function findByLink(
  db: Database,
  token: string,
  read: ReadOptions,
): Promise<{ link: MailedLink; account: Entry<AccountRecord> & { readonly value: AccountRecord } } | null> {
  const link = await findMailedLink(db, { token, purpose: "deletion" }, read);
  if (link === null) return null;
  const account = await db.get(ACCOUNT, [link.accountId], read);
  return account.value === null ? null : { link, account: { ...account, value: account.value } };
}

/** Stages the end of an account, of the first of what it leaves, the task to remove the rest, and the last mail. */
async function stageDeletion(
  services: Services,
  tx: Transaction,
  { id, record, read }: { readonly id: string; readonly record: AccountRecord; readonly read: ReadOptions },
): Promise<void> {
  const { db, clock, config, keyring } = services;
  tx.delete([ACCOUNT.kind, id]);
  stageNoAmazonUser(tx, record, keyring);
  stageNoNudge(tx, id, record);
  stageNoLinks(tx, id);
  await stageLeftovers(db, tx, { id, deadline: read.deadline });
  // Also for who signs in at this moment: that commit succeeds until this one does.
  stageTask(tx, { name: "purge", ids: [id] }, clock.now());
  const email = parseEmail(record.email);
  if (email === null) return;
  for (const index of keyring.blindIndexes("email", email.canonical)) tx.delete([EMAIL.kind, index]);
  stageForgetting(tx, keyring, [
    { scope: "change_password", name: id },
    { scope: "sign_in_account", name: email.canonical },
    { scope: "password_reset", name: email.canonical },
    { scope: "account_deletion", name: email.canonical },
  ]);
  await stageNoMail(services, tx, { email, kinds: ["password_reset", "account_deletion"], read });
  if (config.mail !== null) await stageMail(services, tx, { kind: "account_deleted", email, read });
}

/**
 * Stages the end of sessions of an account, with the answers that signed them in, and of its link tickets: as many as
 * one commit takes.
 *
 * @returns Whether there may be more.
 */
async function stageLeftovers(
  db: Database,
  tx: Transaction,
  { id, deadline }: { readonly id: string; readonly deadline: Deadline },
): Promise<boolean> {
  const page = { deadline, limit: BATCH };
  const sessions = await db.listLeftovers(SESSION, id, page);
  const tickets = await db.listLeftovers(LINK_TICKET, id, page);
  for (const session of sessions) stageSessionEnd(tx, session);
  for (const { key } of tickets) tx.delete(key);
  return sessions.length === BATCH || tickets.length === BATCH;
}
