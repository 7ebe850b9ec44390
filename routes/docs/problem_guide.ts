/**
 * What problems mean, and what an operator does about them.
 *
 * @module
 */
import type { ProblemCode } from "../../lib/base/problem.ts";

/** The explanation of a problem. Words between backticks are code. */
export interface Explanation {
  /** When it comes, and what has happened until then. */
  readonly means: string;
  /** What the operator of the service does. */
  readonly operator: string;
}

/** For problems that come in a day's work. */
const NOTHING = "Nothing. This is part of normal use";
const APP_BUG = "Nothing in the service. The developers of the app correct the request";
const RESTS = "Nothing while it is rare: it ends by itself";
const AMAZON =
  "Nothing while it is rare. The lines `upstream` of the log say what Amazon answered, with Amazon's own request id";

/** The explanation of each problem. */
export const PROBLEM_GUIDE: Readonly<Record<ProblemCode, Explanation>> = {
  invalid_request: {
    means:
      "A part of the request does not fit its schema. Nothing was changed, and nothing was sent to Amazon",
    operator: APP_BUG,
  },
  payload_too_large: {
    means: "The body has more than 16 KiB. It was not read to its end",
    operator: APP_BUG,
  },
  unsupported_media_type: {
    means: "The body is not sent as `application/json` in UTF-8, or it is compressed. It was not read",
    operator: APP_BUG,
  },
  code_rejected: {
    means:
      "Amazon says that the code is invalid, expired or revoked, or that it was issued to another client. It signs nobody in",
    operator:
      "If it comes with every code: compares the client of the app in the Amazon Developer Console with `AMAZON_CLIENT_ID`, or " +
      "with `AMAZON_CLIENTS` and the `app` that the devices send",
  },
  code_in_progress: {
    means: "Another request with this code is on its way to Amazon. A code must not be sent twice at once",
    operator: NOTHING,
  },
  code_already_used: {
    means:
      "The code has signed a device in, and this request lacks the `Idempotency-Key` of the first one, or comes after 10 minutes",
    operator:
      "Nothing. When it comes often, the app does not keep the key of a code, or sends old codes again",
  },
  code_lost: {
    means:
      "The code was sent to Amazon, and its answer never came. Amazon may have spent it, so it is not tried any further",
    operator: AMAZON,
  },
  link_required: {
    means:
      "The customer's Amazon profile has an email that another account has. Whether both are the same person, only the " +
      "password of that account tells",
    operator: NOTHING,
  },
  consent_insufficient: {
    means: "Amazon gave a token that may not read the profile, so the customer has not agreed to share it",
    operator:
      "If it comes with every customer: checks in the Amazon Developer Console that the app asks for the whole profile",
  },
  profile_incomplete: {
    means: "The customer's Amazon profile has no email that an account can have",
    operator: NOTHING,
  },
  upstream_rejected_client: {
    means:
      "Amazon does not accept the client id or the secret of this service. No one-click sign-in works for the app",
    operator:
      "Runs `deno task doctor`, and corrects `AMAZON_CLIENT_ID` and `AMAZON_CLIENT_SECRET`, or the entry of the app in " +
      "`AMAZON_CLIENTS`. The log has it as an error",
  },
  upstream_unavailable: {
    means: "Amazon is down, busy or too slow, and the code is still good",
    operator: AMAZON,
  },
  overloaded: {
    means:
      "The database or this instance has as much to do as it can. Nothing was done for this request, and no code was spent",
    operator:
      "Nothing while it passes. When it stays: more instances, or a database that takes more writes. " +
      "`MAX_SIGN_INS_IN_FLIGHT` is the most that an instance takes on",
  },
  upstream_invalid: {
    means: "Amazon answered something that its guide does not describe, so it was not used",
    operator:
      "Looks at the lines `upstream` of the log. When it comes with every code, Amazon has changed its answers: a newer " +
      "version of this service may know them",
  },
  invalid_credentials: {
    means:
      "The email or the password is wrong, or the customer has not set a password yet. The answer is one, so that nobody " +
      "learns who has an account. A deletion of the account and an unlinking of Amazon get it too, when the session needs " +
      "the password again",
    operator:
      "Nothing. Many of them from many addresses are an attack, which `PASSWORD_TRIES_PER_15_MINUTES` slows down",
  },
  invalid_session: {
    means: "There is no session with this token: it was signed out, has expired, or never was one",
    operator:
      "Nothing. If all devices are signed out at once, the service uses another database or other `DATA_KEYS` than before",
  },
  email_taken: { means: "Somebody wants to sign up with an email that has an account", operator: NOTHING },
  password_temporary: {
    means:
      "The account was made by one click and has no password of the customer yet. So there is none to change, and without " +
      "Amazon the customer could not sign in any more",
    operator:
      "Nothing, if `MAIL_URL` is set. Without mail the customer cannot get the link to choose a password",
  },
  weak_password: {
    means:
      "The password has fewer than 8 or more than 256 characters, or is easy to guess. Nothing was changed",
    operator: NOTHING,
  },
  link_ticket_invalid: {
    means:
      "The link ticket is unknown, older than 15 minutes, used, or for another account. Nobody was signed in and nothing was linked",
    operator: NOTHING,
  },
  registration_closed: {
    means: "Nobody signs up with email and password at present",
    operator: "Sets `REGISTRATION` to `open`, when sign-up is wanted",
  },
  account_blocked: {
    means: "The operator has blocked the account. The customer's data is kept",
    operator: "Unblocks the account with `deno task admin unblock`, when the reason is gone",
  },
  authorization_pending: {
    means: "The TV shows its code, and nobody has approved it on a phone yet",
    operator: NOTHING,
  },
  slow_down: {
    means: "The TV asked sooner than the interval that it was told",
    operator: "Nothing. When it comes often, the app does not wait as `Retry-After` says",
  },
  access_denied: {
    means: "The customer said on the phone that the TV shall not be signed in",
    operator: NOTHING,
  },
  expired_token: {
    means:
      "The activation is over: nobody approved it in time, too many passwords were wrong, or the TV has its answer already",
    operator: NOTHING,
  },
  receipt_rejected: {
    means:
      "Amazon does not confirm that this Appstore user has this receipt, or what it paid for is over. Nobody was signed in",
    operator:
      "If it comes with every receipt: checks `APPSTORE_SHARED_SECRET`, and `RVS_SANDBOX` when App Tester is used",
  },
  receipt_unknown: {
    means: "Amazon confirms the receipt, and no account has it yet",
    operator: NOTHING,
  },
  notification_rejected: {
    means:
      "A notification is not signed by Amazon SNS, or is from a topic that is not configured. It was not used",
    operator:
      "Compares `RTN_TOPIC_ARN` with the topic in the Amazon Developer Console. Strangers can cause it as well",
  },
  rate_limited: {
    means:
      "Too many requests, wrong passwords, unknown tokens or mails of one client or one account. Nothing was done",
    operator:
      "If it hits everybody at once: sets `TRUST_PROXY`, since behind a proxy that is not trusted all clients count as one. " +
      "The limits are `AMAZON_SIGN_INS_PER_MINUTE` and `PASSWORD_TRIES_PER_15_MINUTES`",
  },
  not_found: {
    means: "This service has no such path, the path is switched off, or what it names does not exist",
    operator:
      "Nothing, or sets what switches the path on: `RECEIPT_SIGN_IN`, `RTN_TOPIC_ARN` or `SIGNING_KEYS`",
  },
  method_not_allowed: {
    means: "The path exists, but not with this method. The header `Allow` names its methods",
    operator: APP_BUG,
  },
  storage_unavailable: {
    means:
      "The database did not answer in time, kept conflicting, or holds a record that this version cannot read. What was " +
      "asked for may have happened: the same request, sent again, finds that out",
    operator:
      `${RESTS}. Otherwise looks at \`/readyz\` and at the cause in the log, and runs \`deno task doctor\``,
  },
  internal: {
    means: "Something that nobody expected: a bug, which the log has with its cause",
    operator: "Finds the line `unexpected` in the log by the `request_id`, and reports it",
  },
};
