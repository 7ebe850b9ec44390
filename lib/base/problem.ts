/**
 * Everything that can go wrong for a caller: the stable codes of the contract, each with its HTTP status and what
 * a device should do next (RFC 9457 problem details).
 *
 * @module
 */

/** What a device does after a problem, without reading prose. */
export type Next = "fix_request" | "retry" | "new_code" | "sign_in" | "sign_up" | "none";

interface ProblemType {
  readonly status: number;
  readonly next: Next;
  readonly title: string;
  /** What the developer of an app should know of it. */
  readonly detail: string;
}

/** Every problem, by its stable code. */
export const PROBLEMS = {
  invalid_request: {
    status: 400,
    next: "fix_request",
    title: "The request does not fit its schema",
    detail: "`errors` names every fault. Nothing was sent to Amazon",
  },
  payload_too_large: {
    status: 413,
    next: "fix_request",
    title: "The body is too large",
    detail: "A body may have up to 16 KiB",
  },
  unsupported_media_type: {
    status: 415,
    next: "fix_request",
    title: "The body is not JSON",
    detail: "Send the body with Content-Type: application/json",
  },
  code_rejected: {
    status: 400,
    next: "new_code",
    title: "Amazon does not accept this code",
    detail: "It is invalid, expired, revoked or was issued to another client: ask the Appstore for a new one",
  },
  code_in_progress: {
    status: 409,
    next: "retry",
    title: "Another request is exchanging this code",
    detail: "Send the same request again after Retry-After seconds",
  },
  code_already_used: {
    status: 409,
    next: "new_code",
    title: "This code was used before",
    detail: "Only the Idempotency-Key of its first request gets the answer again, for 10 minutes",
  },
  code_lost: {
    status: 502,
    next: "new_code",
    title: "Amazon's answer to this code was lost",
    detail: "Amazon may have spent the code, but its answer never came: ask the Appstore for a new one",
  },
  link_required: {
    status: 409,
    next: "sign_in",
    title: "Another account has this email",
    detail: "Sign in to that account by its password with the link_ticket, and Amazon is linked to it",
  },
  consent_insufficient: {
    status: 403,
    next: "sign_up",
    title: "The customer's consent does not cover the profile",
    detail: "Offer the default sign-up",
  },
  profile_incomplete: {
    status: 422,
    next: "sign_up",
    title: "The customer's profile has no usable email",
    detail: "Offer the default sign-up, with what `prefill` has",
  },
  upstream_rejected_client: {
    status: 502,
    next: "none",
    title: "Amazon does not accept this service's set-up",
    detail: "The operator has to mend the Amazon client of this app",
  },
  upstream_unavailable: {
    status: 503,
    next: "retry",
    title: "Amazon cannot be reached just now",
    detail: "Send the same request again after Retry-After seconds",
  },
  upstream_invalid: {
    status: 502,
    next: "new_code",
    title: "Amazon's answer is not what its guide describes",
    detail: "Ask the Appstore for a new code",
  },
  invalid_credentials: {
    status: 401,
    next: "sign_in",
    title: "Email and password do not go together",
    detail: "Ask the customer for both again, or offer a mailed link by POST /v1/password-resets",
  },
  invalid_session: {
    status: 401,
    next: "sign_in",
    title: "The session token is missing, unknown, expired or revoked",
    detail: "Send it as Authorization: Bearer, or sign in again",
  },
  email_taken: {
    status: 409,
    next: "sign_in",
    title: "An account with this email exists",
    detail: "Sign in to it with its password, or offer a mailed link by POST /v1/password-resets",
  },
  password_temporary: {
    status: 409,
    next: "none",
    title: "The customer has not set a password yet",
    detail: "A first password is set through the link that POST /v1/password-resets mails",
  },
  weak_password: {
    status: 422,
    next: "fix_request",
    title: "The password is too easy to guess",
    detail: "`errors` says why: ask the customer for another one",
  },
  link_ticket_invalid: {
    status: 400,
    next: "new_code",
    title: "The link ticket is not valid",
    detail: "It is unknown, used, expired or for another account: exchange a new code for a new ticket",
  },
  already_linked: {
    status: 409,
    next: "none",
    title: "The account or the Amazon customer is linked already",
    detail: "An account has at most one Amazon customer, who has at most one account: unlink the other first",
  },
  registration_closed: {
    status: 403,
    next: "none",
    title: "Sign-up is turned off",
    detail: "One-click sign-in and sign-in by password stay open",
  },
  rate_limited: {
    status: 429,
    next: "retry",
    title: "Too many requests",
    detail: "Send the same request again after Retry-After seconds",
  },
  not_found: {
    status: 404,
    next: "none",
    title: "There is nothing here",
    detail: "See /openapi.json for what there is",
  },
  method_not_allowed: {
    status: 405,
    next: "none",
    title: "This path does not have that method",
    detail: "Allow names those that it has",
  },
  storage_unavailable: {
    status: 503,
    next: "retry",
    title: "The database cannot be reached just now",
    detail: "Send the same request again after Retry-After seconds",
  },
  internal: {
    status: 500,
    next: "retry",
    title: "Something went wrong here",
    detail: "The operator finds more under the request_id",
  },
} as const satisfies Record<string, ProblemType>;

/** The stable code of a problem. */
export type ProblemCode = keyof typeof PROBLEMS;

/** One fault in a request: a JSON pointer to it and what is wrong. */
export interface FieldError {
  /** JSON pointer (RFC 6901) into the body; or the name of the header or parameter. */
  readonly path: string;
  /** What is wrong there. Never the value itself. */
  readonly message: string;
}

/** What a customer can be asked to confirm on the sign-up screen instead of typing it. */
export interface Prefill {
  /** The name as Amazon has it. */
  readonly name?: string;
  /** The postal code as Amazon has it. */
  readonly postal_code?: string;
}

/** What a problem says beyond its code. */
export interface ProblemDetails {
  /** Instead of the sentence that is said of every problem with this code. Holds no secret, no personal data. */
  readonly detail?: string | undefined;
  /** Whole seconds after which the same request may be sent again. */
  readonly retryAfter?: number | undefined;
  /** The faults of an `invalid_request` or a `weak_password`. */
  readonly errors?: readonly FieldError[] | undefined;
  /** The ticket of a `link_required`. */
  readonly link_ticket?: string | undefined;
  /** The known fields of a `profile_incomplete`. */
  readonly prefill?: Prefill | undefined;
}

/**
 * A failure that the caller is told about. Thrown anywhere in `lib/`; `routes/` turns it into
 * `application/problem+json`.
 *
 * @example
 * ```ts
 * throw new Problem("code_in_progress", { retryAfter: 3 });
 * ```
 */
export class Problem extends Error {
  /** What a log calls it. */
  override name = "Problem";
  /** The stable code. */
  readonly code: ProblemCode;
  /** What it says beyond its code. */
  readonly details: ProblemDetails;

  /** Takes its message from `details.detail`, or from {@linkcode PROBLEMS}. */
  constructor(code: ProblemCode, details: ProblemDetails = {}) {
    super(details.detail ?? PROBLEMS[code].detail);
    this.code = code;
    this.details = details;
  }

  /** The HTTP status of the answer. */
  get status(): (typeof PROBLEMS)[ProblemCode]["status"] {
    return PROBLEMS[this.code].status;
  }
}
