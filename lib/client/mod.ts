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
import { activate, type ActivateOptions } from "./activation.ts";
import { signInWithAmazon } from "./amazon_sign_in.ts";
import type { PurchasingService, UserDataResponse } from "./appstore.ts";
import { type Clock, createInterrupt, type RunningInterrupt } from "./clock.ts";
import type { Device, PasswordSignIn, SignedIn, SignUp } from "./contract.ts";
import { guarded, steadyClock, tell } from "./foreign.ts";
import { newIdempotencyKey } from "./idempotency_key.ts";
import { tryLater } from "./patience.ts";
import { syncPurchases } from "./purchases.ts";
import type {
  ActivationResult,
  AmazonResult,
  PasswordResult,
  SignedInResult,
  SyncResult,
} from "./results.ts";
import { type DeviceStorage, openStore, withoutSession } from "./store.ts";
import { createSend, type Fetch, sessionOf } from "./transport.ts";

export type { ActivateOptions, ActivationCode, StopSignal } from "./activation.ts";
export type {
  NoConsentReason,
  PurchaseUpdatesResponse,
  PurchasingService,
  UserDataResponse,
  UserProfileAccessResponse,
} from "./appstore.ts";
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

/** The options of {@linkcode createClient}. */
export interface ClientOptions {
  /** The service's URL: `https://`, with or without a slash at the end. */
  readonly service: string;
  /** Stores the pending code and the session. Both are secrets, so the storage must be private to the app. */
  readonly storage: DeviceStorage;
  /** The name of this app among the service's Amazon clients; the first by default. */
  readonly app?: string;
  /** The description of this device in the customer's list of devices. */
  readonly device?: Device;
  /** Origins of the app's other back ends. {@linkcode Client.fetch} may send a token to them as well. */
  readonly origins?: readonly string[];
  /**
   * The token that `origins` get. `session` is the session token itself. `access` is a short-lived access token, which a
   * back end checks without asking the service. `session` by default.
   */
  readonly originToken?: "session" | "access";
  /** Is called once when the service has ended the session. The app then shows its start screen. */
  readonly onSignedOut?: () => void;
  /** Sends requests; the engine's `fetch` by default. */
  readonly fetch?: Fetch;
  /** Source of time; the engine's timers by default. */
  readonly clock?: Clock;
}

/** The options of {@linkcode Client.signInWithAmazon}. */
export interface AmazonOptions {
  /**
   * The answer that the app has had from `getUserData` already, as the hook `useIapUserData` gives it. The Appstore tells
   * the consent once, so it must not be asked again.
   */
  readonly userData?: UserDataResponse | undefined;
}

/** The options of {@linkcode Client.fetch}. */
export interface AuthorizedInit extends RequestInit {
  /** Header values by name. */
  readonly headers?: Record<string, string>;
}

/**
 * The client of one device. Create one client for the app, as a client reads the storage only once. No method but
 * {@linkcode Client.fetch} rejects. No method waits for ever, also when Appstore, storage or network stay silent.
 */
export interface Client {
  /**
   * Signs the customer in by one click. Asks the Appstore for consent and a code, then the service for a session, and
   * retries for about half a minute where the service says so. Sends the device's receipts with the code, and tells the
   * Appstore which purchases are honoured. Without consent it tries a receipt, if the service allows that.
   *
   * Two calls at the same time share one run. A call after the app was killed goes on where the last one was. A session of
   * another Appstore user is removed, if one click made it. `signIn`, `signUp` and `signOut` end a run that still waits
   * for the Appstore; it then returns `try_later`.
   */
  signInWithAmazon(service: PurchasingService, options?: AmazonOptions): Promise<AmazonResult>;
  /** Sends the device's receipts, and fulfils what is due. Call it at each start of the app with a session. */
  syncPurchases(service: PurchasingService): Promise<SyncResult>;
  /**
   * Signs in from a phone: shows a code by `onCode`, and asks the service until the customer has approved this device.
   * Goes on with the same code after the app was killed.
   */
  activate(options: ActivateOptions): Promise<ActivationResult>;
  /** Creates an account with a password and signs in. Does not retry: after `try_later` the customer tries again. */
  signUp(customer: SignUp): Promise<PasswordResult>;
  /** Signs in by password. Does not retry, as `signUp`. */
  signIn(customer: PasswordSignIn): Promise<PasswordResult>;
  /** Returns the stored session of this device, or null. Sends no request. */
  session(): Promise<SignedIn | null>;
  /**
   * Returns an access token for the app's other back ends, and renews it before it ends. Null: there is no session, or the
   * service gives none now.
   */
  accessToken(): Promise<string | null>;
  /**
   * Signs out. The device forgets the session in any case.
   *
   * @returns Whether the service has ended the session. False: the service could not be reached, and the token stays
   * valid, though this device no longer has it.
   */
  signOut(): Promise<boolean>;
  /**
   * Sends a request with the session token, or with an access token to one of `origins`, see `originToken`. A 401 response
   * is returned to the caller at once. The client then asks the service whether the session has ended. If it has, the
   * client forgets the session and calls `onSignedOut` once.
   *
   * @param url A path of the service, or a URL of one of `origins`.
   * @throws {TypeError} For a URL of any other origin, and when `fetch` fails.
   */
  fetch(url: string, init?: AuthorizedInit): Promise<Response>;
}

