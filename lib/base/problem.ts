/**
 * Problems: the failures that a caller is told about (RFC 9457, problem details). Each has a stable code, an HTTP status
 * and a word that tells a device what to do next.
 *
 * @module
 */

/** What a device does next, so that it need not read prose. */
export type Next = "fix_request" | "retry" | "new_code" | "sign_in" | "sign_up" | "none";

interface ProblemType {
  readonly status: number;
  readonly next: Next;
  readonly title: string;
  /** The sentence for the developer of an app. */
  readonly detail: string;
}

/** All problems, by their stable codes. */
export const PROBLEMS = {
  invalid_request: {
    status: 400,
    next: "fix_request",
    title: "The request does not fit its schema",
    detail: "`errors` names each fault. Nothing was sent to Amazon",
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
    detail:
      "The code is invalid, expired or revoked, or it was issued to another client: ask the Appstore for a new code",
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
    detail: "Only a request with the Idempotency-Key of the first one gets the answer again, for 10 minutes",
  },
  code_lost: {
    status: 502,
    next: "new_code",
    title: "Amazon's answer to this code was lost",
    detail: "Amazon may have spent the code, but its answer never came: ask the Appstore for a new code",
  },
  link_required: {
    status: 409,
    next: "sign_in",
    title: "Another account has this email",
    detail: "Sign in to that account with its password and the link_ticket: this links Amazon to it",
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
    detail:
      "Offer the default sign-up, filled in with the fields of `prefill`, and send the link_ticket with it",
  },
  upstream_rejected_client: {
    status: 502,
    next: "none",
    title: "Amazon does not accept the set-up of this service",
    detail: "The operator has to correct the Amazon client of this app",
  },
  upstream_unavailable: {
    status: 503,
    next: "retry",
    title: "Amazon cannot be reached at the moment",
    detail: "Send the same request again after Retry-After seconds",
  },
  overloaded: {
    status: 503,
    next: "retry",
    title: "The service has as much to do as it can",
    detail: "Nothing was done for this request. Send the same request again after Retry-After seconds",
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
    title: "The email or the password is wrong",
    detail: "Ask the customer for both again, or offer a mailed link by POST /v1/password-resets",
  },
  invalid_session: {
    status: 401,
    next: "sign_in",
    title: "The session token is missing, unknown, expired or revoked",
    detail: "Send the session token as Authorization: Bearer, or sign in again",
  },
  email_taken: {
    status: 409,
    next: "sign_in",
    title: "An account with this email exists",
    detail: "Sign in with the password of that account, or offer a mailed link by POST /v1/password-resets",
  },
  password_temporary: {
    status: 409,
    next: "none",
    title: "The customer has not set a password yet",
    detail: "The customer sets a first password through the link that POST /v1/password-resets mails",
  },
  weak_password: {
    status: 422,
    next: "fix_request",
    title: "The password is too easy to guess",
    detail: "`errors` says why: ask the customer for another password",
  },
  link_ticket_invalid: {
    status: 400,
    next: "new_code",
    title: "The link ticket is not valid",
    detail:
      "The ticket is unknown, used before, expired or for another account: exchange a new code to get a new ticket",
  },
  registration_closed: {
    status: 403,
    next: "none",
    title: "Sign-up is turned off",
    detail: "One-click sign-in and sign-in by password stay open",
  },
  account_blocked: {
    status: 403,
    next: "none",
    title: "The account is blocked",
    detail: "The operator of the app has blocked the account: nobody signs in to it",
  },
  authorization_pending: {
    status: 400,
    next: "retry",
    title: "Nobody has approved this activation yet",
    detail: "Show the code, and ask again after Retry-After seconds",
  },
  slow_down: {
    status: 400,
    next: "retry",
    title: "This activation was asked about too soon",
    detail: "The interval is 5 seconds longer from now on: ask again after Retry-After seconds",
  },
  access_denied: {
    status: 400,
    next: "sign_in",
    title: "The customer has denied this activation",
    detail: "Tell the customer so, and offer the ways to sign in again",
  },
  expired_token: {
    status: 400,
    next: "sign_in",
    title: "This activation has ended",
    detail: "It is unknown or over, or its answer is too old: start a new activation",
  },
  receipt_rejected: {
    status: 400,
    next: "sign_in",
    title: "Amazon does not confirm this receipt",
    detail: "The receipt is none of this Appstore user, or it is not active any more: sign in in another way",
  },
  receipt_unknown: {
    status: 404,
    next: "sign_up",
    title: "No account has this receipt",
    detail: "Amazon confirms the receipt: sign up, and send it with POST /v1/purchases",
  },
  notification_rejected: {
    status: 403,
    next: "none",
    title: "The notification is not from the configured topic",
    detail: "Its signature or its topic is not the configured one",
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
    title: "This path does not exist",
    detail: "/openapi.json lists the paths of this service",
  },
  method_not_allowed: {
    status: 405,
    next: "none",
    title: "This path does not have that method",
    detail: "The header Allow names the methods of this path",
  },
  storage_unavailable: {
    status: 503,
    next: "retry",
    title: "The database cannot be used at the moment",
    detail: "Send the same request again after Retry-After seconds",
  },
  internal: {
    status: 500,
    next: "retry",
    title: "Something went wrong here",
    detail: "The operator finds the cause in the log by the request_id",
  },
} as const satisfies Record<string, ProblemType>;

