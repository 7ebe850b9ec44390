/**
 * The delivery of mails, at least once. An attempt first moves the mail's task on, which is its lease: no other instance
 * sends the mail at the same time, and an attempt that died is made again.
 *
 * @module
 */
import { findOwners } from "../accounts/accounts.ts";
import { Deadline } from "../base/clock.ts";
import { deliveryAddress, parseEmail } from "../base/email.ts";
import { describeError, type LogFields } from "../base/log.ts";
import { STORAGE_DEADLINE_MS, type Store } from "../kv/database.ts";
import { ACCOUNT, type AccountRecord, ACTIVATION, MAIL, type MailRecord } from "../kv/schema.ts";
import { UnreadableRecordProblem } from "../kv/storage_failure.ts";
import { completeTask, deleteTask, type DueTask, putTask } from "../kv/tasks.ts";
import type { Present, WriteBatch } from "../kv/write_batch.ts";
import { MailDelayedError, MailRefusedError } from "../mail/outgoing_mail.ts";
import type { Services } from "../services.ts";
import { type Language, languageOf } from "../texts/languages.ts";
import { formatLinkToken, type LinkToken, putMailedLink, replaceEarlierLink } from "./links.ts";
import { type KindOfMail, MAIL_KINDS } from "./outbox.ts";

/** Milliseconds after which an undelivered mail is given up. */
export const GIVE_UP_AFTER_MS = 3 * 86_400_000;
/** Milliseconds for which an attempt keeps other instances away. The lease outlives the attempt, as clocks can differ. */
export const LEASE_MS = 60_000;

const SEND_WITHIN_MS = 30_000;
const SHORTEST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 6 * 3_600_000;

/** The recipient of a mail. */
interface Recipient {
  /** The address, as mail is sent to it. */
  readonly to: string;
  /** The link of the mail; null when it has none. */
  readonly link: LinkToken & NonNullable<KindOfMail["link"]> | null;
  /** The account of the mail, which must be unchanged when the attempt begins; null when the mail needs none. */
  readonly account: Present<AccountRecord> | null;
  /** The language of the mail. */
  readonly language: Language;
  /** The activation that the link approves; null when the mail is of another kind. */
  readonly activation: { readonly id: string; readonly userCode: string } | null;
}

/**
 * Tries once to send the mail of a due task, and completes the task or moves it to the next attempt. A mail that cannot be
 * read stays due until it is given up.
 *
 * @throws {Problem} `storage_unavailable`: then the task stays due
 */
export async function sendDueMail(services: Services, task: DueTask): Promise<void> {
  const { db, clock, log } = services;
  try {
    await trySending(services, task);
  } catch (error) {
    const over = clock.now() - task.dueAt >= GIVE_UP_AFTER_MS;
    if (!over || !(error instanceof UnreadableRecordProblem)) throw error;
    log("error", "mail_given_up", { detail: error.details.internal });
    using store = db.within(STORAGE_DEADLINE_MS);
    const batch = store.batch();
    batch.delete([MAIL.kind, ...task.ids]);
    // An instance that can read the mail has moved its task too. Then the commit fails and nothing is removed.
    completeTask(batch, task);
    await store.commit(batch);
  }
}

async function trySending(services: Services, task: DueTask): Promise<void> {
  const { db, clock, log } = services;
  using store = db.within(STORAGE_DEADLINE_MS);
  const { value, ...entry } = await store.get(MAIL, task.ids);
  // Another attempt has the mail, or a newer mail has replaced it.
  if (value === null || value.due_at !== task.dueAt) {
    const batch = store.batch();
    completeTask(batch, task);
    await store.commit(batch);
    return;
  }
  const mail = { ...entry, value };
  const { id, kind, created_at } = value;

  const recipient = await findRecipient(services, store, value);
  if (recipient === null) return await drop(services, mail);
  if (clock.now() - created_at >= GIVE_UP_AFTER_MS) {
    const detail = "The mail could not be delivered for 3 days";
    log("error", "mail_given_up", { mail: id, mail_kind: kind, detail });
    return await drop(services, mail);
  }
  const leased = await lease(services, mail, recipient);
  if (leased === null) return;
  const error = await send(services, value, recipient);
  if (error === null) {
    log("info", "mail_sent", { mail: id, mail_kind: kind });
    await endEarlierLink(services, recipient);
  } else if (error instanceof MailRefusedError) {
    log("error", "mail_given_up", { mail: id, mail_kind: kind, detail: error.message });
  } else {
    log("warning", "mail_delayed", { mail: id, mail_kind: kind, ...describeDelay(error) });
    return await delay(services, leased);
  }
  await drop(services, leased);
}

/**
 * Finds the recipient of a mail: the account that has its email now.
 *
 * @returns Null when there is no such account, or when the account does not need the mail.
 */
