/**
 * The main job: one-click sign-in, from a code of the Appstore to a session.
 *
 * @module
 */
import {
  findOwners,
  getIndexedAccount,
  type IdentifiedAccount,
  putAmazonAccount,
} from "../accounts/accounts.ts";
import { putLinkTicket } from "../accounts/linking.ts";
import type { AmazonClient, CallContext } from "../amazon/appstore.ts";
import type { AmazonProfile } from "../amazon/endpoints.ts";
import { parseEmail } from "../base/email.ts";
import { type Prefill, Problem } from "../base/problem.ts";
import type { Store } from "../kv/database.ts";
import type { Device } from "../kv/schema.ts";
import type { WriteBatch } from "../kv/write_batch.ts";
import type { Services } from "../services.ts";
import { putSession, type SignedIn } from "../sessions/sessions.ts";
import { claimCode, type CodeExchange } from "./code_exchange.ts";

/** A one-click sign-in, as a validated request asks for it. */
export interface AmazonSignIn {
  /** The Appstore's code, 1 to 2048 bytes. */
  readonly code: string;
  /** 16 to 255 visible ASCII characters; null when the device sent none. */
  readonly idempotencyKey: string | null;
  /** The Amazon client that the code was issued to. */
  readonly client: AmazonClient;
  /** The device, as it describes itself. */
  readonly device: Device;
  /** The id of the HTTP request, for the log. */
  readonly requestId: string;
}

/** The answer to a code: a session, or a ticket to link it with the account that has the customer's email. */
export type AmazonAnswer =
  | { readonly outcome: "signed_in"; readonly signedIn: SignedIn }
  | { readonly outcome: "link_required"; readonly linkTicket: string };

/** An answer, and whether an earlier request got it first. */
export interface AmazonSignInResult {
  /** The answer to the code. */
  readonly answer: AmazonAnswer;
  /** Whether an earlier request with the same code and key got the answer first. */
  readonly replayed: boolean;
}

/**
 * Exchanges a code for a session: claim, token, profile, account, commit. A new customer costs two writes, one
 * eventually consistent read and Amazon's two calls. The write that keeps the token overlaps the second call.
 *
 * @throws {Problem} as the contract lists them for `POST /v1/sessions/amazon`
 */
export async function signInWithAmazon(
  services: Services,
  request: AmazonSignIn,
): Promise<AmazonSignInResult> {
  using store = services.db.within(services.config.amazonDeadlineMs);
  const exchange = await claimCode(services, store, request);
  if ("replayed" in exchange) return { answer: JSON.parse(exchange.replayed), replayed: true };
  try {
    const profile = await fetchProfile(services, store, { request, exchange });
    const answer = await commitAnswer(services, store, { request, exchange, profile });
    return { answer, replayed: false };
  } catch (error) {
    await exchange.release();
    throw error;
  }
}

/** Fetches the profile: with the token that an earlier request kept, or with a new token for the code. */
async function fetchProfile(
  { appstore }: Pick<Services, "appstore">,
  { deadline }: Store,
  { request: { code, client, requestId }, exchange }: {
    readonly request: AmazonSignIn;
    readonly exchange: CodeExchange;
  },
): Promise<AmazonProfile> {
  const context: CallContext = { deadline, requestId, app: client.app };
  if (exchange.keptToken !== null) return await appstore.fetchProfile(exchange.keptToken, context);
  // A token request that is cut short can spend the code and lose the token. Unspent, the code serves a retry.
  if (deadline.remaining <= appstore.leastTokenMs) {
    const internal = "The claim of the code took too long to ask Amazon";
    throw new Problem("storage_unavailable", { retryAfter: 1, internal });
  }
  const token = await appstore.exchangeCode(code, client, context);
  // The profile is asked for first, so that the token is sealed and written while Amazon works.
  const profile = appstore.fetchProfile(token.value, context);
  exchange.keepToken(token);
  return await profile;
}

/** Finds or creates the account, signs the device in and ends the exchange, in one commit. */
function commitAnswer(
  services: Services,
  store: Store,
  { request, exchange, profile }: {
    readonly request: AmazonSignIn;
    readonly exchange: CodeExchange;
    readonly profile: AmazonProfile;
  },
): Promise<AmazonAnswer> {
  return store.near.transact(async (batch) => {
    const account = await findOrPutAccount(services, batch, profile);
    const answer: AmazonAnswer = "linkTicket" in account
      ? { outcome: "link_required", linkTicket: account.linkTicket }
      : {
        outcome: "signed_in",
        signedIn: putSession(batch, account, {
          device: request.device,
          codeHash: exchange.codeHash,
          at: services.clock.now(),
          ttlMs: services.config.sessionTtlMs,
        }),
      };
    await exchange.putAnswer(batch, JSON.stringify(answer));
    return answer;
  });
}

/**
 * Finds the account of an Amazon customer, or writes a new one. When another account has the customer's email, a link
 * ticket is written instead.
 *
 * @throws {Problem} `profile_incomplete` when a new customer has no usable email
 */
async function findOrPutAccount(
  { keyring, clock, config }: Pick<Services, "keyring" | "clock" | "config">,
  batch: WriteBatch,
  profile: AmazonProfile,
): Promise<IdentifiedAccount & { readonly created: boolean } | { readonly linkTicket: string }> {
  const email = profile.email === null ? null : parseEmail(profile.email);
  const owners = await findOwners(batch, keyring, { userId: profile.user_id, email });
  for (const index of owners.indexes) batch.check(index);
  if (owners.ofAmazonUser !== null) {
    const account = await getIndexedAccount(batch, owners.ofAmazonUser);
    batch.check(account);
    return { id: owners.ofAmazonUser, record: account.value, created: false };
  }
  if (email === null) throw new Problem("profile_incomplete", { prefill: prefillOf(profile) });
  const at = clock.now();
  if (owners.ofEmail !== null) {
    const link = { userId: profile.user_id, accountId: owners.ofEmail, at };
    return { linkTicket: putLinkTicket(batch, link) };
  }
  const nudgeAfterMs = config.mail === null ? 0 : config.passwordNudgeAfterMs;
  const account = putAmazonAccount(batch, { ...profile, email }, { owners, at, nudgeAfterMs });
  return { ...account, created: true };
}

function prefillOf({ name, postal_code }: AmazonProfile): Prefill {
  return { ...(name === null ? {} : { name }), ...(postal_code === null ? {} : { postal_code }) };
}
