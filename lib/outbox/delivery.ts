/**
 * Sends mails that are due, at least once: the try that sends one first moves its task on, so no other instance sends
 * it at the same time, and a try that died is made again.
 *
 * @module
 */
import { findOwners } from "../accounts/accounts.ts";
import { Deadline } from "../base/clock.ts";
import { deliveryAddress, parseEmail } from "../base/email.ts";
import {
  type Entry,
  type ReadOptions,
  STORAGE_DEADLINE_MS,
  type Transaction,
  UnreadableProblem,
} from "../kv/database.ts";
import { ACCOUNT, type AccountRecord, MAIL, type MailRecord } from "../kv/schema.ts";
import { type DueTask, stageEnd, stageNoTask, stageTask } from "../kv/tasks.ts";
import { describeError, type LogFields } from "../base/log.ts";
import type { Services } from "../services.ts";
import { endEarlierLink, formatLinkToken, type LinkToken, stageMailedLink } from "./links.ts";
import { type KindOfMail, MAIL_KINDS } from "./outbox.ts";
import { MailDelayedError, MailRefusedError } from "../mail/outgoing_mail.ts";

/** Milliseconds after which a mail that could not be delivered is given up. */
export const GIVE_UP_AFTER_MS = 3 * 86_400_000;
/** Milliseconds for which a try keeps others away; it outlives the try, for clocks that differ. */
export const LEASE_MS = 60_000;

const SEND_WITHIN_MS = 30_000;
const SHORTEST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 6 * 3_600_000;

type MailEntry = Entry<MailRecord> & { readonly value: MailRecord };

interface Recipient {
  readonly to: string;
  /** Null when the mail has no link. */
  readonly link: LinkToken & NonNullable<KindOfMail["link"]> | null;
  /** Whose account it is: as long as it is as it was read, the mail goes out. Null when the mail needs none. */
  readonly account: Entry<AccountRecord> | null;
}

/**
 * Sends the mail of a due task, once, and ends the task or moves it to the next try. What cannot be read stays due, until
 * it is given up.
 *
 * @throws {Problem} `storage_unavailable`: then it is tried again later
 */
export async function sendDueMail(services: Services, task: DueTask): Promise<void> {
  const { db, clock, log } = services;
  try {
    await trySending(services, task);
  } catch (error) {
    const over = clock.now() - task.dueAt >= GIVE_UP_AFTER_MS;
    if (!over || !(error instanceof UnreadableProblem)) throw error;
    log("error", "mail_given_up", { detail: error.message });
    using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
    // Who can read the mail has moved its task with it: then nothing is removed.
    const tx = db.transaction().delete([MAIL.kind, ...task.ids]);
    stageEnd(tx, task);
    await db.commit(tx, deadline);
  }
}

async function trySending(services: Services, task: DueTask): Promise<void> {
  const { db, clock, log } = services;
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  const read = { consistency: "strong", deadline } as const;
  const { value, ...entry } = await db.get(MAIL, task.ids, read);
  // Another try has it, or a newer mail has taken its place.
  if (value === null || value.due_at !== task.dueAt) {
    const tx = db.transaction();
    stageEnd(tx, task);
    await db.commit(tx, deadline);
    return;
  }
  const mail = { ...entry, value };
  const { id, kind, created_at } = value;

  const recipient = await findRecipient(services, value, read);
  if (recipient === null) return await drop(services, mail);
  if (clock.now() - created_at >= GIVE_UP_AFTER_MS) {
    log("error", "mail_given_up", {
      mail: id,
      mail_kind: kind,
      detail: "It could not be delivered for 3 days",
    });
    return await drop(services, mail);
  }
  const leased = await lease(services, mail, recipient);
  if (leased === null) return;
  const error = await send(services, value, recipient);
  if (error === null) {
    log("info", "mail_sent", { mail: id, mail_kind: kind });
    await endEarlier(services, recipient);
  } else if (error instanceof MailRefusedError) {
    log("error", "mail_given_up", { mail: id, mail_kind: kind, detail: error.message });
  } else {
    log("warning", "mail_delayed", { mail: id, mail_kind: kind, ...describe(error) });
    return await delay(services, leased);
  }
  await drop(services, leased);
}

