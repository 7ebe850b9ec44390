/**
 * The scopes of counted tries: what is counted against whom, and how often.
 *
 * @module
 */
import type { Email } from "../base/email.ts";

/** The treatment of the tries of one kind. */
export interface Scope {
  /** Whether earlier windows count until a success; otherwise only when they were used up. */
  readonly untilSuccess: boolean;
  /** The tries of one window; null: as many as the operator configured. */
  readonly limit: number | null;
  /** Tries in a row that double no window. 0 by default. */
  readonly free?: number;
  /** How often a window doubles at most. Up to 4 hours by default. */
  readonly mostDoublings?: number;
  /** Whether a window that is used up refuses nothing: {@linkcode CountedTry.over} tells of it. */
  readonly tells?: true;
  /** Whether the count is written after a wrong password alone. */
  readonly onFailure?: true;
  /** Whether a success is remembered, so that the counts of the account alone do not hold. */
  readonly remembers?: true;
  /** Whether the count does not hold for an address that {@linkcode Scope.remembers} remembers. */
  readonly sparesKnown?: true;
}

const DOUBLES_TO_AN_HOUR = 2;

/**
 * The scopes, each counted by itself.
 * @internal
 */
export const SCOPES = {
  /** Sign-ins to the account of an email from one address, whether or not the account exists. Named by both. */
  sign_in_pair: { untilSuccess: true, limit: null, remembers: true },
  /** Sign-ins to the account of an email, whether or not the account exists. Named by the canonical email. */
  sign_in_account: {
    untilSuccess: true,
    limit: null,
    free: 100,
    mostDoublings: DOUBLES_TO_AN_HOUR,
    sparesKnown: true,
  },
  /** Sign-ins from a client address. Many people can share one, so the passwords that they mistype do not add up. */
  sign_in_address: { untilSuccess: false, limit: null, onFailure: true },
  /** Sign-ups from a client address, successful or not. */
  sign_up_address: { untilSuccess: false, limit: null },
  /** Password changes by a signed-in customer. Named by the account id, so no stranger can use these tries up. */
  change_password: { untilSuccess: true, limit: null },
  /** Forms that are sent again with a link that was used. Named by the account id. */
  used_link: { untilSuccess: true, limit: 10 },
  /**
   * Requested mails with a password link, whether or not the account exists. Named by the canonical email and the
   * address.
   */
  password_reset: { untilSuccess: true, limit: 3 },
  /** Requested mails with a deletion link. Counted apart, so that they keep nobody from a password link. */
  account_deletion: { untilSuccess: true, limit: 3 },
  /**
   * Requested mails of one kind to one email, from any address. When there were enough, the last link stays good: a window
   * is not longer than the life of a link.
   */
  mails_of_email: { untilSuccess: true, limit: 3, mostDoublings: DOUBLES_TO_AN_HOUR, tells: true },
  /** Requested mails with a link that approves a TV. Named by the canonical email and the address. */
  activation_mail: { untilSuccess: true, limit: 3 },
  /** The same from any address. Named by the canonical email. */
  activation_mail_email: { untilSuccess: true, limit: 10, mostDoublings: DOUBLES_TO_AN_HOUR },
  /** Requested changes of email. Named by the account id. */
  email_change: { untilSuccess: true, limit: 3 },
  /** Requested mails with a link that proves the present email. Named by the account id. */
  email_verification: { untilSuccess: true, limit: 3 },
  /** Requested mails with a link, from a client address. */
  mail_address: { untilSuccess: false, limit: 20 },
  /** Codes of TVs that were typed from a client address, as long as they are not found. */
  user_code: { untilSuccess: false, limit: 30 },
} as const satisfies Readonly<Record<string, Scope>>;

/** A subject that a try is counted against. */
export interface TrySubject {
  /** The kind of try. */
  readonly scope: keyof typeof SCOPES;
  /** The account or the client address; only its HMAC is stored. */
  readonly name: string;
}

/** Returns the name of an account's email and a client address together. */
export function pairOf(email: Email, client: string): string {
  return JSON.stringify([email.canonical, client]);
}

/** Returns the treatment of the tries against a subject. */
export function scopeOf({ scope }: TrySubject): Scope {
  return SCOPES[scope];
}
