/**
 * Sessions: each is one device that is signed in to one account. Its token carries a secret, of which only the hash is
 * stored.
 *
 * @module
 */
import {
  type Account,
  assertNotBlocked,
  describeAccount,
  type IdentifiedAccount,
} from "../accounts/accounts.ts";
import { newId, newSecret } from "../base/ids.ts";
import { describeDevice, type Happening, putEvents, type SignInMethod } from "../events/events.ts";
import { hashSecret, type Keyring } from "../kv/keyring.ts";
import { ACCOUNT, type Device, SESSION, type SessionRecord, type TicketOutcome } from "../kv/schema.ts";
import type { WriteBatch } from "../kv/write_batch.ts";
import { type CrowdServices, makeRoom, startCensus } from "./crowd.ts";
import { endOfSession, type SessionLife } from "./session_records.ts";

/** A session as the contract shows it. */
export interface Session {
  /** `ses_` and 32 hexadecimal digits. */
  readonly id: string;
  /** When the device signed in: RFC 3339, UTC. */
  readonly created_at: string;
  /** When the session was last used, exact to a day: RFC 3339, UTC. */
  readonly last_used_at: string;
  /** The device as it described itself at sign-in. */
  readonly device: Device;
  /** Present on the session that asks. */
  readonly current?: true;
}

/** The body of every successful sign-in: a session token and what it opens. */
export interface SignedIn {
  /** `ocs_` and 107 characters: the bearer secret of the device. Only this response shows it. */
  readonly session_token: string;
  /** How the token is presented (RFC 6750). */
  readonly token_type: "Bearer";
  /** When an unused session ends: RFC 3339, UTC. */
  readonly expires_at: string;
  /** Whole seconds until then. */
  readonly expires_in: number;
  /** The new session. */
  readonly session: Session;
  /** The account of the session. `created`: whether this sign-in created it. */
  readonly account: Account & { readonly created: boolean };
  /** What became of the link ticket, if the request had one. */
  readonly link?: TicketOutcome;
}

/** A sign-in, and whether an earlier request got its answer first. */
export interface SignInResult {
  /** The body of the response. */
  readonly signedIn: SignedIn;
  /** Whether the same request was answered before. */
  readonly replayed: boolean;
}

/** The parts of a session token. */
export interface SessionToken {
  /** `acc_` and 32 hexadecimal digits. */
  readonly accountId: string;
  /** `ses_` and 32 hexadecimal digits. */
  readonly sessionId: string;
  /** 43 characters of base64url. */
  readonly secret: string;
}

const TOKEN = /^ocs_([0-9a-f]{32})([0-9a-f]{32})([A-Za-z0-9_-]{43})$/;

/** Reads a session token. Returns null when it has another form. */
export function parseSessionToken(token: string): SessionToken | null {
  const [, account, session, secret] = TOKEN.exec(token) ?? [];
  if (account === undefined || session === undefined || secret === undefined) return null;
  return { accountId: `acc_${account}`, sessionId: `ses_${session}`, secret };
}

/** What a request has to know to be given its session again. */
export interface SessionProof {
  /** The way in, such as `one_click`. Equal texts of two ways give different secrets. */
  readonly purpose: string;
  /** The texts that only the device knows, such as a code and an `Idempotency-Key`. */
  readonly texts: readonly string[];
}

/**
 * Derives the secret of a session from what its request knows. The session's id is part of it, so two sessions never
 * have the same secret.
 *
 * @param derived `keyId`: the data key; `sessionId`: `ses_` and 32 hexadecimal digits.
 * @returns 43 characters of base64url; null when the ring does not have the key.
 */
export function deriveSessionSecret(
  keyring: Keyring,
  { keyId, sessionId, proof: { purpose, texts } }: {
    readonly keyId: string;
    readonly sessionId: string;
    readonly proof: SessionProof;
  },
): string | null {
  return keyring.deriveSecret(keyId, `session/${purpose}`, [sessionId, ...texts]);
}

