/**
 * The outbox: mails that wait to be sent. The commit that causes a mail writes it. Each recipient has one slot for each
 * purpose, and a mail waits in its slot. The task of the mail says when the next attempt is due.
 *
 * The account of a mail is looked up when the mail is sent. So a request for a mail costs the same trips and writes the
 * same records whether or not the email has an account.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { type Email, parseEmail } from "../base/email.ts";
import { newId, newSecret } from "../base/ids.ts";
import type { Keyring } from "../kv/keyring.ts";
import { type AccountRecord, type EmailChange, MAIL, type MailRecord } from "../kv/schema.ts";
import { deleteTask, putTask } from "../kv/tasks.ts";
import type { Entry, Reader, WriteBatch } from "../kv/write_batch.ts";
import type { LinkPurpose } from "./links.ts";

/** The kinds of mails. */
export type MailKind = MailRecord["kind"];

/** The treatment of one kind of mail. */
export interface KindOfMail {
  /** The slot in which the mail waits. A newer mail of the slot replaces it. */
  readonly slot: string;
  /**
   * The link of the mail: its purpose, and the milliseconds that it is valid from the attempt that sends it. Null: the
   * mail has no link.
   */
  readonly link: { readonly purpose: LinkPurpose; readonly lifeMs: number } | null;
}

/** Milliseconds that a reset link and a deletion link are valid. */
export const LINK_LIFE_MS = 3_600_000;
/** Milliseconds that the link of a nudge is valid. */
export const NUDGE_LINK_LIFE_MS = 7 * 86_400_000;

/** Milliseconds that the link of an activation is valid. The activation itself can end before. */
export const ACTIVATION_LINK_LIFE_MS = 15 * 60_000;

/** The least milliseconds that a mail waits when somebody has asked for it. */
const LEAST_DELAY_MS = 1000;
/** The most milliseconds of that. */
export const MOST_DELAY_MS = 4000;

/** The treatment of each kind of mail. */
export const MAIL_KINDS: Readonly<Record<MailKind, KindOfMail>> = {
  password_nudge: { slot: "password", link: { purpose: "password", lifeMs: NUDGE_LINK_LIFE_MS } },
  password_reset: { slot: "password", link: { purpose: "password", lifeMs: LINK_LIFE_MS } },
  account_deletion: { slot: "deletion", link: { purpose: "deletion", lifeMs: LINK_LIFE_MS } },
  account_deleted: { slot: "farewell", link: null },
  activation: { slot: "activation", link: { purpose: "activation", lifeMs: ACTIVATION_LINK_LIFE_MS } },
  email_change: { slot: "email_change", link: { purpose: "email_change", lifeMs: LINK_LIFE_MS } },
  email_change_notice: { slot: "email_change_notice", link: null },
  password_changed: { slot: "password_changed", link: null },
  amazon_linked: { slot: "amazon_linked", link: null },
  amazon_unlinked: { slot: "amazon_unlinked", link: null },
  email_verification: {
    slot: "email_verification",
    link: { purpose: "email_verification", lifeMs: LINK_LIFE_MS },
  },
};

/** The kinds of mails by which somebody who reads the mail of an account can do something to the account. */
export const MAILS_WITH_POWER: readonly MailKind[] = [
  "password_reset",
  "account_deletion",
  "activation",
  "email_change",
  "email_verification",
];

/** The most keys that one trip reads. */
const MOST_KEYS = 10;

/** The services that {@linkcode putMail} uses. */
export interface OutboxServices {
  /** Computes the key of a mail, so that no email is stored in the clear. */
  readonly keyring: Keyring;
  /** Decides when a mail is due. */
  readonly clock: Clock;
}

/** A mail to write. */
export interface NewMail {
  /** The kind of the mail. */
  readonly kind: MailKind;
  /** The email of the account that the mail is for. Without such an account the mail is dropped when it is due. */
  readonly email: Email;
  /** A BCP 47 tag, for an account that has no language of its own. */
  readonly language?: string | undefined;
  /** The id of the activation that the link approves. */
  readonly activation?: string;
  /** What the link of an `email_change` mail does. */
  readonly change?: EmailChange;
  /** Milliseconds until the mail is due; 0 by default. */
  readonly delayMs?: number;
}

/**
 * Writes a mail. It replaces the mail that waits in its slot.
 *
 * @returns When the mail is due, in milliseconds since the epoch.
 * @throws {Problem} `storage_unavailable`
 */