/** The stable code of a problem. */
export type ProblemCode = keyof typeof PROBLEMS;

/** One fault in a request. */
export interface FieldError {
  /** Where the fault is: a JSON pointer (RFC 6901) into the body, or the name of the header or parameter. */
  readonly path: string;
  /** What is wrong. It never holds the value itself. */
  readonly message: string;
}

/** Fields that an app can fill in on its sign-up screen. */
export interface Prefill {
  /** The name as Amazon has it. */
  readonly name?: string;
  /** The postal code as Amazon has it. */
  readonly postal_code?: string;
}

/** What a problem says beyond its code. `internal` and `cause` are for the log alone. */
export interface ProblemDetails {
  /** The public sentence, in place of the one of the code. It holds no secret and no personal data. */
  readonly detail?: string | undefined;
  /** Whole seconds until the same request may be sent again. */
  readonly retryAfter?: number | undefined;
  /** The faults of an `invalid_request` or a `weak_password`. */
  readonly errors?: readonly FieldError[] | undefined;
  /** The ticket of a `link_required` or a `profile_incomplete`. */
  readonly link_ticket?: string | undefined;
  /** The known fields of a `profile_incomplete`. */
  readonly prefill?: Prefill | undefined;
  /** The sentence for the log. It holds no secret and no personal data. */
  readonly internal?: string | undefined;
  /** The error behind the problem. The log gets its name and code, never its message. */
  readonly cause?: unknown;
}

/**
 * A failure that a caller is told about. Any function of `lib/` may throw one; `routes/` turns it into
 * `application/problem+json`. It has two texts: `message` for the caller, and `details.internal` for the log.
 *
 * @example
 * ```ts
 * throw new Problem("code_in_progress", { retryAfter: 3 });
 * ```
 */
export class Problem extends Error {
  /** The class name, for the log. */
  override name = "Problem";
  /** The stable code. */
  readonly code: ProblemCode;
  /** What the problem says beyond its code. */
  readonly details: ProblemDetails;

  /** Takes the public sentence from `details.detail`, or from {@linkcode PROBLEMS}. */
  constructor(code: ProblemCode, details: ProblemDetails = {}) {
    super(details.detail ?? PROBLEMS[code].detail, { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  /** The HTTP status of the response. */
  get status(): (typeof PROBLEMS)[ProblemCode]["status"] {
    return PROBLEMS[this.code].status;
  }
}
