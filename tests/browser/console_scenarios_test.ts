/** Every scenario of the development console: its screen, its timeline and the account. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { SCENARIOS } from "../../lib/dev/console/browser/scenarios.ts";
import { assertAccessible, browserTest, screenshot } from "./browser.ts";
import { OpenConsole } from "./console.ts";

const ASKS_APPSTORE = [
  "device: Appstore: getUserData → consented",
  "device: Appstore: requestUserProfileAccess → a code",
  "device: stores code and key → stored",
];

const SIGN_IN = "POST /v1/sessions/amazon";
const TOKEN = "amazon: POST …/auth/o2/token";
const PROFILE = "amazon: GET …/user/profile";
const CLAIM = "kv: write exchange (claimed) → committed";

/** A claim of a code that an earlier request has claimed. */
const CLAIM_CONFLICT = ["kv: write exchange (claimed) → conflict", "kv: read exchange → found"];

const KEEP_TOKEN = "kv: write exchange token → committed";
const RELEASE_CLAIM = "kv: write exchange (claimed), exchange token → committed";
const RELEASE_CODE = "kv: delete exchange, exchange token → committed";

const NEW_ACCOUNT =
  /^kv: write account, amazon_user, email, (?:[\w ]+, )*exchange \(done\), delete exchange token → committed$/;

const STORES_SESSION = "device: stores the session → stored";

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
  { screen: string; says: string; events: string[]; account: Record<string, string> }
> = {
  new: {
    screen: "home",
    says: "Welcome, ",
    events: [...ASKS_APPSTORE, ...CREATES_ACCOUNT, STORES_SESSION],
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
      "kv: write session, exchange (done), delete exchange token → committed",
      STORES_SESSION,
    ],
    account: { name: "Rita Returning", email: "rita.returning@example.com", password: "temporary" },
  },
  no_consent: {
    screen: "sign-up",
    says: "Create your account",
    events: ["device: Appstore: getUserData → no consent"],
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
      ...ASKS_APPSTORE.slice(1),
      ...CREATES_ACCOUNT,
      STORES_SESSION,
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
      "kv: read exchange token → found",
      CLAIM,
      `${PROFILE} → 200`,
      "kv: read amazon_user, email → 0 of 2",
      "kv: the new account",
      STORES_SESSION,
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
      STORES_SESSION,
    ],
    account: { password: "temporary" },
  },
  email_taken: {
    screen: "sign-in",
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
      "kv: write link_ticket, exchange (done), delete exchange token → committed",
    ],
    account: {},
  },
  no_email: {
    screen: "sign-up",
    says: "Create your account",
    events: [
      ...ASKS_APPSTORE,
      `device: ${SIGN_IN} → 422`,
      `service: ${SIGN_IN} → 422`,
      CLAIM,
      `${TOKEN} → 200`,
      KEEP_TOKEN,
      `${PROFILE} → 200`,
      "kv: read amazon_user → nothing",
      "kv: read amazon_user → nothing",
      RELEASE_CLAIM,
    ],
    account: {},
  },
  slow_network: {
    screen: "home",
    says: "Welcome, ",
    events: [...ASKS_APPSTORE, ...CREATES_ACCOUNT, STORES_SESSION],
    account: { password: "temporary" },
  },
};

for (const { id, title } of SCENARIOS) {
  browserTest(`the console plays "${title}"`, async () => {
    await using console = await OpenConsole.open(id);
    await console.press("OK");
    const { screen, says, events, account } = EXPECTED[id]!;
    await console.screen(screen).waitFor();
    assertStringIncludes(await console.screen(screen).innerText(), says);
    assertEquals(normalized((await console.events()).map(simplified)), normalized(events));
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
    assertEquals(normalized(events.slice(-9)), normalized([...CREATES_ACCOUNT, STORES_SESSION]));
  },
);

/** Replaces the commit of a new account by a short text, as the commit holds more records than the tests check. */
function simplified(event: string): string {
  return NEW_ACCOUNT.test(event) ? "kv: the new account" : event;
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
