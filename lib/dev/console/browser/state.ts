/**
 * Declares the bodies of the console's endpoints. Used in the browser and in the service.
 *
 * @module
 */
import type { Entitlement } from "../../../client/mod.ts";
import type { TimelineEvent } from "./events.ts";

/** An account, decrypted and as KV holds it. */
export interface StoredAccount {
  /** The decrypted record. */
  readonly record: Readonly<Record<string, unknown>>;
  /** What the account may use. */
  readonly entitlements: readonly Entitlement[];
  /** The account's entries in KV, unchanged. */
  readonly entries: readonly { readonly key: string; readonly value: unknown }[];
}

/** A mail in the console's list. */
export interface MailSummary {
  /** The id of the mail in the mailbox. */
  readonly id: string;
  /** The subject. */
  readonly subject: string;
  /** The recipients. */
  readonly to: readonly string[];
}

/** A purchase, as the Appstore has it. */
export interface SoldReceipt {
  /** The receipt id. */
  readonly id: string;
  /** What the Appstore knows of it; the names are those of Amazon's RVS. */
  readonly purchased: {
    /** The next renewal, in milliseconds since the epoch. */
    readonly renewalDate: number | null;
    /** The end of the access. */
    readonly cancelDate: number | null;
    /** The end of the grace period. */
    readonly gracePeriodEndDate: number | null;
    /** What a device has told the Appstore. */
    readonly fulfillmentResult: string | null;
  };
}

/** What can happen to a receipt at the press of a button, with the button's text. */
export const RECEIPT_BUTTONS = {
  renew: "Renew",
  fail: "Payment fails",
  recover: "Payment works again",
  cancel: "Cancel",
  refund: "Refund",
} as const;

/** The body of `GET /dev/state`: the state of the service for one visit to the console. */
export interface ConsoleState {
  /** The events that the visit caused in the service. */
  readonly events: readonly TimelineEvent[];
  /** The account that is signed in on the TV; null when nobody is. */
  readonly account: StoredAccount | null;
  /** The newest mails. */
  readonly mails: readonly MailSummary[];
  /** What this visit has bought. */
  readonly receipts: readonly SoldReceipt[];
  /** The time of the service, in milliseconds since the epoch. */
  readonly now: number;
}

/** The body of the response to `POST /dev/before`. */
export interface Prepared {
  /** The email of an account that was created with a password. */
  readonly email?: string | undefined;
  /** The password of the same account. */
  readonly password?: string | undefined;
  /** The ids of the receipts that the customer has. */
  readonly receipts: readonly string[];
}
