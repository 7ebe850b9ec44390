/**
 * Declares the objects that a device sends to the service and reads from it. They are declared by hand, so that an app
 * needs no other package for its types. `tests/lib/client/contract_test.ts` compares each one with the zod schema of
 * the service.
 *
 * @module
 */

/** A device's description of itself, which the service shows in the customer's list of devices. */
export interface Device {
  /** The customer's name for the device, up to 128 characters. */
  readonly name?: string | undefined;
  /** The maker's model name, up to 128 characters. */
  readonly model?: string | undefined;
  /** The operating system or engine, up to 128 characters. */
  readonly platform?: string | undefined;
  /** The language of the screen as a BCP 47 tag, up to 128 characters. Mails to the customer are written in it. */
  readonly language?: string | undefined;
}

/** One signed-in device. */
export interface Session {
  /** `ses_` and 32 hexadecimal digits. */
  readonly id: string;
  /** Time of the sign-in (RFC 3339, UTC). */
  readonly created_at: string;
  /** Time of the last use (RFC 3339, UTC), exact to a day. */
  readonly last_used_at: string;
  /** The device's description of itself at the sign-in. */
  readonly device: Device;
  /** True on the session that sends the request; absent on the others. */
  readonly current?: true | undefined;
}

/** A customer's account, as a sign-in returns it. */
export interface Account {
  /** `acc_` and 32 hexadecimal digits. */
  readonly id: string;
  /** Whether this sign-in created the account. If so, greet a new customer. */
  readonly created: boolean;
  /** The email that the customer typed, or that Amazon's profile holds. */
  readonly email: string;
  /** Whether the customer has proved that the email is theirs. */
  readonly email_verified: boolean;
  /** The customer's name; null when unknown. */
  readonly name: string | null;
  /** The customer's postal code; null when unknown. */
  readonly postal_code: string | null;
  /** `temporary` until the customer sets a password. */
  readonly password: "temporary" | "set";
  /** Whether one click signs in to the account. */
  readonly amazon_linked: boolean;
  /** Time of creation (RFC 3339, UTC). */
  readonly created_at: string;
}

/** The service's response to every successful sign-in. */
export interface SignedIn {
  /** The bearer token of this device, which is a secret. */
  readonly session_token: string;
  /** The scheme of the token (RFC 6750). */
  readonly token_type: "Bearer";
  /** Time of expiry (RFC 3339, UTC). The service extends it while the session is used. */
  readonly expires_at: string;
  /** Whole seconds from the sign-in to the expiry. */
  readonly expires_in: number;
  /** The session of this device. */
  readonly session: Session;
  /** The account that the session belongs to. */
  readonly account: Account;
  /** After a `link_ticket`: `kept` when the account has another Amazon customer, or that customer another account. */
  readonly link?: "linked" | "kept" | undefined;
}

/** The receipts of a device. */
export interface Purchases {
  /** `UserData.userId` of the Appstore user who has the receipts, up to 128 characters. */
  readonly user_id: string;
  /** 1 to 10 receipt ids, each up to 256 characters. */
  readonly receipts: string[];
}

/** What an account may use by one receipt. */
export interface Entitlement {
  /** The id of the receipt. */
  readonly receipt_id: string;
  /** The product; null while the receipt is not verified. */
  readonly sku: string | null;
  /** The term of a subscription. */
  readonly term_sku: string | null;
  /** `SUBSCRIPTION`, `ENTITLED` or `CONSUMABLE`. */
  readonly product_type: string | null;
  /** What the customer may do now: `active` and `grace` open the product. */
  readonly state: "active" | "grace" | "ended" | "unverified" | "invalid" | "elsewhere";
  /** Whether a free trial runs. */
  readonly trial: boolean;
  /** Whether the subscription renews itself. */
  readonly auto_renewing: boolean;
  /** Time of the first purchase (RFC 3339, UTC). */
  readonly purchased_at: string | null;
  /** Time of the next renewal (RFC 3339, UTC). */
  readonly renews_at: string | null;
  /** Time at which the access ends or has ended (RFC 3339, UTC). */
  readonly ends_at: string | null;
  /** `due` until the Appstore knows that the purchase was honoured. */
  readonly fulfillment: "due" | "done" | null;
  /** Whether the product was bought by Quick Subscribe. */
  readonly quick_subscribe: boolean;
  /** Whether this is a purchase of a test. */
  readonly test: boolean;
  /** Time of the last answer of Amazon (RFC 3339, UTC). */
  readonly verified_at: string | null;
}