/** Who gets a mail: the account that has its email now; null when there is none, or none that needs it. */
async function findRecipient(
  services: Services,
  { kind, email, secret }: MailRecord,
  read: ReadOptions,
): Promise<Recipient | null> {
  const { link } = MAIL_KINDS[kind];
  if (link === null) return { to: addressOf(email), link, account: null };
  const { ofEmail } = await findOwners(services, { userId: null, email: parseEmail(email) }, read);
  if (ofEmail === null) return null;
  const account = await services.db.get(ACCOUNT, [ofEmail], read);
  if (account.value === null) return null;
  if (kind === "password_nudge" && account.value.password.kind === "set") return null;
  return { to: addressOf(account.value.email), link: { ...link, accountId: ofEmail, secret }, account };
}

function addressOf(stored: string): string {
  const email = parseEmail(stored);
  return email === null ? stored : deliveryAddress(email);
}

/** Keeps other instances away for the time of one try, and makes the mail's link good from now on. */
async function lease(
  services: Services,
  mail: MailEntry,
  { link, account }: Recipient,
): Promise<MailEntry | null> {
  return await move(services, mail, LEASE_MS, (tx, now) => {
    if (account !== null) tx.check(account);
    if (link === null) return;
    stageMailedLink(tx, link, { purpose: link.purpose, expiresAt: now + link.lifeMs });
  });
}

/** Gives what went wrong, or null when the mail is on its way. */
async function send(
  { clock, config, transport }: Services,
  { id, kind }: MailRecord,
  { to, link }: Recipient,
): Promise<unknown> {
  using deadline = new Deadline(clock, SEND_WITHIN_MS);
  try {
    if (transport === null) throw new MailDelayedError("No MAIL_URL is set");
    const { writeMail } = await import("./messages.tsx");
    const token = link === null ? "" : formatLinkToken(link);
    const { appName, publicUrl } = config;
    const written = writeMail(kind, { appName, publicUrl, token });
    await deadline.race(transport({ id, to, ...written }, deadline.signal));
    return null;
  } catch (error) {
    return error;
  }
}

/** By a commit of its own, as it holds also when a newer mail has taken the place of this one meanwhile. */
async function endEarlier({ db, clock }: Services, { link }: Recipient): Promise<void> {
  if (link === null) return;
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  await endEarlierLink(db, link, { purpose: link.purpose, deadline });
}

/** What may be said of an error: our own sentence, or what kind of error it is and where it was thrown. */
function describe(error: unknown): LogFields {
  return error instanceof MailDelayedError ? { detail: error.message } : describeError(error);
}

/** Each wait is as long as the mail has waited so far; the last one ends when it is to be given up. */
async function delay(services: Services, mail: MailEntry): Promise<void> {
  const waited = services.clock.now() - mail.value.created_at;
  const wait = Math.min(Math.max(waited, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
  await move(services, mail, Math.min(wait, Math.max(0, GIVE_UP_AFTER_MS - waited)));
}

/** Moves a mail with its task; null when someone else did so first. */
async function move(
  { db, clock }: Services,
  mail: MailEntry,
  byMs: number,
  stage: (tx: Transaction, now: number) => void = () => {},
): Promise<MailEntry | null> {
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  const now = clock.now();
  const ids = mail.key.slice(1);
  const value = { ...mail.value, due_at: now + byMs };
  const tx = db.transaction().check(mail).set(MAIL, ids, value);
  stageNoTask(tx, { name: "mail", ids }, mail.value.due_at);
  stageTask(tx, { name: "mail", ids }, value.due_at);
  stage(tx, now);
  const versionstamp = await db.commit(tx, deadline);
  return versionstamp === null ? null : { ...mail, value, versionstamp };
}

async function drop({ db, clock }: Services, mail: MailEntry): Promise<void> {
  using deadline = new Deadline(clock, STORAGE_DEADLINE_MS);
  const tx = db.transaction().check(mail).delete(mail.key);
  stageNoTask(tx, { name: "mail", ids: mail.key.slice(1) }, mail.value.due_at);
  await db.commit(tx, deadline);
}
