/**
 * What waits in the outbox: mails and webhooks.
 *
 * @module
 */
import { parseEmail } from "../../base/email.ts";
import { STORAGE_DEADLINE_MS } from "../../kv/database.ts";
import { MAIL, type MailRecord, type RecordType, WEBHOOK, type WebhookRecord } from "../../kv/schema.ts";
import type { Store } from "../../kv/store.ts";
import { deleteTask, putTask, type TaskName } from "../../kv/tasks.ts";
import type { Present, WriteBatch } from "../../kv/write_batch.ts";
import type { Services } from "../../services.ts";
import { CommandError } from "../command.ts";

const PAGE = 500;

/** Something that waits to be sent. */
export interface Waiting {
  /** The id of the mail or of the event, as in the log. */
  readonly id: string;
  /** The kind of the mail, or `webhook`. */
  readonly kind: string;
  /** When the next attempt is due: RFC 3339, UTC. */
  readonly due_at: string;
  /** Attempts so far. */
  readonly tries: number;
  /** Why the last attempt failed; null before one did. */
  readonly detail: string | null;
}

type WaitingRecord = MailRecord | WebhookRecord;

/** The types of what waits, each with the name of its tasks. */
const TYPES: readonly (readonly [RecordType<WaitingRecord>, TaskName])[] = [
  [MAIL as RecordType<WaitingRecord>, "mail"],
  [WEBHOOK as RecordType<WaitingRecord>, "webhook"],
];

interface Found {
  readonly entry: Present<WaitingRecord>;
  readonly type: RecordType<WaitingRecord>;
  readonly name: TaskName;
}

/**
 * Lists what waits, what is due first at the front.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function listWaiting(services: Pick<Services, "db">): Promise<Waiting[]> {
  const found = (await listAll(services)).toSorted((a, b) => a.entry.value.due_at - b.entry.value.due_at);
  return found.map(({ entry }) => describe(entry.value));
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
 * Makes something due now. The service sends it within a minute.
 *
 * @throws {CommandError} `not_found`
 * @throws {Problem} `storage_unavailable`
 */
export async function retryWaiting({ db, clock }: Services, id: string): Promise<Waiting> {
  return await change({ db }, id, (batch, { entry: { key, value }, type, name }) => {
    const ids = key.slice(1);
    const moved = { ...value, due_at: clock.now() };
    deleteTask(batch, { name, ids }, value.due_at);
    batch.set(type, ids, moved);
    putTask(batch, { name, ids }, moved.due_at);
    return describe(moved);
  });
}

/**
 * Removes something that waits. It is not sent.
 *
 * @throws {CommandError} `not_found`
 * @throws {Problem} `storage_unavailable`
 */
export async function dropWaiting({ db }: Pick<Services, "db">, id: string): Promise<Waiting> {
  return await change({ db }, id, (batch, { entry: { key, value }, name }) => {
    batch.delete(key);
    deleteTask(batch, { name, ids: key.slice(1) }, value.due_at);
    return describe(value);
  });
}

async function change(
  services: Pick<Services, "db">,
  id: string,
  write: (batch: WriteBatch, found: Found) => Waiting,
): Promise<Waiting> {
  // An attempt of the service can change it meanwhile.
  for (;;) {
    const found = (await listAll(services)).find(({ entry }) => entry.value.id === id);
    if (found === undefined) throw new CommandError("not_found", "Nothing of that id waits");
    using store = services.db.within(STORAGE_DEADLINE_MS);
    const batch = store.batch();
    batch.check(found.entry);
    const waiting = write(batch, found);
    if (await store.commit(batch)) return waiting;
  }
}

async function listAll({ db }: Pick<Services, "db">): Promise<Found[]> {
  const found: Found[] = [];
  for (const [type, name] of TYPES) {
    let after: readonly string[] | undefined;
    for (;;) {
      using store = db.within(STORAGE_DEADLINE_MS);
      const page = await list(store, type, after);
      for (const { value, ...entry } of page) {
        if (value !== null) found.push({ entry: { ...entry, value }, type, name });
      }
      if (page.length < PAGE) break;
      after = page.at(-1)?.key;
    }
  }
  return found;
}

function list(store: Store, type: RecordType<WaitingRecord>, after: readonly string[] | undefined) {
  return store.list(type, { after, limit: PAGE });
}

function describe(record: WaitingRecord): Waiting {
  const { id, due_at, tries = 0, detail = null } = record;
  const kind = "kind" in record ? record.kind : WEBHOOK.kind;
  return { id, kind, due_at: new Date(due_at).toISOString(), tries, detail };
}