export async function putMail(
  { keyring, clock }: OutboxServices,
  batch: WriteBatch,
  mail: NewMail,
): Promise<number> {
  const [slot, ...older] = await readSlots(batch, keyring, {
    email: mail.email,
    slots: [MAIL_KINDS[mail.kind].slot],
  });
  batch.check(slot);
  for (const waiting of [slot, ...older]) deleteWaiting(batch, waiting);
  return setMail(batch, slot.key.slice(1), clock.now(), mail);
}

/** Writes a mail with its task. Returns the time when it is due. */
function setMail(
  batch: WriteBatch,
  ids: readonly string[],
  now: number,
  { kind, email, language, activation, change, delayMs = 0 }: NewMail,
): number {
  const dueAt = now + delayMs;
  batch.set(MAIL, ids, {
    v: 1,
    id: newId(now),
    kind,
    email: email.display,
    ...(language === undefined ? {} : { language }),
    secret: newSecret(),
    ...(activation === undefined ? {} : { activation }),
    ...(change === undefined ? {} : { change }),
    created_at: now,
    due_at: dueAt,
  });
  putTask(batch, { name: "mail", ids }, dueAt);
  return dueAt;
}

/**
 * Returns the milliseconds that a mail waits when somebody has asked for it who may be a stranger: some seconds, at
 * random. To send a mail keeps the service busy. If it were sent right after the request, slower answers would tell
 * that there is an account.
 */
export function delayOfAskedMail(): number {
  return LEAST_DELAY_MS + Math.floor(Math.random() * (MOST_DELAY_MS - LEAST_DELAY_MS));
}

/** The kinds of mails that tell customers of a change to their account. */
export const NOTICES = [
  "password_changed",
  "amazon_linked",
  "amazon_unlinked",
  "email_change_notice",
] as const satisfies MailKind[];

/**
 * Writes a mail that tells a customer of a change to their account, in the commit of the change. It is due now, and
 * goes to the account's email as it is. It costs no read: a notice of the same kind that waits is written over, and its
 * task does nothing any more.
 *
 * @param notice `account`: the account as the commit leaves it.
 */
export function putNotice(
  { keyring, clock, config }: OutboxServices & { readonly config: { readonly mail: unknown } },
  batch: WriteBatch,
  { kind, account }: { readonly kind: typeof NOTICES[number]; readonly account: AccountRecord },
): void {
  const email = parseEmail(account.email);
  if (config.mail === null || email === null) return;
  const [index = ""] = keyring.blindIndexes("email", email.canonical);
  const mail = { kind, email, language: account.language };
  setMail(batch, [index, MAIL_KINDS[kind].slot], clock.now(), mail);
}

/**
 * Removes the mails that wait for an email. One that is asked for in the same moment finds its account as the commit
 * leaves it, when it is due.
 *
 * @param mails `kinds`: the kinds of mails to remove, with all that share their slots.
 * @throws {Problem} `storage_unavailable`
 */
export async function deleteMails(
  batch: WriteBatch,
  keyring: Keyring,
  { email, kinds }: { readonly email: Email; readonly kinds: readonly MailKind[] },
): Promise<void> {
  const slots = new Set(kinds.map((kind) => MAIL_KINDS[kind].slot));
  for (const waiting of await readSlots(batch, keyring, { email, slots: [...slots] })) {
    deleteWaiting(batch, waiting);
  }
}

/**
 * Reads the slots of an email: each under the index of the first key of the ring, then under those of the other keys.
 */
async function readSlots(
  reader: Reader,
  keyring: Keyring,
  { email, slots }: { readonly email: Email; readonly slots: readonly string[] },
): Promise<[Entry<MailRecord>, ...Entry<MailRecord>[]]> {
  const indexes = keyring.blindIndexes("email", email.canonical);
  const wanted = slots.flatMap((slot) => indexes.map((index) => [MAIL, [index, slot]] as const));
  const entries: Entry<MailRecord>[] = [];
  for (let start = 0; start < wanted.length; start += MOST_KEYS) {
    entries.push(...await reader.getMany<MailRecord[]>(wanted.slice(start, start + MOST_KEYS)));
  }
  return entries as [Entry<MailRecord>, ...Entry<MailRecord>[]];
}

/**
 * Removes the mail of a slot with its task. A mail that an attempt moves on meanwhile is removed too; then its task
 * finds nothing, and ends.
 */
function deleteWaiting(batch: WriteBatch, { key, value }: Entry<MailRecord>): void {
  if (value === null) return;
  batch.delete(key);
  deleteTask(batch, { name: "mail", ids: key.slice(1) }, value.due_at);
}
