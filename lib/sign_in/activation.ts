/**
 * Activations: a TV shows a code, and a customer signs it in on a phone (RFC 8628, the device authorization grant).
 * Here an activation starts, and the phone finds it.
 *
 * The TV has the device code. Its hash is the page token, which is in the address of the page on the phone, and the
 * hash of that is the key of the record. So the page cannot poll, and somebody who reads the database can neither poll
 * nor open the page.
 *
 * @module
 */
import { findNewLinkTicket } from "../accounts/link_tickets.ts";
import { newSecret } from "../base/ids.ts";
import { type Prefill, Problem } from "../base/problem.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { hashSecret, type Keyring } from "../kv/keyring.ts";
import {
  ACTIVATION,
  type ActivationRecord,
  type Device,
  USER_CODE,
  type UserCodeRecord,
} from "../kv/schema.ts";
import type { Reader } from "../kv/write_batch.ts";
import { countTry } from "../limits/tries.ts";
import type { Services } from "../services.ts";
import { drawQrCode } from "./qr_image.ts";
import { formatUserCode, newUserCode, readUserCode } from "./user_code.ts";

/** Milliseconds in which a customer can approve. */
export const ACTIVATION_LIFE_MS = 15 * 60_000;
/** Milliseconds for which a TV gets its answer: from the approval at least, and from the answer on again. */
export const ANSWER_LIFE_MS = 10 * 60_000;
/** Wrong passwords that end an activation. */
export const MOST_PASSWORDS = 20;
/** Seconds between two questions of a TV. */
export const INTERVAL_S = 5;

/** Milliseconds for which the pages can still tell a customer that a code has ended. */
const AFTERLIFE_MS = 15 * 60_000;
/** Codes that are drawn until one is free. Two TVs draw the same one once in 20^8 times. */
const MOST_DRAWS = 5;
const DEVICE_CODE = /^ocd_[A-Za-z0-9_-]{43}$/;
const PAGE_TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** A request of a TV for an activation, as it was validated. */
export interface ActivationRequest {
  /** The device, as it describes itself. */
  readonly device: Device;
  /** What the sign-up form is filled in with. */
  readonly prefill: Prefill;
  /** The ticket of a `link_required` or a `profile_incomplete`; undefined when nothing is to be linked. */
  readonly linkTicket: string | undefined;
}

/** A started activation, as the contract shows it. */
export interface StartedActivation {
  /** `ocd_` and 43 characters: the secret by which the TV asks. Only this response shows it. */
  readonly device_code: string;
  /** Eight letters with a hyphen. */
  readonly user_code: string;
  /** The page that a customer opens on a phone. */
  readonly verification_uri: string;
  /** The same page with the code. */
  readonly verification_uri_complete: string;
  /** Whole seconds in which a customer can approve. */
  readonly expires_in: number;
  /** Whole seconds between two questions of the TV. */
  readonly interval: number;
  /** A `data:` URL of a picture: the QR code of the page with the code. */
  readonly qr_image: string;
}

/**
 * Starts an activation, by one write. A ticket is read before; it stays as it is until the approval.
 *
 * @throws {Problem} `link_ticket_invalid` or `storage_unavailable`
 */
export async function startActivation(
  { db, clock, config, keyring }: Pick<Services, "db" | "clock" | "config" | "keyring">,
  { device, prefill, linkTicket }: ActivationRequest,
): Promise<StartedActivation> {
  using store = db.within(STORAGE_DEADLINE_MS);
  const deviceCode = `ocd_${newSecret()}`;
  const pageToken = pageTokenOf(deviceCode);
  const ticket = linkTicket === undefined ? undefined : await readTicket(store, linkTicket);
  for (let draw = 1; draw <= MOST_DRAWS; draw++) {
    const userCode = newUserCode();
    const [index] = keyring.blindIndexes("user_code", userCode);
    const ends_at = clock.now() + ACTIVATION_LIFE_MS;
    const expires_at = ends_at + AFTERLIFE_MS;
    const batch = store.batch();
    // Another TV may show this code just now.
    batch.check({ key: [USER_CODE.kind, index], versionstamp: null });
    batch.set(USER_CODE, [index], { v: 1, page_token: pageToken, expires_at });
    batch.set(ACTIVATION, [activationIdOf(pageToken)], {
      v: 1,
      user_code: formatUserCode(userCode),
      device,
      prefill,
      ...(ticket === undefined ? {} : { ticket }),
      tries: 0,
      ends_at,
      decision: { is: "pending" },
      expires_at,
    });
    if (!await store.commit(batch)) continue;
    const uri = `${config.publicUrl}/activate`;
    const completeUri = `${uri}?code=${formatUserCode(userCode)}`;
    return {
      device_code: deviceCode,
      user_code: formatUserCode(userCode),
      verification_uri: uri,
      verification_uri_complete: completeUri,
      expires_in: ACTIVATION_LIFE_MS / 1000,
      interval: INTERVAL_S,
      qr_image: await drawQrCode(completeUri),
    };
  }
  throw new Problem("storage_unavailable", { retryAfter: 1, internal: "No free user code was found" });
}