async function findRecipient(
  { keyring, clock }: Pick<Services, "keyring" | "clock">,
  store: Store,
  { kind, email, secret, language, activation }: MailRecord,
): Promise<Recipient | null> {
  const { link } = MAIL_KINDS[kind];
  if (link === null) {
    return { to: addressOf(email), link, account: null, language: languageOf(language), activation: null };
  }
  const { ofEmail } = await findOwners(store, keyring, { email: parseEmail(email) });
  if (ofEmail === null) return null;
  const { value, ...entry } = await store.get(ACCOUNT, [ofEmail]);
  if (value === null) return null;
  if (kind === "password_nudge" && (value.password.kind === "set" || value.blocked_at !== undefined)) {
    return null;
  }
  const tv = activation === undefined ? null : (await store.get(ACTIVATION, [activation])).value;
  // The customer has decided meanwhile, or the code has ended.
  const open = tv?.decision.is === "pending" && clock.now() < tv.ends_at;
  if (kind === "activation" && !open) return null;
  const account = { ...entry, value };
  return {
    to: addressOf(value.email),
    link: { ...link, accountId: ofEmail, secret },
    account,
    language: languageOf(value.language ?? language),
    activation: activation === undefined || tv === null ? null : { id: activation, userCode: tv.user_code },
  };
}

function addressOf(stored: string): string {
  const email = parseEmail(stored);
  return email === null ? stored : deliveryAddress(email);
}

/**
 * Keeps other instances away for the time of one attempt, and makes the link of the mail valid from now on.
 *
 * @returns Null when another instance was faster.
 */
async function lease(
  services: Services,
  mail: Present<MailRecord>,
  { link, account, activation }: Recipient,
): Promise<Present<MailRecord> | null> {
  return await move(services, mail, LEASE_MS, (batch, now) => {
    if (account !== null) batch.check(account);
    if (link === null) return;
    putMailedLink(batch, link, {
      purpose: link.purpose,
      expiresAt: now + link.lifeMs,
      activation: activation?.id,
    });
  });
}

/** Sends a mail. Returns the error, or null when the mail was taken. */
async function send(
  { clock, config: { appName, publicUrl, brand }, transport }: Services,
  { id, kind }: MailRecord,
  { to, link, language, activation }: Recipient,
): Promise<unknown> {
  using deadline = new Deadline(clock, SEND_WITHIN_MS);
  try {
    if (transport === null) throw new MailDelayedError("No MAIL_URL is set");
    const { writeMail } = await import("./messages.ts");
    const token = link === null ? "" : formatLinkToken(link);
    const written = writeMail(kind, {
      appName,
      publicUrl,
      brand,
      token,
      language,
      userCode: activation?.userCode ?? "",
    });
    await deadline.race(transport({ id, to, ...written }, deadline.signal));
    return null;
  } catch (error) {
    return error;
  }
}

/** Ends the earlier link, also when a newer mail has replaced this one meanwhile. */
async function endEarlierLink({ db }: Services, { link }: Recipient): Promise<void> {
  if (link === null) return;
  using store = db.within(STORAGE_DEADLINE_MS, "started");
  await replaceEarlierLink(store, link, link.purpose);
}

/** Describes for the log why a mail is delayed: by our own sentence, or by the kind of the error and its place. */
function describeDelay(error: unknown): LogFields {
  return error instanceof MailDelayedError ? { detail: error.message } : describeError(error);
}

/** Moves a mail to its next attempt. Each wait is as long as the mail has waited so far; the last one ends at the limit. */
async function delay(services: Services, mail: Present<MailRecord>): Promise<void> {
  const waited = services.clock.now() - mail.value.created_at;
  const wait = Math.min(Math.max(waited, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
  await move(services, mail, Math.min(wait, Math.max(0, GIVE_UP_AFTER_MS - waited)));
}

/** Moves a mail with its task. Returns null when another instance has moved the mail first. */
async function move(
  { db, clock }: Services,
  mail: Present<MailRecord>,
  byMs: number,
  write: (batch: WriteBatch, now: number) => void = () => {},
): Promise<Present<MailRecord> | null> {
  using store = db.within(STORAGE_DEADLINE_MS, "started");
  const now = clock.now();
  const ids = mail.key.slice(1);
  const batch = store.batch();
  batch.check(mail);
  const moved = batch.set(MAIL, ids, { ...mail.value, due_at: now + byMs });
  deleteTask(batch, { name: "mail", ids }, mail.value.due_at);
  putTask(batch, { name: "mail", ids }, moved.value.due_at);
  write(batch, now);
  return await store.commit(batch) ? moved : null;
}

/** Removes a mail with its task, unless another instance has moved or replaced the mail. */
async function drop({ db }: Services, mail: Present<MailRecord>): Promise<void> {
  using store = db.within(STORAGE_DEADLINE_MS, "started");
  const batch = store.batch();
  batch.check(mail);
  batch.delete(mail.key);
  deleteTask(batch, { name: "mail", ids: mail.key.slice(1) }, mail.value.due_at);
  await store.commit(batch);
}