/** Creates the client of a device. */
export function createClient(options: ClientOptions): Client {
  const { storage, app, device, originToken = "session", onSignedOut } = options;
  const service = withoutSlash(options.service);
  const origins = (options.origins ?? []).map(withoutSlash);
  const plainFetch: Fetch = options.fetch ?? ((url, init) => fetch(url, init));
  const clock = options.clock ? steadyClock(options.clock, engineClock) : engineClock;
  const store = openStore(storage, clock);
  const send = createSend(service, { fetch: plainFetch, clock });
  const accessTokens = createAccessTokens({ send, clock, onRefused: forget });
  let lastTurn: Promise<unknown> = Promise.resolve();
  let oneClick: { readonly result: Promise<AmazonResult>; readonly interrupt: RunningInterrupt } | null =
    null;
  let unsettledSignUp: { readonly body: string; readonly key: string } | null = null;

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

  async function storedSession(): Promise<SignedIn | null> {
    const state = await store.load();
    return state?.kind === "session" ? state.session : null;
  }

  async function keepSession(session: SignedIn): Promise<SignedInResult> {
    const consent = withoutSession(await store.load());
    await store.save({ kind: "session", user: null, session, ...(consent ? { consent } : {}) });
    return { outcome: "signed_in", session, restored: false };
  }

  async function sendCredentials(
    path: string,
    customer: SignUp | PasswordSignIn,
    key?: string,
  ): Promise<PasswordResult> {
    const body = { ...customer, device };
    const response = await send({ method: "POST", path, body, ...(key ? { key } : {}) });
    const session = sessionOf(response);
    if (session) return await keepSession(session);
    const problem = response.ok ? null : response.problem;
    if (!problem || problem.next === "retry") return tryLater(response);
    // The stored code would return the same spent ticket again.
    if (problem.next === "new_code") await store.save(withoutSession(await store.load()));
    return { outcome: "refused", problem };
  }

  /** Signs up. The same words after a lost response have the same key, so the customer gets the same session. */
  async function signUp(customer: SignUp): Promise<PasswordResult> {
    const body = JSON.stringify(customer);
    const key = unsettledSignUp?.body === body ? unsettledSignUp.key : newIdempotencyKey();
    unsettledSignUp = { body, key };
    const result = await sendCredentials("/v1/accounts", customer, key);
    if (result.outcome !== "try_later") unsettledSignUp = null;
    return result;
  }

  async function signOut(): Promise<boolean> {
    const token = (await storedSession())?.session_token;
    const response = token ? await send({ method: "DELETE", path: "/v1/sessions/current", token }) : null;
    await store.save(withoutSession(await store.load()));
    return !response || response.ok || response.problem?.code === "invalid_session";
  }

  /** Asks the service whether the session has ended: a 401 may mean something else, or come from a faulty back end. */
  async function forgetIfEnded(token: string): Promise<void> {
    const response = await send({ method: "GET", path: "/v1/sessions/current", token });
    if (!response.ok && response.problem?.code === "invalid_session") await forget(token);
  }

  async function forget(token: string): Promise<void> {
    if (!await store.forget(token)) return;
    tell(() => onSignedOut?.());
  }

  async function sync(purchasing: PurchasingService): Promise<SyncResult> {
    const token = (await storedSession())?.session_token;
    if (!token) return { outcome: "signed_out" };
    const result = await syncPurchases({ send, clock }, purchasing, token);
    if (result.outcome !== "refused" || result.problem.code !== "invalid_session") return result;
    await forget(token);
    return { outcome: "signed_out" };
  }

  async function authorizedFetch(url: string, init: AuthorizedInit = {}): Promise<Response> {
    const target = url.startsWith("/") ? service + url : url;
    const ofService = target.startsWith(`${service}/`);
    if (!ofService && !origins.some((origin) => target.startsWith(`${origin}/`))) {
      throw new TypeError("Not a path of the service, nor a URL of one of the origins");
    }
    const session = (await storedSession())?.session_token;
    const withAccessToken = session && !ofService && originToken === "access";
    const token = withAccessToken ? await accessTokens.get(session) : session;
    const headers = { ...init.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    const response = await plainFetch(target, { ...init, headers });
    if (response.status === 401 && session) {
      if (token && withAccessToken) accessTokens.drop(token);
      // The caller does not wait for the answer of another server.
      tell(() => forgetIfEnded(session));
    }
    return response;
  }

  return {
    signInWithAmazon: (purchasing, amazonOptions) =>
      guarded<AmazonResult>(
        () => oneClick?.result ?? startOneClick(purchasing, amazonOptions?.userData),
        tryLater(),
      ),
    syncPurchases: (purchasing) => guarded<SyncResult>(() => sync(purchasing), tryLater()),
    activate: (activateOptions) => {
      const keep = (session: SignedIn) => insteadOfOneClick(() => keepSession(session));
      const context = { store, send, clock, device, keep };
      return guarded<ActivationResult>(() => activate(context, activateOptions), tryLater());
    },
    signUp: (customer) =>
      guarded<PasswordResult>(() => insteadOfOneClick(() => signUp(customer)), tryLater()),
    signIn: (customer) =>
      guarded<PasswordResult>(
        () => insteadOfOneClick(() => sendCredentials("/v1/sessions", customer)),
        tryLater(),
      ),
    session: storedSession,
    async accessToken() {
      const session = (await storedSession())?.session_token;
      return session ? await accessTokens.get(session) : null;
    },
    signOut: () => insteadOfOneClick(signOut),
    fetch: authorizedFetch,
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

const engineClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
