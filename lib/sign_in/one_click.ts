/**
 * The main job: one-click sign-in, from a code of the Appstore to a session.
 *
 * @module
 */
import {
  assertNotBlocked,
  findOwners,
  getIndexedAccount,
  type IdentifiedAccount,
  putAmazonAccount,
} from "../accounts/accounts.ts";
import { putRefreshToken } from "../accounts/linking.ts";
import { bringReceipts, type Purchases } from "../accounts/brought_receipts.ts";
import type { Entitlement } from "../accounts/entitlements.ts";
import { ReceiptReading, showReceipts } from "../accounts/receipt_reading.ts";
import type { ReceiptClaim } from "../accounts/entitlement_records.ts";
import { formatLinkTicket, putLinkTicket } from "../accounts/link_tickets.ts";
import type { AmazonClient, CallContext } from "../amazon/appstore.ts";
import type { AmazonProfile } from "../amazon/endpoints.ts";
import { parseEmail } from "../base/email.ts";
import { happeningsOf } from "../events/entitlement_events.ts";
import { newSecret } from "../base/ids.ts";
import { type Prefill, Problem } from "../base/problem.ts";
import type { Precedence } from "../kv/admission.ts";
import type { Device } from "../kv/schema.ts";
import { MissingKeyProblem } from "../kv/storage_failure.ts";
import type { Store } from "../kv/store.ts";
import type { WriteBatch } from "../kv/write_batch.ts";
import type { Services } from "../services.ts";
import { type LeftReceipts, settleAfter, settleBefore } from "./left_receipts.ts";
import { repeatableOf, replaySession } from "../sessions/replay.ts";
import { putSession, type SessionProof, type SignedIn } from "../sessions/sessions.ts";
import {
  claimCode,
  type CodeExchange,
  type CodeRequest,
  type DoneCode,
  type ExchangeServices,
} from "./code_exchange.ts";

/** A one-click sign-in, as a validated request asks for it. */
export interface AmazonSignIn extends CodeRequest {
  /** The Amazon client that the code was issued to. */
  readonly client: AmazonClient;
  /** The device, as it describes itself. */
  readonly device: Device;
  /** The receipts that the device brings. Undefined: it brings none. */
  readonly purchases?: Purchases | undefined;
  /** The id of the HTTP request, for the log. */
  readonly requestId: string;
}

/**
 * The answer to a code: a session; or a ticket, by which the customer links Amazon to the account that has their email, or
 * to any account when the profile has no usable email.
 */
export type AmazonAnswer =
  | {
    readonly outcome: "signed_in";
    readonly signedIn: SignedIn;
    /** What the account may use by the receipts of the request. Undefined: it brought none. */
    readonly entitlements?: readonly Entitlement[] | undefined;
  }
  | { readonly outcome: "link_required"; readonly linkTicket: string }
  | { readonly outcome: "profile_incomplete"; readonly linkTicket: string; readonly prefill: Prefill };

/** An answer, and whether an earlier request got it first. */
export interface AmazonSignInResult {
  /** The answer to the code. */
  readonly answer: AmazonAnswer;
  /** Whether an earlier request with the same code and key got the answer first. */
  readonly replayed: boolean;
  /** Whether RVS is to be asked again right away: it did not answer in time. */
  readonly checkDue: boolean;
}

/**
 * Exchanges a code for a session: claim, token, profile, account, commit. A new customer costs two writes, one
 * eventually consistent read and Amazon's two calls. The write that keeps the token overlaps the second call.
 *
 * @param precedence `started` when Amazon's token is held already.
 * @throws {Problem} as the contract lists them for `POST /v1/sessions/amazon`
 */
export async function signInWithAmazon(
  services: Services & Pick<ExchangeServices, "leftovers" | "exchanges">,
  request: AmazonSignIn,
  precedence: Precedence = "new",
): Promise<AmazonSignInResult> {
  const { telemetry } = services;
  using store = services.db.within(services.config.amazonDeadlineMs, precedence);
  const exchange = await telemetry.span("claim", () => claimCode(services, store, request));
  if ("result" in exchange || "answer" in exchange) {
    const answer = await telemetry.span(
      "replay",
      () => answerAgain(services, store, { request, done: exchange }),
    );
    return { answer, replayed: true, checkDue: false };
  }
  // Beside the calls for token and profile: it never keeps the customer waiting.
  using receipts = bringReceipts(services, request.purchases, request);
  services.exchanges?.add(exchange);
  try {
    const profile = await fetchProfile(services, store, { request, exchange });
    const claims = receipts?.claims() ?? null;
    const { checkDue, ...answer } = await telemetry.span(
      "commit",
      () => commitAnswer(services, store, { request, exchange, profile, claims }),
    );
    return { answer, replayed: false, checkDue };
  } catch (error) {
    await telemetry.span("release", () => exchange.release());
    throw error;
  } finally {
    services.exchanges?.delete(exchange);
  }
}