/** What a new session is made of. */
export interface NewSession {
  /** The account as the same batch writes it, or as it is stored. `created`: whether the same batch creates it. */
  readonly account: IdentifiedAccount & { readonly created: boolean };
  /** The way in which the customer signed in. */
  readonly method: SignInMethod;
  /**
   * When the customer gave the password or used a mailed link, if that was before now. A sign-in by password and a sign-up
   * prove it themselves.
   */
  readonly provedAt?: number | undefined;
  /** The device, as it describes itself. */
  readonly device: Device;
  /** SHA-256 of the Appstore's code that the session comes from, if it comes from one. */
  readonly codeHash?: string;
  /** SHA-256 of the `Idempotency-Key` of the sign-up that the session comes from, if it comes from one. */
  readonly signUpHash?: string | undefined;
  /**
   * Makes the secret one that the same request gets again: see `lib/sessions/replay.ts`. Without it the secret is
   * random.
   */
  readonly derive?: { readonly keyring: Keyring; readonly proof: SessionProof } | undefined;
  /** The name of the Amazon client that the device's app has, if the request tells. */
  readonly app?: string | undefined;
  /** What else the commit does to the account. One record holds all of its events. */
  readonly events?: readonly Happening[];
}

/** The services that {@linkcode putSession} uses. */
export interface SessionServices extends CrowdServices {
  /** How long sessions live. */
  readonly config: CrowdServices["config"] & SessionLife;
}

/**
 * Writes a new session of an account, with the events that tell of the session and of a new account. When the device tells
 * another language than the account has, the account gets that language. In a full account the least recently used session
 * is signed out.
 *
 * @param account The account as the same batch writes it, or as it is stored and checked by the batch.
 * @returns The body of the response.
 * @throws {Problem} `account_blocked`, or `storage_unavailable`
 */
export async function putSession(
  services: SessionServices,
  batch: WriteBatch,
  { account, method, provedAt, device, codeHash, signUpHash, derive, app, events = [] }: NewSession,
): Promise<SignedIn> {
  assertNotBlocked(account.record);
  const at = services.clock.now();
  const sessionId = `ses_${newId(at)}`;
  const signedOut = await makeRoom(batch, account, sessionId);
  const secret = derive === undefined ? newSecret() : deriveNew(sessionId, derive);
  const proof = method === "password" || method === "sign_up" ? at : provedAt;
  const session: SessionRecord = {
    v: 1,
    secret_hash: hashSecret(secret),
    epoch: account.record.session_epoch,
    created_at: at,
    last_used_at: at,
    expires_at: endOfSession(services.config, at, at),
    device,
    ...(codeHash === undefined ? {} : { code_hash: codeHash }),
    ...(signUpHash === undefined ? {} : { sign_up_hash: signUpHash }),
    ...(app === undefined ? {} : { app }),
    ...(proof === undefined ? {} : { proved_at: proof }),
  };
  batch.set(SESSION, [account.id, sessionId], session);
  const { language } = device;
  if (language !== undefined && language !== account.record.language) {
    batch.set(ACCOUNT, [account.id], { ...account.record, language });
  }
  putEvents(services, batch, {
    accountId: account.id,
    events: [
      ...(account.created ? [{ type: "account.created", method } as const] : []),
      { type: "session.created", session_id: sessionId, method, device },
      ...signedOut,
      ...events,
    ],
  });
  if (!account.created) startCensus(services, account.id, sessionId);
  return describeSignIn(account, { sessionId, session, secret, at });
}

function deriveNew(sessionId: string, { keyring, proof }: NonNullable<NewSession["derive"]>): string {
  const secret = deriveSessionSecret(keyring, { keyId: keyring.firstId, sessionId, proof });
  if (secret === null) throw new RangeError("The first key of the ring is in the ring");
  return secret;
}

/**
 * Shows a sign-in as the contract does.
 *
 * @param shown `secret`: the secret of the session. `at`: the time now, in milliseconds since the epoch.
 */
export function describeSignIn(
  account: IdentifiedAccount & { readonly created: boolean },
  { sessionId, session, secret, at }: {
    readonly sessionId: string;
    readonly session: SessionRecord;
    readonly secret: string;
    readonly at: number;
  },
): SignedIn {
  return {
    session_token: `ocs_${account.id.slice("acc_".length)}${sessionId.slice("ses_".length)}${secret}`,
    token_type: "Bearer",
    expires_at: new Date(session.expires_at).toISOString(),
    expires_in: Math.floor((session.expires_at - at) / 1000),
    session: describeSession(sessionId, session),
    account: { ...describeAccount(account.id, account.record), created: account.created },
  };
}

/** Shows a stored session as the contract does. */
export function describeSession(id: string, record: SessionRecord): Session {
  return {
    id,
    created_at: new Date(record.created_at).toISOString(),
    last_used_at: new Date(record.last_used_at).toISOString(),
    device: describeDevice(record.device),
  };
}
