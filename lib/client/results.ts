/**
 * The possible results of a sign-in.
 *
 * @module
 */
import type { Prefill, Problem, SignedIn } from "./contract.ts";
import type { NoConsentReason } from "./appstore.ts";

/** The customer is signed in. */
export interface SignedInResult {
  /** Tells this result from the others. */
  readonly outcome: "signed_in";
  /** The service's response: token, session and account. */
  readonly session: SignedIn;
  /** Whether the device was signed in already. Greet a new customer when it was not, and `account.created` is true. */
  readonly restored: boolean;
}

/** The app cannot offer one click: show the app's own sign-up and sign-in. */
export interface ConsentUnavailable {
  /** Tells this result from the others. */
  readonly outcome: "consent_unavailable";
  /** The customer gave no consent, this device's Appstore cannot share profiles, or the Appstore failed. */
  readonly reason: NoConsentReason;
}

/** Another account has the customer's email: show the sign-in screen, and pass the ticket on to `signIn`. */
export interface SignInNeeded {
  /** Tells this result from the others. */
  readonly outcome: "sign_in_needed";
  /** Links the Amazon customer when the customer signs in; null when there is nothing to link. */
  readonly link_ticket: string | null;
  /** The service's problem response. */
  readonly problem: Problem;
}

/** Amazon's profile is not enough for an account: show the sign-up screen. */
export interface SignUpNeeded {
  /** Tells this result from the others. */
  readonly outcome: "sign_up_needed";
  /** The values that the sign-up screen can show filled in. */
  readonly prefill: Prefill;
  /** The service's problem response. */
  readonly problem: Problem;
}

/** Nothing is lost: try again after a while, at the latest when the app starts next. */
export interface TryLater {
  /** Tells this result from the others. */
  readonly outcome: "try_later";
  /** Whole seconds to wait before the next try. */
  readonly retry_after: number;
  /** The service's problem response; null when the service did not respond, or when the Appstore was unavailable. */
  readonly problem: Problem | null;
}

/** Another try does not help: `problem` says what the customer, the developer or the operator has to change. */
export interface Refused {
  /** Tells this result from the others. */
  readonly outcome: "refused";
  /** The service's problem response. Its `errors` hold sentences for the customer. */
  readonly problem: Problem;
}

/** The result of `signInWithAmazon`. */
export type AmazonResult =
  | SignedInResult
  | ConsentUnavailable
  | SignInNeeded
  | SignUpNeeded
  | TryLater
  | Refused;

/** The result of `signUp` and `signIn`. */
export type PasswordResult = SignedInResult | TryLater | Refused;
