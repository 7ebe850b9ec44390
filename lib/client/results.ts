/**
 * The possible results of a sign-in.
 *
 * @module
 */
import type { Entitlement, Prefill, Problem, SignedIn } from "./contract.ts";
import type { NoConsentReason } from "./appstore.ts";

/** What a sign-in from a phone takes over from the try before: pass it to `activate`. */
export interface ActivationOffer {
  /** Links the Amazon customer to the account of the phone. */
  readonly link_ticket?: string | undefined;
  /** The values that the page on the phone shows filled in. */
  readonly prefill?: Prefill | undefined;
}

/** The customer is signed in. */
export interface SignedInResult {
  /** Tells this result from the others. */
  readonly outcome: "signed_in";
  /** The service's response: token, session and account. */
  readonly session: SignedIn;
  /** Whether the device was signed in already. Greet a new customer when it was not, and `account.created` is true. */
  readonly restored: boolean;
  /** What the account may use, of this device's receipts. Absent when no receipt was sent: call `syncPurchases`. */
  readonly entitlements?: readonly Entitlement[];
}

/** The app cannot offer one click: show the code for a phone, and the app's own sign-up and sign-in. */
export interface ConsentUnavailable {
  /** Tells this result from the others. */
  readonly outcome: "consent_unavailable";
  /** The customer gave no consent, this device's Appstore cannot share profiles, or the Appstore failed. */
  readonly reason: NoConsentReason;
  /** Signs the customer in without a keyboard: pass it to `activate`. */
  readonly activation: ActivationOffer;
}

/** Another account has the customer's email: show the code for a phone, or pass the ticket on to `signIn`. */
export interface SignInNeeded {
  /** Tells this result from the others. */
  readonly outcome: "sign_in_needed";
  /** Links the Amazon customer when the customer signs in; null when there is nothing to link. */
  readonly link_ticket: string | null;
  /** Signs the customer in without a keyboard, and links: pass it to `activate`. */
  readonly activation: ActivationOffer;
  /** The service's problem response. */
  readonly problem: Problem;
}

/** Amazon's profile is not enough for an account: show the code for a phone, or the sign-up screen. */
export interface SignUpNeeded {
  /** Tells this result from the others. */
  readonly outcome: "sign_up_needed";
  /** The values that the sign-up screen can show filled in. */
  readonly prefill: Prefill;
  /** Links the Amazon customer when the customer signs up; null when there is nothing to link. */
  readonly link_ticket: string | null;
  /** Signs the customer up without a keyboard: pass it to `activate`. */
  readonly activation: ActivationOffer;
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

/** The result of `activate`. */
export type ActivationResult = PasswordResult;

/** The device's receipts were sent. */
export interface Synced {
  /** Tells this result from the others. */
  readonly outcome: "synced";
  /** What the account may use, of this device's receipts. */
  readonly entitlements: readonly Entitlement[];
}

/** There is no session to which receipts could belong. */
export interface SignedOut {
  /** Tells this result from the others. */
  readonly outcome: "signed_out";
}

/** The result of `syncPurchases`. */
export type SyncResult = Synced | SignedOut | TryLater | Refused;
