/**
 * The main job: a code in, a session out.
 *
 * @module
 */
import { findOwners, stageAmazonAccount } from "../accounts/accounts.ts";
import { parseEmail } from "../base/email.ts";
import { stageLinkTicket } from "../accounts/linking.ts";
import { Deadline } from "../base/clock.ts";
import type { ReadOptions, Transaction } from "../kv/database.ts";
import { ACCOUNT, type Device } from "../kv/schema.ts";
import { type Prefill, Problem } from "../base/problem.ts";
import type { Services } from "../services.ts";
import { type SignedIn, stageSession } from "../sessions/sessions.ts";
import type { AmazonProfile } from "../amazon/endpoints.ts";
import type { AmazonClient, CallContext } from "../amazon/appstore.ts";
import { claimCode, type CodeExchange } from "./code_exchange.ts";

/** A one-click sign-in as a device asks for it, validated. */
export interface AmazonSignIn {
  /** The Appstore's code, 1 to 2048 bytes. */
  readonly code: string;
  /** 16 to 255 visible ASCII characters; null when the device sent none. */
  readonly idempotencyKey: string | null;
  /** The Amazon client that the code was issued to. */
  readonly client: AmazonClient;
  /** What the session is for. */
  readonly device: Device;
  /** Of the HTTP request, for the log. */
  readonly requestId: string;
}

/** What a code came to: a session, or the ticket to link it with the account that has the customer's email. */
export type AmazonAnswer =
  | { readonly outcome: "signed_in"; readonly signedIn: SignedIn }
  | { readonly outcome: "link_required"; readonly linkTicket: string };

/** An answer, and whether it was given before. */
export interface AmazonSignInResult {
  /** What the code came to. */
  readonly answer: AmazonAnswer;
  /** Whether an earlier request with the same code and key got it first. */
  readonly replayed: boolean;
}

const MOST_COMMITS = 20;

/**
 * Exchanges a code for a session: claim, token, profile, account, commit. On the way of a new customer are two
 * writes, one eventually consistent read and Amazon's two calls; keeping the token overlaps the second call.
 *
 * @throws {Problem} as the contract lists them for `POST /v1/sessions/amazon`
 */
export async function signInWithAmazon(
  services: Services,
  request: AmazonSignIn,
): Promise<AmazonSignInResult> {
  using deadline = new Deadline(services.clock, services.config.amazonDeadlineMs);
  const context = { deadline, requestId: request.requestId, app: request.client.app };

  const exchange = await claimCode(services, request, deadline);
  if ("replayed" in exchange) return { answer: JSON.parse(exchange.replayed), replayed: true };
  try {
    const token = exchange.keptToken;
    const profile = token === null
      ? await exchangeForProfile(services, request, { exchange, ...context })
      : await services.appstore.fetchProfile(token, context);
    return {
      answer: await commitAnswer(services, request, { exchange, profile, deadline }),
      replayed: false,
    };
  } catch (error) {
    await exchange.release();
    throw error;
  }
}

async function exchangeForProfile(
  services: Services,
  { code, client }: AmazonSignIn,
  { exchange, ...context }: { exchange: CodeExchange } & CallContext,
): Promise<AmazonProfile> {
  // The claim took so long that the code would be at risk; it is still good for a retry.
  if (context.deadline.remaining <= services.appstore.leastTokenMs) {
    throw new Problem("storage_unavailable", { retryAfter: 1 });
  }
  const token = await services.appstore.exchangeCode(code, client, context);
  // Sent first, so that the token is sealed and kept while Amazon works.
  const profile = services.appstore.fetchProfile(token.value, context);
  exchange.keepToken(token, context.deadline);
  return await profile;
}

/**
 * Finds or creates the account and commits everything at once. The first try trusts a near replica; when a check
 * fails, someone else was faster or the replica was behind, and the next try reads from the primary.
 */
async function commitAnswer(
  services: Services,
  request: AmazonSignIn,
  { exchange, profile, deadline }: { exchange: CodeExchange; profile: AmazonProfile; deadline: Deadline },
): Promise<AmazonAnswer> {
  for (let tries = 1; tries <= MOST_COMMITS; tries++) {
    const consistency = tries === 1 ? "eventual" : "strong";
    const tx = services.db.transaction();
    const answer = await stageAnswer(services, tx, {
      request,
      exchange,
      profile,
      read: { consistency, deadline },
    });
    if (answer === null) continue;
    exchange.stageAnswer(tx, JSON.stringify(answer));
    if (await services.db.commit(tx, deadline) !== null || await exchange.refresh(deadline)) return answer;
  }
  throw new Problem("storage_unavailable", { retryAfter: 1 });
}

/** Decides what the customer gets and stages it; null when what was read does not hold together. */
async function stageAnswer(
  services: Services,
  tx: Transaction,
  { request, exchange, profile, read }: {
    request: AmazonSignIn;
    exchange: Pick<CodeExchange, "codeHash">;
    profile: AmazonProfile;
    read: ReadOptions;
  },
): Promise<AmazonAnswer | null> {
  const { db, clock, config } = services;
  const at = clock.now();
  const signIn = (account: Parameters<typeof stageSession>[1]): AmazonAnswer => ({
    outcome: "signed_in",
    signedIn: stageSession(tx, account, {
      device: request.device,
      codeHash: exchange.codeHash,
      at,
      ttlMs: config.sessionTtlMs,
    }),
  });
  const email = profile.email === null ? null : parseEmail(profile.email);
  const owners = await findOwners(services, { userId: profile.user_id, email }, read);
  for (const index of owners.indexes) tx.check(index);

  if (owners.ofAmazonUser !== null) {
    const account = await db.get(ACCOUNT, [owners.ofAmazonUser], read);
    tx.check(account);
    return account.value && signIn({ id: owners.ofAmazonUser, record: account.value, created: false });
  }
  if (email === null) {
    // No commit will check what was read here, so only the primary may say that the customer is new.
    if (read.consistency === "eventual") return null;
    throw new Problem("profile_incomplete", { prefill: prefillOf(profile) });
  }
  if (owners.ofEmail !== null) {
    const link = { userId: profile.user_id, accountId: owners.ofEmail, at };
    return { outcome: "link_required", linkTicket: stageLinkTicket(tx, link) };
  }
  const nudgeAfterMs = config.mail === null ? 0 : config.passwordNudgeAfterMs;
  const account = stageAmazonAccount(tx, { ...profile, email }, { owners, at, nudgeAfterMs });
  return signIn({ ...account, created: true });
}

function prefillOf({ name, postal_code }: AmazonProfile): Prefill {
  return { ...(name === null ? {} : { name }), ...(postal_code === null ? {} : { postal_code }) };
}
