/**
 * Events: what happened to an account, for its customer and for the app's back end. The commit that does something writes
 * the event that tells of it, so there is no event without its change and no change without its event.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { type Database, STORAGE_DEADLINE_MS } from "../kv/database.ts";
import {
  type Device,
  DEVICE_FIELDS,
  type EVENT_TYPES,
  EVENTS,
  type EventsRecord,
  type SIGN_IN_METHODS,
  WEBHOOK,
} from "../kv/schema.ts";
import type { WriteBatch } from "../kv/write_batch.ts";
import { putTask } from "../kv/tasks.ts";
import { eventIdOf, newEventsId } from "./event_ids.ts";

/** The way in which a session came to be. */
export type SignInMethod = (typeof SIGN_IN_METHODS)[number];

/** The types of events. */
export type EventType = (typeof EVENT_TYPES)[number];

/** Something that happens, with what its type tells. Ids and the device are all that an event says of a customer. */
export type Happening =
  | { readonly type: "account.created"; readonly method: SignInMethod }
  | {
    readonly type: "session.created";
    readonly session_id: string;
    readonly method: SignInMethod;
    readonly device: Device;
  }
  | { readonly type: "session.revoked"; readonly session_id: string }
  | { readonly type: "entitlement.changed"; readonly sku: string; readonly state: string }
  | { readonly type: "purchase.unfulfilled" | "purchase.unclaimed"; readonly sku: string }
  | { readonly type: PlainEventType };

/** The types of events that tell nothing but the account. */
export type PlainEventType = Exclude<
  EventType,
  | "account.created"
  | "session.created"
  | "session.revoked"
  | "entitlement.changed"
  | "purchase.unfulfilled"
  | "purchase.unclaimed"
>;

/** An event as the contract shows it. */
export interface AccountEvent {
  /** `evt_` and 32 hexadecimal digits. A later event has a greater id. */
  readonly id: string;
  /** What happened. */
  readonly type: EventType;
  /** When it happened: RFC 3339, UTC. */
  readonly at: string;
  /** The account that it happened to, and what more the type tells. */
  readonly data: EventData;
}

/** What an event tells, by its type. */
export interface EventData {
  /** `acc_` and 32 hexadecimal digits. Absent while no account has the purchase. */
  readonly account_id?: string;
  /** The session that was created or revoked. */
  readonly session_id?: string;
  /** The way in which the customer signed in or signed up. */
  readonly method?: SignInMethod;
  /** The product that was bought. */
  readonly sku?: string;
  /** The state of its entitlement. */
  readonly state?: string;
  /** The device that signed in, as it described itself. */
  readonly device?: Device;
}

/** The services that {@linkcode putEvents} uses. */
export interface EventServices {
  /** Tells when the events happen. */
  readonly clock: Pick<Clock, "now">;
  /** `eventRetentionMs`: milliseconds for which events are kept. `webhook`: null when no back end is told of events. */
  readonly config: { readonly eventRetentionMs: number; readonly webhook: object | null };
}

/** Events that one record holds. */
export const MOST_EVENTS = 250;

/** In the key of a webhook, the place of the account that an event does not have. */
const NO_ACCOUNT = "none";

/**
 * Writes the events of a commit, and the webhooks that tell the app's back end. Events that are written by one call share
 * one record. What has no account, or an account no more, has only the webhook.
 *
 * @param happened `accountId`: the account that the events are about; null when there is none yet. `events`: at most
 *   {@linkcode MOST_EVENTS} of them, in the order in which they happen. Without any, nothing is written.
 */
export function putEvents(
  { clock, config }: EventServices,
  batch: WriteBatch,
  { accountId, events }: { readonly accountId: string | null; readonly events: readonly Happening[] },
): void {
  if (events.length === 0) return;
  const at = clock.now();
  const id = newEventsId(at);
  const record: EventsRecord = { v: 1, at, events: [...events], expires_at: at + config.eventRetentionMs };
  if (accountId !== null && events.every(({ type }) => type !== "account.deleted")) {
    batch.set(EVENTS, [accountId, id], record);
  }
  if (config.webhook === null) return;
  for (const { id: eventId, type, data } of describeEvents(accountId, id, record)) {
    const ids = [accountId ?? NO_ACCOUNT, eventId];
    batch.set(WEBHOOK, ids, { v: 1, id: eventId, type, at, data: { ...data }, created_at: at, due_at: at });
    putTask(batch, { name: "webhook", ids }, at);
  }
}

/** Which events {@linkcode listEvents} lists. */
export interface EventListOptions {
  /** The account whose events are listed. */
  readonly accountId: string;
  /** The most events of a page, 1 to 100. */
  readonly limit: number;
  /** The cursor that the page before gave. */
  readonly cursor?: string | undefined;
}

/** One page of events. */
export interface EventPage {
  /** The events, newest first. */
  readonly events: AccountEvent[];
  /** The cursor of the next page; null on the last one. */
  readonly next_cursor: string | null;
}

/**
 * Lists the events of an account, newest first.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function listEvents(
  { db }: { readonly db: Database },
  { accountId, limit, cursor }: EventListOptions,
): Promise<EventPage> {
  using store = db.within(STORAGE_DEADLINE_MS);
  const events: AccountEvent[] = [];
  for (let before = cursor;;) {
    const records = await store.list(EVENTS, { under: [accountId], before, reverse: true, limit: limit + 1 });
    for (const { key, value } of records) {
      if (value === null) continue;
      for (const event of describeEvents(accountId, key[2] ?? "", value).toReversed()) {
        // The page before can have ended within a record.
        if (cursor !== undefined && event.id >= cursor) continue;
        if (events.length === limit) return { events, next_cursor: events.at(-1)?.id ?? null };
        events.push(event);
      }
    }
    if (records.length <= limit) return { events, next_cursor: null };
    before = records.at(-1)?.key[2];
  }
}

/** Shows the events of a record as the contract does, oldest first. */
export function describeEvents(
  accountId: string | null,
  id: string,
  { at, events }: EventsRecord,
): AccountEvent[] {
  return events.map(({ type, session_id, method, sku, state, device }, index) => ({
    id: eventIdOf(id, index),
    type,
    at: new Date(at).toISOString(),
    data: {
      ...(accountId === null ? {} : { account_id: accountId }),
      ...(session_id === undefined ? {} : { session_id }),
      ...(method === undefined ? {} : { method }),
      ...(sku === undefined ? {} : { sku }),
      ...(state === undefined ? {} : { state }),
      ...(device === undefined ? {} : { device: describeDevice(device) }),
    },
  }));
}

/** Shows a device without the fields that a newer version of the service has stored. */
export function describeDevice(device: Device): Device {
  return Object.fromEntries(Object.entries(device).filter(([field]) => DEVICE_FIELDS.has(field)));
}