/** A sign-in from a phone, as the service started it. */
export interface Activation {
  /** The secret by which this device asks for its session. */
  readonly device_code: string;
  /** The code that the customer types on the phone: `WDJB-MJHT`. */
  readonly user_code: string;
  /** The address that the customer opens on the phone. */
  readonly verification_uri: string;
  /** The same with the code in it. */
  readonly verification_uri_complete: string;
  /** Whole seconds that the code can be used. */
  readonly expires_in: number;
  /** Whole seconds between two questions of the device. */
  readonly interval: number;
  /** A picture of `verification_uri_complete` as a QR code: a `data:` URL that an image can show. */
  readonly qr_image: string;
}

/** A short-lived token for the app's other back ends. */
export interface AccessToken {
  /** A signed JWT. */
  readonly access_token: string;
  /** The scheme of the token (RFC 6750). */
  readonly token_type: "Bearer";
  /** Whole seconds that the token is valid. */
  readonly expires_in: number;
  /** Time of expiry (RFC 3339, UTC). */
  readonly expires_at: string;
}

/** The fields that a customer types to sign up. */
export interface SignUp {
  /** The email, up to 254 bytes. */
  readonly email: string;
  /** The password, 8 to 256 characters. */
  readonly password: string;
  /** The name, up to 256 characters. */
  readonly name?: string | undefined;
  /** The postal code, up to 32 characters. */
  readonly postal_code?: string | undefined;
  /** The ticket of a `profile_incomplete` problem. It links the Amazon customer, so that one click signs in afterwards. */
  readonly link_ticket?: string | undefined;
}

/** The fields that a customer types to sign in. */
export interface PasswordSignIn {
  /** The email of the account, in upper or lower case. */
  readonly email: string;
  /** The password, 1 to 256 characters. */
  readonly password: string;
  /** The ticket of a `sign_in_needed` result. It links the Amazon customer, so that one click signs in afterwards. */
  readonly link_ticket?: string | undefined;
}

/** The values that the sign-up screen can show filled in. */
export interface Prefill {
  /** The name in Amazon's profile. */
  readonly name?: string | undefined;
  /** The postal code in Amazon's profile. */
  readonly postal_code?: string | undefined;
}

/** The next step of a device after a problem. */
export type Next = "fix_request" | "retry" | "new_code" | "sign_in" | "sign_up" | "none";

/** The stable code of a problem. */
export type ProblemCode =
  | "invalid_request"
  | "payload_too_large"
  | "unsupported_media_type"
  | "code_rejected"
  | "code_in_progress"
  | "code_already_used"
  | "code_lost"
  | "link_required"
  | "consent_insufficient"
  | "profile_incomplete"
  | "upstream_rejected_client"
  | "upstream_unavailable"
  | "overloaded"
  | "upstream_invalid"
  | "invalid_credentials"
  | "invalid_session"
  | "email_taken"
  | "password_temporary"
  | "weak_password"
  | "link_ticket_invalid"
  | "registration_closed"
  | "account_blocked"
  | "authorization_pending"
  | "slow_down"
  | "access_denied"
  | "expired_token"
  | "receipt_rejected"
  | "receipt_unknown"
  | "notification_rejected"
  | "rate_limited"
  | "not_found"
  | "method_not_allowed"
  | "storage_unavailable"
  | "internal";

/** The service's response to a request that failed: problem details (RFC 9457). */
export interface Problem {
  /** URL of the page that explains this kind of problem. */
  readonly type: string;
  /** A short title, the same for every problem of a kind. */
  readonly title: string;
  /** The HTTP status of the response. */
  readonly status: number;
  /** An explanation for the developer of the app. */
  readonly detail: string;
  /** The stable code of this kind of problem. */
  readonly code: ProblemCode;
  /** The next step of the device. */
  readonly next: Next;
  /** The id by which the operator finds the request in the log. */
  readonly request_id: string;
  /** Each error of the request: a JSON pointer to its field, and a sentence. */
  readonly errors?: { path: string; message: string }[] | undefined;
  /** The link ticket of a `link_required` or `profile_incomplete` problem. */
  readonly link_ticket?: string | undefined;
  /** The profile values of a `profile_incomplete` problem. */
  readonly prefill?: Prefill | undefined;
}