async function readTicket(reader: Reader, ticket: string): Promise<NonNullable<ActivationRecord["ticket"]>> {
  const found = await findNewLinkTicket(reader, ticket);
  if (found === null) throw new Problem("link_ticket_invalid");
  return { amazon_user_id: found.value.amazon_user_id, ids: found.key.slice(1) };
}

/**
 * Finds the page of the activation whose TV shows a code. A wrong code is counted against the client.
 *
 * @param typed The code, as the customer typed it.
 * @returns The page token; null when no TV shows that code.
 * @throws {Problem} `rate_limited` after 30 wrong codes of a client in 15 minutes, or `storage_unavailable`
 */
export async function findActivationPage(
  services: Pick<Services, "db" | "clock" | "config" | "keyring" | "triesUnderWay">,
  { typed, client }: { readonly typed: string; readonly client: string },
): Promise<string | null> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  // The code counts as wrong until it is found, so guesses at the same moment cannot pass the limit together.
  const counted = await countTry(services, store, [{ scope: "user_code", name: client }]);
  const code = readUserCode(typed);
  const pageToken = code === null ? null : await findPageToken(store, services.keyring, code);
  if (pageToken !== null) await store.transact((batch) => counted.takeBack(batch));
  return pageToken;
}

async function findPageToken(reader: Reader, keyring: Keyring, code: string): Promise<string | null> {
  const wanted = keyring.blindIndexes("user_code", code).map((index) => [USER_CODE, [index]] as const);
  const entries = await reader.getMany<UserCodeRecord[]>(wanted);
  return entries.find(({ value }) => value !== null)?.value?.page_token ?? null;
}

/** What has become of an activation: nobody has decided yet, a customer has, or it is over. */
export type ActivationState = "pending" | "approved" | "denied" | "ended";

/** An activation, as its page shows it. */
export interface ActivationView {
  /** What has become of it. */
  readonly state: ActivationState;
  /** The code that the TV shows, with its hyphen. */
  readonly userCode: string;
  /** The TV, as it describes itself. */
  readonly device: Device;
  /** What the sign-up form is filled in with. */
  readonly prefill: Prefill;
  /** Whether the approval links an Amazon customer. */
  readonly linksAmazon: boolean;
}

/**
 * Reads the activation of a page.
 *
 * @returns Null when there is none.
 * @throws {Problem} `storage_unavailable`
 */
export async function viewActivation(
  { db, clock }: Pick<Services, "db" | "clock">,
  pageToken: string,
): Promise<ActivationView | null> {
  if (!PAGE_TOKEN.test(pageToken)) return null;
  using store = db.within(STORAGE_DEADLINE_MS);
  const { value } = await store.get(ACTIVATION, [activationIdOf(pageToken)]);
  return value === null ? null : describeActivation(value, clock.now());
}

/** Shows a stored activation as its page does. */
export function describeActivation(record: ActivationRecord, now: number): ActivationView {
  const { user_code, device, prefill: { name, postal_code }, ticket } = record;
  return {
    state: stateOf(record, now),
    userCode: user_code,
    device,
    prefill: {
      ...(name === undefined ? {} : { name }),
      ...(postal_code === undefined ? {} : { postal_code }),
    },
    linksAmazon: ticket !== undefined,
  };
}

/** Tells what has become of an activation. */
export function stateOf({ decision, ends_at, tries }: ActivationRecord, now: number): ActivationState {
  if (decision.is !== "pending") return decision.is;
  // The last try counts while it is being checked, and once more when it was wrong.
  return now < ends_at && tries <= MOST_PASSWORDS ? "pending" : "ended";
}

/** Returns the id of the activation of a page. */
export function activationIdOf(pageToken: string): string {
  return hashSecret(pageToken);
}

/** Returns the page token of a device code. */
export function pageTokenOf(deviceCode: string): string {
  return hashSecret(`activation page/${deviceCode}`);
}

/** Returns the id of the activation of a device code; null when the text has another form. */
export function activationIdOfDevice(deviceCode: string): string | null {
  return DEVICE_CODE.test(deviceCode) ? activationIdOf(pageTokenOf(deviceCode)) : null;
}
