/**
 * The main job: one-click sign-in, from a code of the Appstore to a session.
 *
 * @module
 */
import { bringReceipts } from "../accounts/brought_receipts.ts";
import type { CallContext } from "../amazon/appstore.ts";
import type { AmazonProfile } from "../amazon/endpoints.ts";
import { Problem } from "../base/problem.ts";
import type { Precedence } from "../kv/admission.ts";
import type { Store } from "../kv/store.ts";
import type { Services } from "../services.ts";
import { claimCode } from "./code_claim.ts";
import type { CodeExchange, ExchangeServices } from "./code_exchange.ts";
import { type AmazonAnswer, type AmazonSignIn, answerAgain } from "./one_click_answer.ts";
import { commitAnswer } from "./one_click_commit.ts";

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
