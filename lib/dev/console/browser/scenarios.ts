/**
 * Defines the scenarios of the console. Runs in the browser and in the service.
 *
 * @module
 */

/** What the Appstore knows of the customer's consent. `used_up`: given, and asked for already. */
export type Consent = "given" | "used_up" | "none";

/** What uses the consent up: the question for its status, or the one for a code. Amazon's pages leave that open. */
export type ConsentReading = "status" | "code";

/** The methods of the Appstore. One of them can stay silent. */
export const APPSTORE_METHODS = [
  "getUserData",
  "requestUserProfileAccess",
  "getPurchaseUpdates",
  "notifyFulfillment",
] as const;

/** One of {@linkcode APPSTORE_METHODS}. */
export type AppstoreMethod = (typeof APPSTORE_METHODS)[number];

/** What the customer has done before the scenario. */
export type Before = "nothing" | "signed_in" | "signed_up" | "subscribed" | "forgot";

/** A scenario: something that can happen to a customer who opens the app. */
export interface Scenario {
  /** The id, as in the URL `/dev#new`. */
  readonly id: string;
  /** The title in the list. */
  readonly title: string;
  /** One line on what to look at. */
  readonly hint: string;
  /** The name of one of the simulator's customers. On the page another one can be chosen. */
  readonly customer: string;
  /** The customer's consent in the Appstore. */
  readonly consent: Consent;
  /** The method of the Appstore that never answers; null when all do. */
  readonly silent: AppstoreMethod | null;
  /** What the customer has bought, in the simulator's grammar of receipts; empty for nothing. */
  readonly receipt: string;
  /** Faults at Amazon, in the simulator's grammar: one text for each code in turn. The last is for all later codes. */
  readonly faults: readonly [string, ...string[]];
  /** The fault between device and service. */
  readonly network: "fine" | "answer_lost" | "slow";
  /** The customer's actions before the scenario. */
  readonly before: Before;
}

const DEFAULTS = {
  customer: "new",
  consent: "given",
  silent: null,
  receipt: "",
  faults: [""],
  network: "fine",
  before: "nothing",
} as const;

/** Every scenario, in the order of the page. */
export const SCENARIOS: readonly [Scenario, ...Scenario[]] = [
  {
    ...DEFAULTS,
    id: "new",
    title: "New customer",
    hint: "One request creates an account; a day later comes a mail",
  },
  {
    ...DEFAULTS,
    id: "returning",
    title: "Returning customer",
    hint: "The same account, found by Amazon's user_id",
    customer: "returning",
    before: "signed_in",
  },
  {
    ...DEFAULTS,
    id: "subscriber",
    title: "Quick Subscribe",
    hint: "Sign-in, receipt and fulfilment in one go",
    receipt: "sub.active",
  },
  {
    ...DEFAULTS,
    id: "unfulfilled",
    title: "Nobody fulfils",
    hint: "14 days later Amazon takes the sale back",
    receipt: "sub.active",
    silent: "notifyFulfillment",
  },
  {
    ...DEFAULTS,
    id: "rvs_down",
    title: "Receipts cannot be verified",
    hint: "The customer gets in; the service asks again later",
    receipt: "sub.active~503*2",
  },
  {
    ...DEFAULTS,
    id: "second_tv",
    title: "Second TV",
    hint: "The consent is used up, but a receipt signs in",
    consent: "used_up",
    receipt: "sub.fulfilled",
    before: "subscribed",
  },
  {
    ...DEFAULTS,
    id: "no_consent",
    title: "No consent",
    hint: "Amazon is not asked: a phone signs the TV in",
    consent: "none",
  },
  {
    ...DEFAULTS,
    id: "silent",
    title: "Appstore stays silent",
    hint: "After 10 seconds the app goes on without it",
    silent: "getUserData",
  },
  {
    ...DEFAULTS,
    id: "forgotten",
    title: "Forgotten password",
    hint: "Its mail is in the mailbox",
    consent: "none",
    before: "forgot",
  },
  {
    ...DEFAULTS,
    id: "expired_code",
    title: "Expired code",
    hint: "The app asks for a new code by itself, once",
    faults: ["~token-invalid_grant", ""],
  },
  {
    ...DEFAULTS,
    id: "token_down",
    title: "Amazon down at the token",
    hint: "The app tries later: the same code still works",
    faults: ["~token-503-60*1"],
  },
  {
    ...DEFAULTS,
    id: "profile_down",
    title: "Amazon down at the profile",
    hint: "The service keeps the token, so the retry needs no other",
    faults: ["~profile-503*3"],
  },
  {
    ...DEFAULTS,
    id: "answer_lost",
    title: "Answer lost on the way",
    hint: "A retry with the same key gets the same answer",
    network: "answer_lost",
  },
  {
    ...DEFAULTS,
    id: "email_taken",
    title: "Email has an account",
    hint: "Its password or a phone links the two",
    before: "signed_up",
  },
  {
    ...DEFAULTS,
    id: "no_email",
    title: "Profile without email",
    hint: "Sign-up, filled in with the rest of Amazon's profile",
    customer: "noemail",
  },
  {
    ...DEFAULTS,
    id: "slow_network",
    title: "Slow network",
    hint: "The TV waits; the service itself is fast",
    network: "slow",
  },
];

/** Returns the scenario of an id; the first scenario for an unknown id. */
export function scenarioOf(id: string): Scenario {
  return SCENARIOS.find((scenario) => scenario.id === id) ?? SCENARIOS[0];
}

/** Returns the Appstore's id of a person: that of the TV, not Amazon's `user_id` of the profile. */
export function appstoreUserOf(person: string): string {
  return `amzn1.account.${person}`;
}

/** The input of {@linkcode codeOf}. */
export interface CodeRequest {
  /** The scenario to play. */
  readonly scenario: Scenario;
  /** The name of one of the simulator's customers. */
  readonly customer: string;
  /** Letters and digits that stand for one person: the nonce of the code. */
  readonly person: string;
  /** The number of earlier codes of this person on this TV; -1 for a code of another device before. */
  readonly turn: number;
}

/**
 * Returns a code in the simulator's grammar. A code works once, so each code of a person must be another text. The
 * codes differ by the milliseconds that the profile takes.
 */
export function codeOf({ scenario: { faults }, customer, person, turn }: CodeRequest): string {
  const fault = faults[Math.min(Math.max(0, turn), faults.length - 1)];
  return `${customer}${fault}~profile-delay-${turn + 1}.${person}`;
}
