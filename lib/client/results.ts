/**
 * What a sign-in can come to.
 *
 * @module
 */
import type { Prefill, Problem, SignedIn } from "./contract.ts";
import type { NoConsentReason } from "./appstore.ts";

/** The customer is signed in. */
export interface SignedInResult {
  /** Which result this is. */
  readonly outcome: "signed_in";
  /** The service's answer: token, session and account. */
  readonly session: SignedIn;
  /** Whether the device was signed in before it asked. If not, and `account.created`, greet a new customer. */
  readonly restored: boolean;
}

/** One click cannot be offered: show the app's own sign-up and sign-in. */
export interface ConsentUnavailable {
  /** Which result this is. */
  readonly outcome: "consent_unavailable";
  /** No consent was given; this device's Appstore cannot share profiles; or it could not say. */
  readonly reason: NoConsentReason;
}

/** Another account has the customer's email: show the sign-in screen, and pass the ticket on to `signIn`. */
export interface SignInNeeded {
  /** Which result this is. */
  readonly outcome: "sign_in_needed";
  /** Links Amazon when the customer signs in; null when there is nothing to link. */
  readonly link_ticket: string | null;
  /** What the service said. */
  readonly problem: Problem;
}

/** Amazon's profile is not enough for an account: show the sign-up screen. */
export interface SignUpNeeded {
  /** Which result this is. */
  readonly outcome: "sign_up_needed";
  /** What the screen can show filled in. */
  readonly prefill: Prefill;
  /** What the service said. */
  readonly problem: Problem;
}

/** Nothing was lost: ask again after a while, at the next start of the app at the latest. */
export interface TryLater {
  /** Which result this is. */
  readonly outcome: "try_later";
  /** Whole seconds. */
  readonly retry_after: number;
  /** What the service said; null when it did not answer, or the Appstore was the one that could not. */
  readonly problem: Problem | null;
}

/** Asking again does not help: `problem` says what the customer, the developer or the operator has to change. */
export interface Refused {
  /** Which result this is. */
  readonly outcome: "refused";
  /** What the service said; `errors` in it has sentences for the customer. */
  readonly problem: Problem;
}

/** What `signInWithAmazon` comes to. */
export type AmazonResult =
  | SignedInResult
  | ConsentUnavailable
  | SignInNeeded
  | SignUpNeeded
  | TryLater
  | Refused;

/** What `signUp` and `signIn` come to. */
export type PasswordResult = SignedInResult | TryLater | Refused;
