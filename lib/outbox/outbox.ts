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
import type { Email } from "../base/email.ts";
import { newId, newSecret } from "../base/ids.ts";
import type { Keyring } from "../kv/keyring.ts";
import { type EmailChange, MAIL, type MailRecord } from "../kv/schema.ts";
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
   * The link of the mail: its purpose, and the milliseconds that it is valid from the attempt that sends it. Null: the mail
   * has no link.
   */
  readonly link: { readonly purpose: LinkPurpose; readonly lifeMs: number } | null;
}

/** Milliseconds that a reset link and a deletion link are valid. */
export const LINK_LIFE_MS = 3_600_000;
/** Milliseconds that the link of a nudge is valid. */
export const NUDGE_LINK_LIFE_MS = 7 * 86_400_000;

/** Milliseconds that the link of an activation is valid. The activation itself can end before. */
export const ACTIVATION_LINK_LIFE_MS = 15 * 60_000;

/** The treatment of each kind of mail. */
export const MAIL_KINDS: Readonly<Record<MailKind, KindOfMail>> = {
  password_nudge: { slot: "password", link: { purpose: "password", lifeMs: NUDGE_LINK_LIFE_MS } },
  password_reset: { slot: "password", link: { purpose: "password", lifeMs: LINK_LIFE_MS } },
  account_deletion: { slot: "deletion", link: { purpose: "deletion", lifeMs: LINK_LIFE_MS } },
  account_deleted: { slot: "farewell", link: null },
  activation: { slot: "activation", link: { purpose: "activation", lifeMs: ACTIVATION_LINK_LIFE_MS } },
  email_change: { slot: "email_change", link: { purpose: "email_change", lifeMs: LINK_LIFE_MS } },
  email_change_notice: { slot: "email_change_notice", link: null },
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

/**
 * Writes a mail that is due now. It replaces the mail that waits in its slot.
 *
 * @param mail `email`: the email of the account that the mail is for. Without such an account the mail is dropped when it
 *   is due. `language`: a BCP 47 tag, for an account that has no language of its own. `activation`: the id of
 *   the activation that the link approves. `change`: what the link of an `email_change` mail does.
 * @throws {Problem} `storage_unavailable`
 */
export async function putMail(
  { keyring, clock }: OutboxServices,
  batch: WriteBatch,
  { kind, email, language, activation, change }: {
    readonly kind: MailKind;
    readonly email: Email;
    readonly language?: string | undefined;
    readonly activation?: string;
    readonly change?: EmailChange;
  },
): Promise<void> {
  const [slot, ...older] = await readSlots(batch, keyring, { email, slots: [MAIL_KINDS[kind].slot] });
  for (const waiting of [slot, ...older]) deleteWaiting(batch, waiting);
  const ids = slot.key.slice(1);
  const now = clock.now();
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
    due_at: now,
  });
  putTask(batch, { name: "mail", ids }, now);
}

/**
 * Removes the mails that wait for an email. The commit fails when one of them is written or sent meanwhile.
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

/** Reads the slots of an email: each under the index of the first key of the ring, then under those of the other keys. */
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

/** Removes the mail of a slot with its task, and lets the commit fail when the slot changes meanwhile. */
function deleteWaiting(batch: WriteBatch, slot: Entry<MailRecord>): void {
  const { key, value } = slot;
  batch.check(slot);
  if (value === null) return;
  batch.delete(key);
  deleteTask(batch, { name: "mail", ids: key.slice(1) }, value.due_at);
}
