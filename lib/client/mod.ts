/**
 * The device's side of Oneclick: what a TV app imports, so that the guide's whole flow is one call. No dependency;
 * it needs `fetch`, `setTimeout` and a storage, and runs on Hermes (React Native for Vega), in browsers and in Deno.
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

/** What a client is made of. */
export interface ClientOptions {
  /** The service's URL: `https://`, without a slash at the end. */
  readonly service: string;
  /** Where the code under way and the session are kept: private to the app, as both are secrets. */
  readonly storage: DeviceStorage;
  /** Which of the service's Amazon clients this app is; the first by default. */
  readonly app?: string;
  /** How this device shows in the customer's list of devices. */
  readonly device?: Device;
  /** Origins of the app's other back ends, which {@linkcode Client.fetch} may send the session's token to. */
  readonly origins?: readonly string[];
  /** Called once when the service has ended the session: show the start screen. */
  readonly onSignedOut?: () => void;
  /** The engine's by default. */
  readonly fetch?: Fetch;
  /** The engine's timers by default. */
  readonly clock?: Clock;
}

/** A request with the session's token. */
export interface AuthorizedInit extends RequestInit {
  /** By name. */
  readonly headers?: Record<string, string>;
}

/**
 * A device's side of the service. Make one for the app: what it remembers is read once. No method but
 * {@linkcode Client.fetch} rejects.
 */
export interface Client {
  /**
   * Signs the customer in by one click: asks the Appstore for consent and code, and the service for a session, again
   * where it says so, for about half a minute. Called twice at the same time it runs once; called again after the app
   * was killed it goes on where it was. A session that one click made for another customer of the device is forgotten.
   */
  signInWithAmazon(service: PurchasingService): Promise<AmazonResult>;
  /** Makes an account with a password and signs in to it. Sent once: after `try_later` the customer tries again. */
  signUp(customer: SignUp): Promise<PasswordResult>;
  /** Signs in by password. Sent once, as `signUp`. */
  signIn(customer: PasswordSignIn): Promise<PasswordResult>;
  /** The session of this device as it was given, or null. Asks nobody. */
  session(): Promise<SignedIn | null>;
  /**
   * Signs out: the device forgets the session in any case.
   *
   * @returns Whether the service has ended it; if not, it could not be reached, and the token lives on unused.
   */
  signOut(): Promise<boolean>;
  /**
   * `fetch` with the session's token. A 401 is given to the caller, and the service is asked whether the session has
   * ended; if so it is forgotten, and `onSignedOut` called once.
   *
   * @param url A path of the service, or a URL of one of `origins`.
   * @throws {TypeError} for a URL of any other origin, and when `fetch` fails
   */
  fetch(url: string, init?: AuthorizedInit): Promise<Response>;
}

/** Makes the client of a device. */
export function createClient(options: ClientOptions): Client {
  const { service, storage, app, device, origins = [], onSignedOut } = options;
  const ask: Fetch = options.fetch ?? ((url, init) => fetch(url, init));
  const clock = options.clock ?? engineClock;
  const store = openStore(storage);
  const send = createSend(service, { fetch: ask, clock });
  let last: Promise<unknown> = Promise.resolve();
  let running: Promise<AmazonResult> | null = null;

  /** What changes the session goes one after the other. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  }

  async function current(): Promise<SignedIn | null> {
    const state = await store.load();
    return state?.kind === "session" ? state.session : null;
  }

  async function withPassword(path: string, customer: SignUp | PasswordSignIn): Promise<PasswordResult> {
    const answer = await send({ method: "POST", path, body: { ...customer, device } });
    const session = sessionOf(answer);
    if (session) {
      await store.save({ kind: "session", user: null, session });
      return { outcome: "signed_in", session, restored: false };
    }
    const problem = answer.ok ? null : answer.problem;
    if (!problem || problem.next === "retry") return tryLater(answer);
    // The code would give the same ticket again.
    if (problem.next === "new_code") await store.save(null);
    return { outcome: "refused", problem };
  }

  async function signOut(): Promise<boolean> {
    const token = (await current())?.session_token;
    const answer = token ? await send({ method: "DELETE", path: "/v1/sessions/current", token }) : null;
    await store.save(null);
    return !answer || answer.ok || answer.problem?.code === "invalid_session";
  }

  /** A 401 may be about something else, or come from a back end that is wrong: the service decides. */
  async function forgetIfEnded(token: string): Promise<void> {
    const answer = await send({ method: "GET", path: "/v1/sessions/current", token });
    const ended = !answer.ok && answer.problem?.code === "invalid_session";
    if (ended && await store.forget(token)) onSignedOut?.();
  }

  return {
    signInWithAmazon(purchasing) {
      return running ??= inTurn(() =>
        signInWithAmazon({ store, send, clock, app, device }, purchasing).finally(() => running = null)
      );
    },
    signUp: (customer) => inTurn(() => withPassword("/v1/accounts", customer)),
    signIn: (customer) => inTurn(() => withPassword("/v1/sessions", customer)),
    session: current,
    signOut: () => inTurn(signOut),
    async fetch(url, init = {}) {
      const target = url.startsWith("/") ? service + url : url;
      if (![service, ...origins].some((origin) => target.startsWith(`${origin}/`))) {
        throw new TypeError("Not a path of the service, nor a URL of one of the origins");
      }
      const token = (await current())?.session_token;
      const headers = { ...init.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
      const response = await ask(target, { ...init, headers });
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
