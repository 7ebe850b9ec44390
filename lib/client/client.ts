/**
 * The client of one device, as an app sees it.
 *
 * @module
 */
import type { ActivateOptions } from "./activation.ts";
import type { PurchasingService, UserDataResponse } from "./appstore.ts";
import type { Clock } from "./clock.ts";
import type { Device, PasswordSignIn, SignedIn, SignUp } from "./contract.ts";
import type { ActivationResult, AmazonResult, PasswordResult, SyncResult } from "./results.ts";
import type { DeviceStorage } from "./store.ts";
import type { Fetch } from "./transport.ts";

/** The options of `createClient`. */
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