/**
 * Makes the answer of a done code again.
 *
 * @throws {Problem} `code_already_used` when the session is over or the account gone
 */
async function answerAgain(
  services: Services,
  store: Store,
  { request, done }: { readonly request: AmazonSignIn; readonly done: DoneCode },
): Promise<AmazonAnswer> {
  if ("answer" in done) return JSON.parse(done.answer);
  const { result } = done;
  if (result.outcome === "link_required") {
    const secret = deriveTicketSecret(services, request, result.key_id);
    return { outcome: "link_required", linkTicket: formatLinkTicket(result.account_id, secret) };
  }
  const signedIn = await replaySession(services, store, { kept: result, proof: proofOf(request) });
  if (signedIn === null) throw new Problem("code_already_used");
  const receiptIds = request.purchases?.receiptIds;
  const entitlements = receiptIds === undefined
    ? undefined
    : await showReceipts(services, store, { accountId: signedIn.account.id, receiptIds });
  return { outcome: "signed_in", signedIn, entitlements };
}

/** What a device has to know to get the answer of its code again. */
function proofOf({ code, idempotencyKey }: CodeRequest): SessionProof {
  return { purpose: "one_click", texts: [code, idempotencyKey ?? ""] };
}

/** @throws {MissingKeyProblem} */
function deriveTicketSecret(
  { keyring }: Pick<Services, "keyring">,
  { code, idempotencyKey }: CodeRequest,
  keyId: string,
): string {
  const secret = keyring.deriveSecret(keyId, "link ticket", [code, idempotencyKey ?? ""]);
  if (secret === null) throw new MissingKeyProblem(keyId);
  return secret;
}

/** Fetches the profile: with the token that an earlier request kept, or with a new token for the code. */
async function fetchProfile(
  { appstore, telemetry, config: { amazonDeadlineMs, keepRefreshToken } }: Pick<
    Services,
    "appstore" | "telemetry" | "config"
  >,
  { deadline }: Store,
  { request: { code, client, requestId }, exchange }: {
    readonly request: AmazonSignIn;
    readonly exchange: CodeExchange;
  },
): Promise<AmazonProfile> {
  const context: CallContext = { deadline, requestId, app: client.app };
  const fetchWith = (token: string) => telemetry.span("profile", () => appstore.fetchProfile(token, context));
  if (exchange.keptToken !== null) return await fetchWith(exchange.keptToken);
  // A token request that is cut short can spend the code and lose the token. Unspent, the code serves a retry.
  if (deadline.remaining <= appstore.enoughForToken(amazonDeadlineMs)) {
    const internal = "The claim of the code took too long to ask Amazon";
    throw new Problem("storage_unavailable", { retryAfter: 1, internal });
  }
  const token = await telemetry.span("token", () => appstore.exchangeCode(code, client, context));
  // The profile is asked for first, so that the token is sealed and written while Amazon works.
  const profile = fetchWith(token.value);
  exchange.keepToken(keepRefreshToken ? token : { ...token, refreshToken: null });
  return await profile;
}

