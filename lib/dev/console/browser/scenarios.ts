/**
 * Defines the scenarios of the console. Runs in the browser and in the service.
 *
 * @module
 */

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
  /** Whether the customer agreed in the Appstore. */
  readonly consents: boolean;
  /** Faults at Amazon, in the simulator's grammar: one text for each code in turn. The last is for all later codes. */
  readonly faults: readonly [string, ...string[]];
  /** The fault between device and service. */
  readonly network: "fine" | "answer_lost" | "slow";
  /** The customer's actions before the scenario. */
  readonly before: "nothing" | "signed_in" | "signed_up";
}

const DEFAULTS = {
  customer: "new",
  consents: true,
  faults: [""],
  network: "fine",
  before: "nothing",
} as const;

/** Every scenario, in the order of the page. */
export const SCENARIOS: readonly [Scenario, ...Scenario[]] = [
  { ...DEFAULTS, id: "new", title: "New customer", hint: "One request from the TV creates an account" },
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
    id: "no_consent",
    title: "No consent",
    hint: "No request to Amazon: the app shows its own sign-up",
    consents: false,
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
    hint: "Its password links it; then one click is enough",
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
