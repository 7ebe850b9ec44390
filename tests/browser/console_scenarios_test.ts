/** Every scenario of the development console: its screen, its timeline and the account. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { SCENARIOS } from "../../lib/dev/console/browser/scenarios.ts";
import { assertAccessible, browserTest, screenshot } from "./browser.ts";
import { OpenConsole } from "./console.ts";

const ASKS_CONSENT = "device: stores that it asks for the consent → stored";
const GETS_CODE = [
  "device: Appstore: requestUserProfileAccess → a code",
  "device: stores code and key → stored",
];
const NO_RECEIPTS = "device: Appstore: getPurchaseUpdates → no receipts";
const ASKS_APPSTORE = [
  ASKS_CONSENT,
  "device: Appstore: getUserData → consented",
  "device: stores the consent → stored",
  NO_RECEIPTS,
  ...GETS_CODE,
];

/** The device shows a code for a phone. What the phone and the next questions of the device cause may come before. */
const SHOWS_CODE = [
  "device: POST /v1/activations → 201",
  "service: POST /v1/activations → 201",
  "kv: write user_code, activation → committed",
  "device: stores the code for a phone → stored",
];

const SIGN_IN = "POST /v1/sessions/amazon";
const TOKEN = "amazon: POST …/auth/o2/token";
const PROFILE = "amazon: GET …/user/profile";
const CLAIM = "kv: write exchange (claimed) → committed";

/** A claim of a code that an earlier request has claimed. */
const CLAIM_CONFLICT = [
  "kv: write exchange (claimed) → conflict",
  "kv: read exchange, exchange token → 2 of 2",
];

const KEEP_TOKEN = "kv: write exchange token → committed";
const RELEASE_CLAIM = "kv: write exchange (claimed), exchange token → committed";
const RELEASE_CODE = "kv: delete exchange → committed";

const NEW_ACCOUNT = /^kv: write account, amazon_user, email, (?:[\w ]+, )*exchange token → committed$/;

const STORES_SESSION = ["device: stores the session → stored", NO_RECEIPTS];

/** The events of a sign-in that creates an account. {@linkcode simplified} names its commit. */
const CREATES_ACCOUNT = [
  `device: ${SIGN_IN} → 201`,
  `service: ${SIGN_IN} → 201`,
  CLAIM,
  `${TOKEN} → 200`,
  KEEP_TOKEN,
  `${PROFILE} → 200`,
  "kv: read amazon_user, email → 0 of 2",
  "kv: the new account",
];

/** The expected results of pressing OK once, by the scenario's id. */
const EXPECTED: Record<
  string,
  { screen: string; says: string; events: string[] | null; account: Record<string, string> }