/** Finds or creates the account, signs the device in and ends the exchange, in one commit. */
async function commitAnswer(
  services: Services,
  store: Store,
  { request, exchange, profile, claims }: {
    readonly request: AmazonSignIn;
    readonly exchange: CodeExchange;
    readonly profile: AmazonProfile;
    readonly claims: readonly ReceiptClaim[] | null;
  },
): Promise<AmazonAnswer & { readonly checkDue: boolean }> {
  const { keyring, clock } = services;
  const { codeHash } = exchange;
  const repeatable = request.idempotencyKey !== null;
  const key_id = keyring.firstId;
  const secret = () => repeatable ? deriveTicketSecret(services, request, key_id) : newSecret();
  const { left = null, ...committed } = await store.near.transact<CommittedAnswer>(async (batch) => {
    const at = clock.now();
    const receipts = claims === null ? null : new ReceiptReading(batch, keyring, claims);
    const ticket = { userId: profile.user_id, codeHash, at };
    const found = await findOrPutAccount(services, batch, { profile, device: request.device, receipts });
    if (found.is === "unknown") {
      const linkTicket = putLinkTicket(batch, { ...ticket, accountId: null, secret: secret() });
      await exchange.putRelease(batch);
      return { outcome: "profile_incomplete", linkTicket, prefill: prefillOf(profile), checkDue: false };
    }
    if (found.is === "email_of_other") {
      const linkTicket = putLinkTicket(batch, { ...ticket, accountId: found.id, secret: secret() });
      await exchange.putResult(batch, { outcome: "link_required", account_id: found.id, key_id });
      return { outcome: "link_required", linkTicket, checkDue: false };
    }
    const { refreshToken } = exchange;
    if (refreshToken !== null) {
      putRefreshToken(batch, found.account.id, {
        token: refreshToken,
        amazon_user_id: profile.user_id,
        app: request.client.app,
      });
    }
    const { created } = found.account;
    assertNotBlocked(found.account.record);
    const keepFree = created ? 1 : CHECKS_AFTER_RECEIPTS;
    const settled = await receipts?.put(services, { accountId: found.account.id, keepFree, at });
    const left = settled === undefined || claims === null || settled.left.length === 0
      ? null
      : { accountId: found.account.id, userId: profile.user_id, claims, settled };
    const told = left === null || created ? settled : await settleBefore(services, store, left);
    const signedIn = await putSession(services, batch, {
      account: found.account,
      method: "one_click",
      device: request.device,
      codeHash,
      app: request.client.app,
      events: happeningsOf(settled?.changes),
      derive: repeatable ? { keyring, proof: proofOf(request) } : undefined,
    });
    await exchange.putResult(batch, { outcome: "signed_in", ...repeatableOf(keyring, signedIn) });
    return {
      outcome: "signed_in",
      signedIn,
      entitlements: told?.entitlements.flatMap((entitlement) => entitlement ?? []),
      checkDue: told?.due ?? false,
      left: created ? left : null,
    };
  });
  if (left === null || committed.outcome !== "signed_in") return committed;
  const { entitlements } = await settleAfter(services, store, left);
  return { ...committed, entitlements };
}

/** The checks after those of the receipts: of the claim, and of a session that makes room for the new one. */
const CHECKS_AFTER_RECEIPTS = 2;

/** An answer, as its commit has made it. */
type CommittedAnswer = AmazonAnswer & {
  readonly checkDue: boolean;
  /** The receipts of a new customer for which the commit had no room. */
  readonly left?: LeftReceipts | null;
};

/** What the look-up of a customer has found. */
type FoundAccount =
  | { readonly is: "account"; readonly account: IdentifiedAccount & { readonly created: boolean } }
  /** Another account, by its id, has the customer's email. Nothing is written. */
  | { readonly is: "email_of_other"; readonly id: string }
  /** A new customer has no usable email. Nothing is written. */
  | { readonly is: "unknown" };

/** Finds the account of an Amazon customer, or writes a new one. */
async function findOrPutAccount(
  { keyring, clock, config }: Pick<Services, "keyring" | "clock" | "config">,
  batch: WriteBatch,
  { profile, device: { language }, receipts }: {
    readonly profile: AmazonProfile;
    readonly device: Device;
    /** The look-up of the receipts, which goes with the reads here. */
    readonly receipts: ReceiptReading | null;
  },
): Promise<FoundAccount> {
  const email = profile.email === null ? null : parseEmail(profile.email);
  const reader = receipts?.reader ?? batch;
  const owners = await findOwners(reader, keyring, { userId: profile.user_id, email });
  for (const index of owners.proofOfAmazonUser) batch.check(index);
  if (owners.ofAmazonUser !== null) {
    receipts?.readOf(owners.ofAmazonUser);
    const account = await getIndexedAccount(reader, owners.ofAmazonUser, { userId: profile.user_id });
    batch.check(account);
    return { is: "account", account: { id: owners.ofAmazonUser, record: account.value, created: false } };
  }
  if (email === null) return { is: "unknown" };
  for (const index of owners.proofOfEmail) batch.check(index);
  if (owners.ofEmail !== null) return { is: "email_of_other", id: owners.ofEmail };
  const nudgeAfterMs = config.mail === null ? 0 : config.passwordNudgeAfterMs;
  const customer = { ...profile, email, language };
  const account = putAmazonAccount(batch, customer, { owners, at: clock.now(), nudgeAfterMs });
  return { is: "account", account: { ...account, created: true } };
}

function prefillOf({ name, postal_code }: AmazonProfile): Prefill {
  return { ...(name === null ? {} : { name }), ...(postal_code === null ? {} : { postal_code }) };
}
