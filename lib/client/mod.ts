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
import { signInWithAmazon, tryLater } from "./amazon_sign_in.ts";
import type { PurchasingService } from "./appstore.ts";
import type { Device, PasswordSignIn, SignedIn, SignUp } from "./contract.ts";
import type { AmazonResult, PasswordResult } from "./results.ts";
import { type DeviceStorage, openStore } from "./store.ts";
import { type Clock, createSend, type Fetch, sessionOf } from "./transport.ts";

export type {
  NoConsentReason,
  PurchasingService,
  UserDataResponse,
  UserProfileAccessResponse,
} from "./appstore.ts";
export type {
  Account,
  Device,
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
  AmazonResult,
  ConsentUnavailable,
  PasswordResult,
  Refused,
  SignedInResult,
  SignInNeeded,
  SignUpNeeded,
  TryLater,
} from "./results.ts";
export type { DeviceStorage } from "./store.ts";
export type { Clock, Fetch } from "./transport.ts";

/** The options of {@linkcode createClient}. */
export interface ClientOptions {
  /** The service's URL: `https://`, without a slash at the end. */
  readonly service: string;
  /** Stores the pending code and the session. Both are secrets, so the storage must be private to the app. */
  readonly storage: DeviceStorage;
  /** The name of this app among the service's Amazon clients; the first by default. */
  readonly app?: string;
  /** The description of this device in the customer's list of devices. */
  readonly device?: Device;
  /** Origins of the app's other back ends. {@linkcode Client.fetch} may send the session token to them as well. */
  readonly origins?: readonly string[];
  /** Is called once when the service has ended the session. The app then shows its start screen. */
  readonly onSignedOut?: () => void;
  /** Sends requests; the engine's `fetch` by default. */
  readonly fetch?: Fetch;
  /** Source of time; the engine's timers by default. */
  readonly clock?: Clock;
}

/** The options of {@linkcode Client.fetch}. */
export interface AuthorizedInit extends RequestInit {
  /** Header values by name. */
  readonly headers?: Record<string, string>;
}

/**
 * The client of one device. Create one client for the app, as a client reads the storage only once. No method but
 * {@linkcode Client.fetch} rejects.
 */
export interface Client {
  /**
   * Signs the customer in by one click. Asks the Appstore for consent and a code, then the service for a session, and
   * retries for about half a minute where the service says so. Two calls at the same time share one run. A call after
   * the app was killed goes on with the stored code. A session of another Appstore user is removed, if one click made
   * it.
   */
  signInWithAmazon(service: PurchasingService): Promise<AmazonResult>;
  /** Creates an account with a password and signs in. Does not retry: after `try_later` the customer tries again. */
  signUp(customer: SignUp): Promise<PasswordResult>;
  /** Signs in by password. Does not retry, as `signUp`. */
  signIn(customer: PasswordSignIn): Promise<PasswordResult>;
  /** Returns the stored session of this device, or null. Sends no request. */
  session(): Promise<SignedIn | null>;
  /**
   * Signs out. The device forgets the session in any case.
   *
   * @returns Whether the service has ended the session. False: the service could not be reached, and the token stays
   * valid, though this device no longer has it.
   */
  signOut(): Promise<boolean>;
  /**
   * Sends a request with the session token. A 401 response is returned to the caller. The client then asks the
   * service whether the session has ended. If it has, the client forgets the session and calls `onSignedOut` once.
   *
   * @param url A path of the service, or a URL of one of `origins`.
   * @throws {TypeError} For a URL of any other origin, and when `fetch` fails.
   */
  fetch(url: string, init?: AuthorizedInit): Promise<Response>;
}

/** Creates the client of a device. */
export function createClient(options: ClientOptions): Client {
  const { service, storage, app, device, origins = [], onSignedOut } = options;
  const plainFetch: Fetch = options.fetch ?? ((url, init) => fetch(url, init));
  const clock = options.clock ?? engineClock;
  const store = openStore(storage);
  const send = createSend(service, { fetch: plainFetch, clock });
  let lastTurn: Promise<unknown> = Promise.resolve();
  let running: Promise<AmazonResult> | null = null;

  /** Runs the calls that change the session one after the other. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = lastTurn.then(work);
    lastTurn = turn.catch(() => {});
    return turn;
  }

  async function storedSession(): Promise<SignedIn | null> {
    const state = await store.load();
    return state?.kind === "session" ? state.session : null;
  }

  async function sendCredentials(path: string, customer: SignUp | PasswordSignIn): Promise<PasswordResult> {
    const response = await send({ method: "POST", path, body: { ...customer, device } });
    const session = sessionOf(response);
    if (session) {
      await store.save({ kind: "session", user: null, session });
      return { outcome: "signed_in", session, restored: false };
    }
    const problem = response.ok ? null : response.problem;
    if (!problem || problem.next === "retry") return tryLater(response);
    // The stored code would return the same spent ticket again.
    if (problem.next === "new_code") await store.save(null);
    return { outcome: "refused", problem };
  }

  async function signOut(): Promise<boolean> {
    const token = (await storedSession())?.session_token;
    const response = token ? await send({ method: "DELETE", path: "/v1/sessions/current", token }) : null;
    await store.save(null);
    return !response || response.ok || response.problem?.code === "invalid_session";
  }

  /** Asks the service whether the session has ended: a 401 may mean something else, or come from a faulty back end. */
  async function forgetIfEnded(token: string): Promise<void> {
    const response = await send({ method: "GET", path: "/v1/sessions/current", token });
    const ended = !response.ok && response.problem?.code === "invalid_session";
    if (ended && await store.forget(token)) onSignedOut?.();
  }

  return {
    signInWithAmazon(purchasing) {
      return running ??= inTurn(() =>
        signInWithAmazon({ store, send, clock, app, device }, purchasing).finally(() => running = null)
      );
    },
    signUp: (customer) => inTurn(() => sendCredentials("/v1/accounts", customer)),
    signIn: (customer) => inTurn(() => sendCredentials("/v1/sessions", customer)),
    session: storedSession,
    signOut: () => inTurn(signOut),
    async fetch(url, init = {}) {
      const target = url.startsWith("/") ? service + url : url;
      if (![service, ...origins].some((origin) => target.startsWith(`${origin}/`))) {
        throw new TypeError("Not a path of the service, nor a URL of one of the origins");
      }
      const token = (await storedSession())?.session_token;
      const headers = { ...init.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
      const response = await plainFetch(target, { ...init, headers });
      if (response.status === 401 && token) await forgetIfEnded(token);
      return response;
    },
  };
}

const engineClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
