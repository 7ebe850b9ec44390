/**
 * The device's side of Oneclick. A TV app imports this module and runs the guide's whole flow with one call. The module
 * has no dependency. It needs `fetch`, `setTimeout` and a storage, and runs on Hermes (React Native for Vega), in
 * browsers and in Deno.
 *
 * @example
 * ```ts ignore
 * const oneclick = createClient({ service: "https://signin.example", storage: AsyncStorage });
 * const result = await oneclick.signInWithAmazon(PurchasingService);
 * if (result.outcome === "signed_in") greet(result.session.account.name);
 * ```
 *
 * @module
 */
import { createAccessTokens } from "./access_tokens.ts";
import { activate } from "./activation.ts";
import { signInWithAmazon } from "./amazon_sign_in.ts";
import type { PurchasingService, UserDataResponse } from "./appstore.ts";
import { createAuthorizedFetch, withoutSlash } from "./authorized_fetch.ts";
import type { Client, ClientOptions } from "./client.ts";
import { createInterrupt, engineClock, type RunningInterrupt } from "./clock.ts";
import type { SignedIn } from "./contract.ts";
import { guarded, steadyClock } from "./foreign.ts";
import { createPasswordCalls } from "./password_sign_in.ts";
import { tryLater } from "./patience.ts";
import { syncPurchases } from "./purchases.ts";
import type { ActivationResult, AmazonResult, PasswordResult, SyncResult } from "./results.ts";
import { createSessionKeeper } from "./session_keeper.ts";
import { openStore } from "./store.ts";
import { createSend, type Fetch } from "./transport.ts";

export type { ActivateOptions, ActivationCode, StopSignal } from "./activation.ts";
export type {
  NoConsentReason,
  PurchaseUpdatesResponse,
  PurchasingService,
  UserDataResponse,
  UserProfileAccessResponse,
} from "./appstore.ts";
export type { AmazonOptions, AuthorizedInit, Client, ClientOptions } from "./client.ts";
export type { Clock } from "./clock.ts";
export type {
  Account,
  Activation,
  Device,
  Entitlement,
  Next,
  PasswordSignIn,
  Prefill,
  Problem,
  ProblemCode,
  Session,
  SignedIn,
  SignUp,
} from "./contract.ts";
export type {
  ActivationOffer,
  ActivationResult,
  AmazonResult,
  ConsentUnavailable,
  PasswordResult,
  Refused,
  SignedInResult,
  SignedOut,
  SignInNeeded,
  SignUpNeeded,
  Synced,
  SyncResult,
  TryLater,
} from "./results.ts";
export type { DeviceStorage } from "./store.ts";
export type { Fetch } from "./transport.ts";

/** Creates the client of a device. */
export function createClient(options: ClientOptions): Client {
  const { storage, app, device, onSignedOut } = options;
  const service = withoutSlash(options.service);
  const plainFetch: Fetch = options.fetch ?? ((url, init) => fetch(url, init));
  const clock = options.clock ? steadyClock(options.clock, engineClock) : engineClock;
  const store = openStore(storage, clock);
  const send = createSend(service, { fetch: plainFetch, clock });
  const keeper = createSessionKeeper({ store, send, onSignedOut });
  const passwords = createPasswordCalls({ send, store, device, keep: keeper.keep });
  const accessTokens = createAccessTokens({ send, clock, onRefused: keeper.forget });
  const authorizedFetch = createAuthorizedFetch(service, options, {
    fetch: plainFetch,
    keeper,
    accessTokens,
  });
  let lastTurn: Promise<unknown> = Promise.resolve();
  let oneClick: { readonly result: Promise<AmazonResult>; readonly interrupt: RunningInterrupt } | null =
    null;

  /** Runs the calls that change the session one after the other. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = lastTurn.then(work);
    lastTurn = turn.catch(() => {});
    return turn;
  }

  /** Runs a call that decides anew who is signed in. It does not wait for a one click that waits for the Appstore. */
  function insteadOfOneClick<T>(work: () => Promise<T>): Promise<T> {
    oneClick?.interrupt.request();
    oneClick = null;
    return inTurn(work);
  }

  function startOneClick(purchasing: PurchasingService, userData?: UserDataResponse): Promise<AmazonResult> {
    const interrupt = createInterrupt();
    const context = { store, send, clock, app, device, interrupt };
    const result = inTurn(() => signInWithAmazon(context, purchasing, userData)).finally(() => {
      if (oneClick?.interrupt === interrupt) oneClick = null;
    });
    oneClick = { result, interrupt };
    return result;
  }

  async function sync(purchasing: PurchasingService): Promise<SyncResult> {
    const token = (await keeper.stored())?.session_token;
    if (!token) return { outcome: "signed_out" };
    const result = await syncPurchases({ send, clock }, purchasing, token);
    if (result.outcome !== "refused" || result.problem.code !== "invalid_session") return result;
    await keeper.forget(token);
    return { outcome: "signed_out" };
  }

  return {
    signInWithAmazon: (purchasing, amazonOptions) =>
      guarded<AmazonResult>(
        () => oneClick?.result ?? startOneClick(purchasing, amazonOptions?.userData),
        tryLater(),
      ),
    syncPurchases: (purchasing) => guarded<SyncResult>(() => sync(purchasing), tryLater()),
    activate: (activateOptions) => {
      const keep = (session: SignedIn) => insteadOfOneClick(() => keeper.keep(session));
      const context = { store, send, clock, device, keep };
      return guarded<ActivationResult>(() => activate(context, activateOptions), tryLater());
    },
    signUp: (customer) =>
      guarded<PasswordResult>(() => insteadOfOneClick(() => passwords.signUp(customer)), tryLater()),
    signIn: (customer) =>
      guarded<PasswordResult>(() => insteadOfOneClick(() => passwords.signIn(customer)), tryLater()),
    session: keeper.stored,
    async accessToken() {
      const session = (await keeper.stored())?.session_token;
      return session ? await accessTokens.get(session) : null;
    },
    signOut: () => insteadOfOneClick(keeper.signOut),
    fetch: authorizedFetch,
  };
}