> = {
  new: {
    screen: "home",
    says: "Welcome, ",
    events: [...ASKS_APPSTORE, ...CREATES_ACCOUNT, ...STORES_SESSION],
    account: { password: "temporary", email_verified: "false" },
  },
  returning: {
    screen: "home",
    says: "Welcome back, Rita",
    events: [
      ...ASKS_APPSTORE,
      `device: ${SIGN_IN} → 200`,
      `service: ${SIGN_IN} → 200`,
      CLAIM,
      `${TOKEN} → 200`,
      KEEP_TOKEN,
      `${PROFILE} → 200`,
      "kv: read amazon_user, email → 2 of 2",
      "kv: read account → found",
      "kv: write session, session, exchange token → committed",
      ...STORES_SESSION,
    ],
    account: { name: "Rita Returning", email: "rita.returning@example.com", password: "temporary" },
  },
  no_consent: {
    screen: "code",
    says: "Sign in with your phone",
    events: [ASKS_CONSENT, "device: Appstore: getUserData → no consent", NO_RECEIPTS, ...SHOWS_CODE],
    account: {},
  },
  forgotten: {
    screen: "code",
    says: "Sign in with your phone",
    events: [ASKS_CONSENT, "device: Appstore: getUserData → no consent", NO_RECEIPTS, ...SHOWS_CODE],
    account: {},
  },
  silent: {
    screen: "code",
    says: "Sign in with your phone",
    events: [ASKS_CONSENT, "device: Appstore: getUserData → no answer", ...SHOWS_CODE],
    account: {},
  },
  expired_code: {
    screen: "home",
    says: "Welcome, ",
    events: [
      ...ASKS_APPSTORE,
      `device: ${SIGN_IN} → 400`,
      `service: ${SIGN_IN} → 400`,
      CLAIM,
      `${TOKEN} → 400`,
      RELEASE_CODE,
      "device: stores the consent → stored",
      ...GETS_CODE,
      ...CREATES_ACCOUNT,
      ...STORES_SESSION,
    ],
    account: { password: "temporary" },
  },
  token_down: {
    screen: "try-later",
    says: "Nothing is lost. Try again in 60 seconds",
    events: [
      ...ASKS_APPSTORE,
      `device: ${SIGN_IN} → 503`,
      `service: ${SIGN_IN} → 503`,
      CLAIM,
      `${TOKEN} → 503`,
      RELEASE_CODE,
    ],
    account: {},
  },
  profile_down: {
    screen: "home",
    says: "Welcome, ",
    events: [
      ...ASKS_APPSTORE,
      `device: ${SIGN_IN} → 503`,
      `service: ${SIGN_IN} → 503`,
      CLAIM,
      `${TOKEN} → 200`,
      KEEP_TOKEN,
      `${PROFILE} → 503`,
      `${PROFILE} → 503`,
      `${PROFILE} → 503`,
      RELEASE_CLAIM,
      "device: waits, then asks again → waited",
      `device: ${SIGN_IN} → 201`,
      `service: ${SIGN_IN} → 201`,
      ...CLAIM_CONFLICT,
      CLAIM,
      `${PROFILE} → 200`,
      "kv: read amazon_user, email → 0 of 2",
      "kv: the new account",
      ...STORES_SESSION,
    ],
    account: { password: "temporary" },
  },
  answer_lost: {
    screen: "home",
    says: "Welcome, ",
    events: [
      ...ASKS_APPSTORE,
      `device: ${SIGN_IN} → answer lost`,
      ...CREATES_ACCOUNT.slice(1),
      "device: waits, then asks again → waited",
      `device: ${SIGN_IN} → 201`,
      `service: ${SIGN_IN} → 201`,
      ...CLAIM_CONFLICT,
      "kv: read session, account → 2 of 2",
      ...STORES_SESSION,
    ],
    account: { password: "temporary" },
  },
  email_taken: {
    screen: "code",
    says: "You have an account already",
    events: [
      ...ASKS_APPSTORE,
      `device: ${SIGN_IN} → 409`,
      `service: ${SIGN_IN} → 409`,
      CLAIM,
      `${TOKEN} → 200`,
      KEEP_TOKEN,
      `${PROFILE} → 200`,
      "kv: read amazon_user, email → 1 of 2",
      "kv: write link_ticket, exchange token → committed",
      ...SHOWS_CODE.slice(0, 2),
      "kv: read link_ticket → found",
      ...SHOWS_CODE.slice(2),
    ],
    account: {},
  },
  no_email: {
    screen: "code",
    says: "One more step",
    events: [
      ...ASKS_APPSTORE,
      `device: ${SIGN_IN} → 422`,
      `service: ${SIGN_IN} → 422`,
      CLAIM,
      `${TOKEN} → 200`,
      KEEP_TOKEN,
      `${PROFILE} → 200`,
      "kv: read amazon_user → nothing",
      "kv: write link_ticket, exchange (claimed), exchange token → committed",
      ...SHOWS_CODE.slice(0, 2),
      "kv: read link_ticket → found",
      ...SHOWS_CODE.slice(2),
    ],
    account: {},
  },
  subscriber: {
    screen: "home",
    says: "premium active",
    // What Amazon tells of the purchase is checked in the background, so its events come in any order.
    events: null,
    account: { password: "temporary" },
  },
  unfulfilled: { screen: "home", says: "not fulfilled", events: null, account: { password: "temporary" } },
  rvs_down: { screen: "home", says: "being verified", events: null, account: { password: "temporary" } },
  second_tv: { screen: "home", says: "premium active", events: null, account: { password: "temporary" } },
  slow_network: {
    screen: "home",
    says: "Welcome, ",
    events: [...ASKS_APPSTORE, ...CREATES_ACCOUNT, ...STORES_SESSION],
    account: { password: "temporary" },
  },
};

for (const { id, title } of SCENARIOS) {
  browserTest(`the console plays "${title}"`, async () => {
    await using console = await OpenConsole.open(id);
    await console.press("OK");
    const { screen, says, events, account } = EXPECTED[id]!;
    await console.screen(screen).waitFor({ timeout: 20_000 });
    assertStringIncludes(await console.screen(screen).innerText(), says);
    if (events !== null) {
      const seen = normalized((await console.events()).map(simplified));
      // A TV with a code goes on to ask, and its phone opens a page.
      const end = screen === "code"
        ? seen.indexOf("device: stores the code for a phone → stored") + 1
        : undefined;
      assertEquals(seen.slice(0, end), normalized(events));
    }
    const shown = await console.account();
    assertEquals(Object.fromEntries(Object.keys(account).map((name) => [name, shown[name]])), account);
    assertEquals(Object.keys(shown).length > 0, Object.keys(account).length > 0);
    await assertAccessible(console.page);
    await screenshot(console.page, `console-${id}`);
  });
}

browserTest(
  "the console's try-later screen signs in with the same code when Amazon works again",
  async () => {
    await using console = await OpenConsole.open("token_down");
    await console.press("OK");
    await console.screen("try-later").waitFor();
    await console.press("OK");
    await console.screen("home").waitFor();
    const events = (await console.events()).map(simplified);
    assertEquals(events.filter((event) => event.includes("requestUserProfileAccess")).length, 1);
    assertEquals(normalized(events.slice(-10)), normalized([...CREATES_ACCOUNT, ...STORES_SESSION]));
  },
);

/**
 * Replaces the commit of a new account by a short text, as the commit holds more records than the tests check. A final
 * commit renews the claim when the token is still being stored: that depends on the machine.
 */
function simplified(event: string): string {
  const usual = event.replace(/(, exchange token), exchange \(claimed\)/, "$1");
  return NEW_ACCOUNT.test(usual) ? "kv: the new account" : usual;
}

/** Sorts two overlapping events: storing the token and the profile request may start in either order. */
function normalized(events: readonly string[]): string[] {
  return events.map((event, i) => {
    const [before, after] = [events[i - 1], events[i + 1]];
    if (event.startsWith(PROFILE) && before === KEEP_TOKEN) return KEEP_TOKEN;
    if (event === KEEP_TOKEN && after?.startsWith(PROFILE)) return after;
    return event;
  });
}
