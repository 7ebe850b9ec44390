/**
 * What waits in the outbox.
 *
 * @module
 */
import { parseEmail } from "../../base/email.ts";
import { STORAGE_DEADLINE_MS, type Store } from "../../kv/database.ts";
import { MAIL, type MailRecord } from "../../kv/schema.ts";
import { deleteTask, putTask } from "../../kv/tasks.ts";
import type { Present } from "../../kv/write_batch.ts";
import type { Services } from "../../services.ts";
import { CommandError } from "../program.ts";

const PAGE = 500;

/** Something that waits to be sent. */
export interface Waiting {
  /** The id of the mail, as in the log. */
  readonly id: string;
  /** The kind of the mail. */
  readonly kind: string;
  /** When the next attempt is due: RFC 3339, UTC. */
  readonly due_at: string;
  /** Attempts so far. */
  readonly tries: number;
  /** Why the last attempt failed; null before one did. */
  readonly detail: string | null;
}

/**
 * Lists what waits.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function listWaiting(services: Pick<Services, "db">): Promise<Waiting[]> {
  return (await listMails(services)).map(({ value }) => describe(value));
}

/**
 * Lists the mails that wait for an account's email.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function listMailsTo(
  { db, keyring }: Pick<Services, "db" | "keyring">,
  address: string,
): Promise<Waiting[]> {
  const email = parseEmail(address);
  if (email === null) return [];
  using store = db.within(STORAGE_DEADLINE_MS);
  const lists = keyring.blindIndexes("email", email.canonical).map((index) =>
    store.list(MAIL, { under: [index], limit: PAGE })
  );
  return (await Promise.all(lists)).flat().flatMap(({ value }) => value === null ? [] : [describe(value)]);
}

/**
 * Makes a mail due now. The service sends it within a minute.
 *
 * @throws {CommandError} `not_found`
 * @throws {Problem} `storage_unavailable`
 */
export async function retryWaiting({ db, clock }: Services, id: string): Promise<Waiting> {
  return await changeMail({ db }, id, (store, mail) => {
    const batch = store.batch();
    const ids = mail.key.slice(1);
    const now = clock.now();
    batch.check(mail);
    deleteTask(batch, { name: "mail", ids }, mail.value.due_at);
    const moved = batch.set(MAIL, ids, { ...mail.value, due_at: now });
    putTask(batch, { name: "mail", ids }, now);
    return { batch, waiting: describe(moved.value) };
  });
}

/**
 * Removes a mail that waits. It is not sent.
 *
 * @throws {CommandError} `not_found`
 * @throws {Problem} `storage_unavailable`
 */
export async function dropWaiting({ db }: Pick<Services, "db">, id: string): Promise<Waiting> {
  return await changeMail({ db }, id, (store, mail) => {
    const batch = store.batch();
    batch.check(mail);
    batch.delete(mail.key);
    deleteTask(batch, { name: "mail", ids: mail.key.slice(1) }, mail.value.due_at);
    return { batch, waiting: describe(mail.value) };
  });
}

async function changeMail(
  { db }: Pick<Services, "db">,
  id: string,
  change: (
    store: Store,
    mail: Present<MailRecord>,
  ) => { batch: ReturnType<Store["batch"]>; waiting: Waiting },
): Promise<Waiting> {
  // An attempt of the service can change the mail meanwhile.
  for (;;) {
    const mail = (await listMails({ db })).find(({ value }) => value.id === id);
    if (mail === undefined) throw new CommandError("not_found", "Nothing of that id waits");
    using store = db.within(STORAGE_DEADLINE_MS);
    const { batch, waiting } = change(store, mail);
    if (await store.commit(batch)) return waiting;
  }
}

async function listMails({ db }: Pick<Services, "db">): Promise<Present<MailRecord>[]> {
  const mails: Present<MailRecord>[] = [];
  let after: readonly string[] | undefined;
  for (;;) {
    using store = db.within(STORAGE_DEADLINE_MS);
    const page = await store.list(MAIL, { after, limit: PAGE });
    for (const { value, ...entry } of page) if (value !== null) mails.push({ ...entry, value });
    if (page.length < PAGE) return mails;
    after = page.at(-1)?.key;
  }
}

function describe({ id, kind, due_at, ...mail }: MailRecord): Waiting {
  const { tries = 0, detail = null } = mail as { readonly tries?: number; readonly detail?: string };
  return { id, kind, due_at: new Date(due_at).toISOString(), tries, detail };
}
