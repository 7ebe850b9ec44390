/**
 * The end of an account: in one commit it is gone, signed out everywhere and found by nothing; what is left of it is
 * then removed in bounded steps, which go on after a crash.
 *
 * @module
 */
import { stageNoNudge } from "../accounts/accounts.ts";
import { stageNoAmazonUser } from "../accounts/linking.ts";
import { Deadline } from "../clock.ts";
import { parseEmail } from "../email.ts";
import {
  type Database,
  type Entry,
  type ReadOptions,
  STORAGE_DEADLINE_MS,
  type Transaction,
} from "../kv/database.ts";
import { ACCOUNT, type AccountRecord, EMAIL, EXCHANGE, LINK_TICKET, SESSION } from "../kv/schema.ts";
import { type DueTask, stageEnd, stageTask } from "../kv/tasks.ts";
import { findMailedLink, type MailedLink, stageNoLinks } from "../mail/links.ts";
import { stageMail, stageNoMail } from "../mail/outbox.ts";
import { stageForgetting } from "../passwords/tries.ts";
import { Problem } from "../problem.ts";
import type { Services } from "../services.ts";
import { commitAs } from "../sessions/revocation.ts";
import type { Authenticated } from "../sessions/sessions.ts";

const MOST_COMMITS = 20;
const BATCH = 100;

/**
 * Deletes the account of who is signed in.
 *
 * @throws {Problem} `invalid_session` when it is gone already, or `storage_unavailable`
 */
export async function deleteAccount(services: Services, who: Authenticated): Promise<void> {
  const { db, clock } = services;
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  const read = { consistency: "strong", deadline } as const;
  await commitAs(db, who, deadline, async (tx, { accountId, account }) => {
    await stageDeletion(services, tx, { id: accountId, record: account.value, read });
  });
  await purge(db, who.accountId, deadline).catch(() => {}); // Its task goes on.
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
    if (await db.commit(tx, deadline) === null) continue;
    await purge(db, accountId, deadline).catch(() => {}); // Its task goes on.
    return true;
  }
  throw new Problem("storage_unavailable", { retryAfter: 1 });
}

/**
 * Goes on with a deletion whose process died.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function purgeDeletedAccount(services: Services, task: DueTask): Promise<void> {
  const { db, clock } = services;
  const [accountId = ""] = task.ids;
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  await purge(db, accountId, deadline);
  const tx = db.transaction();
  stageEnd(tx, task);
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

/** Stages the end of an account, the task to remove what is left of it, and the mail that confirms it. */
async function stageDeletion(
  services: Services,
  tx: Transaction,
  { id, record, read }: { readonly id: string; readonly record: AccountRecord; readonly read: ReadOptions },
): Promise<void> {
  const { clock, config, keyring } = services;
  tx.delete([ACCOUNT.kind, id]);
  stageNoAmazonUser(tx, record, keyring);
  stageNoNudge(tx, id, record);
  stageNoLinks(tx, id);
  stageForgetting(tx, keyring, [{ scope: "change_password", name: id }]);
  stageTask(tx, { name: "purge", ids: [id] }, clock.now());
  const email = parseEmail(record.email);
  if (email === null) return;
  for (const index of keyring.blindIndexes("email", email.canonical)) tx.delete([EMAIL.kind, index]);
  stageForgetting(tx, keyring, [
    { scope: "sign_in_account", name: email.canonical },
    { scope: "mail_account", name: email.canonical },
  ]);
  await stageNoMail(services, tx, { email, kinds: ["password_reset", "account_deletion"], read });
  if (config.mail !== null) await stageMail(services, tx, { kind: "account_deleted", email, read });
}

/** Removes the sessions of a deleted account, with the answers that signed them in, and its link tickets. */
async function purge(db: Database, accountId: string, deadline: Deadline): Promise<void> {
  const page = { deadline, limit: BATCH };
  for (;;) {
    const sessions = await db.listNewest(SESSION, accountId, page);
    const tickets = await db.listNewest(LINK_TICKET, accountId, page);
    const tx = db.transaction();
    for (const { key, value } of sessions) {
      tx.delete(key);
      if (value?.code_hash !== undefined) tx.delete([EXCHANGE.kind, value.code_hash]);
    }
    for (const { key } of tickets) tx.delete(key);
    if (tx.mutations.length === 0) return;
    await db.commit(tx, deadline);
  }
}
