/**
 * Mails that wait. A mail is part of the commit that causes it and waits in a slot of its recipient, one for each
 * purpose; its task says when it is tried next.
 *
 * Whether there is an account for it is looked up when it is sent: so asking for a mail takes the same trips and
 * writes the same records whether there is one or not.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { Email } from "../base/email.ts";
import { newId, newSecret } from "../base/ids.ts";
import type { Database, Entry, ReadOptions, Transaction } from "../kv/database.ts";
import type { Keyring } from "../kv/keyring.ts";
import { MAIL, type MailRecord } from "../kv/schema.ts";
import { stageNoTask, stageTask } from "../kv/tasks.ts";
import type { LinkPurpose } from "./links.ts";

/** What a mail is about. */
export type MailKind = MailRecord["kind"];

/** How a kind of mail is treated. */
export interface KindOfMail {
  /** Where it waits; a newer mail of the slot takes its place. */
  readonly slot: string;
  /** What its link is for, and how long it is good from the try that sends it; null: it has none. */
  readonly link: { readonly purpose: LinkPurpose; readonly lifeMs: number } | null;
}

/** How long a reset link and a deletion link are good. */
export const LINK_LIFE_MS = 3_600_000;
/** How long the link of a nudge is good. */
export const NUDGE_LINK_LIFE_MS = 7 * 86_400_000;

/** Every kind of mail. */
export const MAIL_KINDS: Readonly<Record<MailKind, KindOfMail>> = {
  password_nudge: { slot: "password", link: { purpose: "password", lifeMs: NUDGE_LINK_LIFE_MS } },
  password_reset: { slot: "password", link: { purpose: "password", lifeMs: LINK_LIFE_MS } },
  account_deletion: { slot: "deletion", link: { purpose: "deletion", lifeMs: LINK_LIFE_MS } },
  account_deleted: { slot: "farewell", link: null },
};

/** What the functions here need of the services. */
export interface OutboxServices {
  /** Holds the mails. */
  readonly db: Database;
  /** Hides whom they are for. */
  readonly keyring: Keyring;
  /** Decides when they are due. */
  readonly clock: Clock;
}

/**
 * Stages a mail, due now, in the place of the one that may wait in its slot.
 *
 * @param email Of the account that it is for; or of nobody: then it is dropped when it is due.
 * @throws {Problem} `storage_unavailable`
 */
export async function stageMail(
  { db, keyring, clock }: OutboxServices,
  tx: Transaction,
  { kind, email, read }: { readonly kind: MailKind; readonly email: Email; readonly read: ReadOptions },
): Promise<void> {
  const slot = MAIL_KINDS[kind].slot;
  const waiting = await readSlots({ db, keyring }, { email, slots: [slot], read });
  for (const mail of waiting) {
    tx.check(mail);
    stageDrop(tx, mail);
  }
  const ids = waiting[0]!.key.slice(1);
  const now = clock.now();
  tx.set(MAIL, ids, {
    v: 1,
    id: newId(now),
    kind,
    email: email.display,
    secret: newSecret(),
    created_at: now,
    due_at: now,
  });
  stageTask(tx, { name: "mail", ids }, now);
}

/**
 * Stages that no mail to an email is sent any more; the commit fails when one of them is staged or sent meanwhile.
 *
 * @param kinds Which.
 * @throws {Problem} `storage_unavailable`
 */
export async function stageNoMail(
  { db, keyring }: Pick<OutboxServices, "db" | "keyring">,
  tx: Transaction,
  { email, kinds, read }: {
    readonly email: Email;
    readonly kinds: readonly MailKind[];
    readonly read: ReadOptions;
  },
): Promise<void> {
  const slots = new Set(kinds.map((kind) => MAIL_KINDS[kind].slot));
  for (const mail of await readSlots({ db, keyring }, { email, slots: [...slots], read })) {
    tx.check(mail);
    stageDrop(tx, mail);
  }
}

/** Reads what waits for an email, slot by slot: under the key that is written with, then under each that was. */
async function readSlots(
  { db, keyring }: Pick<OutboxServices, "db" | "keyring">,
  { email, slots, read }: {
    readonly email: Email;
    readonly slots: readonly string[];
    readonly read: ReadOptions;
  },
): Promise<Entry<MailRecord>[]> {
  const indexes = keyring.blindIndexes("email", email.canonical);
  const wanted = slots.flatMap((slot) => indexes.map((index) => [MAIL, [index, slot]] as const));
  return await db.getMany<MailRecord[]>(wanted, read);
}

/** Stages that a mail that waits is not sent. */
function stageDrop(tx: Transaction, { key, value }: Entry<MailRecord>): void {
  if (value === null) return;
  tx.delete(key);
  stageNoTask(tx, { name: "mail", ids: key.slice(1) }, value.due_at);
}
