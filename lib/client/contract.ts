/**
 * The service's objects as a device reads and sends them. They are written out here, so that an app needs no other
 * package for its types; `tests/lib/client/contract_test.ts` holds each of them against the zod schema that validates it.
 *
 * @module
 */

/** A device as it describes itself; shown in the customer's list of devices. */
export interface Device {
  /** What the customer calls it, up to 128 characters. */
  readonly name?: string | undefined;
  /** What the maker calls it, up to 128 characters. */
  readonly model?: string | undefined;
  /** What it runs, up to 128 characters. */
  readonly platform?: string | undefined;
}

/** One device that is signed in. */
export interface Session {
  /** `ses_` and 32 hexadecimal digits. */
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly created_at: string;
  /** RFC 3339, UTC; exact to a day. */
  readonly last_used_at: string;
  /** As it described itself when it signed in. */
  readonly device: Device;
  /** Present on the session that asks. */
  readonly current?: true | undefined;
}

/** A customer's account, as a sign-in shows it. */
export interface Account {
  /** `acc_` and 32 hexadecimal digits. */
  readonly id: string;
  /** Whether this sign-in made the account: greet a new customer. */
  readonly created: boolean;
  /** As it was typed, or as Amazon has it. */
  readonly email: string;
  /** Whether anybody has shown that the email is theirs. */
  readonly email_verified: boolean;
  /** Null where nobody gave one. */
  readonly name: string | null;
  /** Null where nobody gave one. */
  readonly postal_code: string | null;
  /** `temporary` until the customer sets one. */
  readonly password: "temporary" | "set";
  /** Whether one click signs in to it. */
  readonly amazon_linked: boolean;
  /** RFC 3339, UTC. */
  readonly created_at: string;
}

/** The answer to every successful sign-in. */
export interface SignedIn {
  /** The bearer secret of this device. */
  readonly session_token: string;
  /** How the token is presented (RFC 6750). */
  readonly token_type: "Bearer";
  /** RFC 3339, UTC; the service moves it on while the session is used. */
  readonly expires_at: string;
  /** Whole seconds from the sign-in. */
  readonly expires_in: number;
  /** This device. */
  readonly session: Session;
  /** Whose session it is. */
  readonly account: Account;
}

/** What a customer types to sign up. */
export interface SignUp {
  /** Up to 254 bytes. */
  readonly email: string;
  /** 8 to 256 characters. */
  readonly password: string;
  /** Up to 256 characters. */
  readonly name?: string | undefined;
  /** Up to 32 characters. */
  readonly postal_code?: string | undefined;
}

/** What a customer types to sign in. */
export interface PasswordSignIn {
  /** As it was given at sign-up, in any case. */
  readonly email: string;
  /** 1 to 256 characters. */
  readonly password: string;
  /** Of a `sign_in_needed`: links that Amazon customer, so that one click is enough from then on. */
  readonly link_ticket?: string | undefined;
}

/** What the sign-up screen can show filled in. */
export interface Prefill {
  /** The name as Amazon has it. */
  readonly name?: string | undefined;
  /** The postal code as Amazon has it. */
  readonly postal_code?: string | undefined;
}

/** What a device does after a problem. */
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
  | "upstream_invalid"
  | "invalid_credentials"
  | "invalid_session"
  | "email_taken"
  | "password_temporary"
  | "weak_password"
  | "link_ticket_invalid"
  | "already_linked"
  | "registration_closed"
  | "rate_limited"
  | "not_found"
  | "method_not_allowed"
  | "storage_unavailable"
  | "internal";

/** A failure as the service tells it (RFC 9457). */
export interface Problem {
  /** URL of what this kind of problem means. */
  readonly type: string;
  /** The same for every problem of a kind. */
  readonly title: string;
  /** The HTTP status once more. */
  readonly status: number;
  /** What happened, for a developer. */
  readonly detail: string;
  /** Its stable code. */
  readonly code: ProblemCode;
  /** What a device does. */
  readonly next: Next;
  /** What the operator finds it by in the log. */
  readonly request_id: string;
  /** Each fault of the request: a JSON pointer to it, and a sentence. */
  readonly errors?: { path: string; message: string }[] | undefined;
  /** The ticket of a `link_required`. */
  readonly link_ticket?: string | undefined;
  /** What a `profile_incomplete` has. */
  readonly prefill?: Prefill | undefined;
}
