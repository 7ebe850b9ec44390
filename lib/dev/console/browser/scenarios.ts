/**
 * What the console can play. Runs in the browser and in the service.
 *
 * @module
 */

/** One thing that can happen to a customer who opens the app. */
export interface Scenario {
  /** Names it. */
  readonly id: string;
  /** In a few words. */
  readonly title: string;
  /** What to look at. */
  readonly hint: string;
  /** Whom the simulator knows by this name; the console lets one choose another. */
  readonly customer: string;
  /** Whether the customer agreed in the Appstore. */
  readonly consents: boolean;
  /** What goes wrong at Amazon, in the simulator's grammar, with the first code, the second, and those after it. */
  readonly faults: readonly [string, ...string[]];
  /** What goes wrong between device and service. */
  readonly network: "fine" | "answer_lost" | "slow";
  /** What the customer did before. */
  readonly before: "nothing" | "signed_in" | "signed_up";
}

const USUAL = { customer: "new", consents: true, faults: [""], network: "fine", before: "nothing" } as const;

/** All of them, in the order in which a developer should see them. */
export const SCENARIOS: readonly [Scenario, ...Scenario[]] = [
  { ...USUAL, id: "new", title: "New customer", hint: "One request from the TV, and an account is there" },
  {
    ...USUAL,
    id: "returning",
    title: "Returning customer",
    hint: "The same account, found by Amazon's user_id",
    customer: "returning",
    before: "signed_in",
  },
  {
    ...USUAL,
    id: "no_consent",
    title: "No consent",
    hint: "Nothing is asked of Amazon: the app's own sign-up",
    consents: false,
  },
  {
    ...USUAL,
    id: "expired_code",
    title: "Expired code",
    hint: "The app gets a new code, once, by itself",
    faults: ["~token-invalid_grant", ""],
  },
  {
    ...USUAL,
    id: "token_down",
    title: "Amazon down at the token",
    hint: "Try later: the same code is still good then",
    faults: ["~token-503-60*1"],
  },
  {
    ...USUAL,
    id: "profile_down",
    title: "Amazon down at the profile",
    hint: "The token is kept: the retry asks for no other",
    faults: ["~profile-503*3"],
  },
  {
    ...USUAL,
    id: "answer_lost",
    title: "Answer lost on the way",
    hint: "Asked again with the same key, it is replayed",
    network: "answer_lost",
  },
  {
    ...USUAL,
    id: "email_taken",
    title: "Email has an account",
    hint: "Its password links it; then one click is enough",
    before: "signed_up",
  },
  {
    ...USUAL,
    id: "no_email",
    title: "Profile without email",
    hint: "Sign-up, with what Amazon knows filled in",
    customer: "noemail",
  },
  {
    ...USUAL,
    id: "slow_network",
    title: "Slow network",
    hint: "The TV waits; the service's part stays short",
    network: "slow",
  },
];

/** Finds one by its name; the first when there is none. */
export function scenarioOf(id: string): Scenario {
  return SCENARIOS.find((scenario) => scenario.id === id) ?? SCENARIOS[0];
}

/** Which code the Appstore gives. */
export interface CodeRequest {
  /** What is played. */
  readonly scenario: Scenario;
  /** Whom the simulator knows by this name. */
  readonly customer: string;
  /** Letters and digits: the same person for the same ones. */
  readonly person: string;
  /** The how-manieth code of this person on this TV, from 0; -1 is one of before. */
  readonly turn: number;
}

/**
 * A code in the simulator's grammar. Codes of one person differ by milliseconds that the profile takes, as each works
 * once.
 */
export function codeOf({ scenario: { faults }, customer, person, turn }: CodeRequest): string {
  const fault = faults[Math.min(Math.max(0, turn), faults.length - 1)];
  return `${customer}${fault}~profile-delay-${turn + 1}.${person}`;
}
