/** Every scenario of the development console: the screen, the timeline, the account, the mails. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DEV_MAIL_KEY } from "../../lib/dev/environment.ts";
import { SCENARIOS } from "../../lib/dev/console/scenarios.ts";
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
const CLAIMED_BEFORE = (found: number) => [
  "kv: write exchange (claimed) → conflict",
  `kv: read exchange, exchange token → ${found} of 2`,
];
const KEEP = "kv: write exchange token → committed";
const RELEASE = "kv: write exchange (claimed), exchange token → committed";
const GIVE_UP = "kv: delete exchange, exchange token → committed";
const NEW_ACCOUNT =
  /^kv: write account, amazon_user, email, (?:[\w ]+, )*exchange \(done\), delete exchange token → committed$/;
const SAVED = "device: stores the session → stored";

/** A sign-in that makes an account, with the commit under the name that the tests give it. */
const MAKES_ACCOUNT = [
  `device: ${SIGN_IN} → 201`,
  `service: ${SIGN_IN} → 201`,
  CLAIM,
  `${TOKEN} → 200`,
  KEEP,
  `${PROFILE} → 200`,
  "kv: read amazon_user, email → 0 of 2",
  "kv: the new account",
];

/** What pressing OK once comes to. */
const PLAYED: Record<
  string,
  { screen: string; says: string; events: string[]; account: Record<string, string> }
> = {
  new: {
    screen: "home",
    says: "Welcome, ",
    events: [...ASKS_APPSTORE, ...MAKES_ACCOUNT, SAVED],
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
      KEEP,
      `${PROFILE} → 200`,
      "kv: read amazon_user, email → 2 of 2",
      "kv: read account → found",
      "kv: write session, exchange (done), delete exchange token → committed",
      SAVED,
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
      GIVE_UP,
      ...ASKS_APPSTORE.slice(1),
      ...MAKES_ACCOUNT,
      SAVED,
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
      GIVE_UP,
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
      KEEP,
      `${PROFILE} → 503`,
      `${PROFILE} → 503`,
      `${PROFILE} → 503`,
      RELEASE,
      "device: waits, then asks again → waited",
      `device: ${SIGN_IN} → 201`,
      `service: ${SIGN_IN} → 201`,
      ...CLAIMED_BEFORE(2),
      CLAIM,
      `${PROFILE} → 200`,
      "kv: read amazon_user, email → 0 of 2",
      "kv: the new account",
      SAVED,
    ],
    account: { password: "temporary" },
  },
  answer_lost: {
    screen: "home",
    says: "Welcome, ",
    events: [
      ...ASKS_APPSTORE,
      `device: ${SIGN_IN} → answer lost`,
      ...MAKES_ACCOUNT.slice(1),
      "device: waits, then asks again → waited",
      `device: ${SIGN_IN} → 201`,
      `service: ${SIGN_IN} → 201`,
      ...CLAIMED_BEFORE(1),
      SAVED,
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
      KEEP,
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
      KEEP,
      `${PROFILE} → 200`,
      "kv: read amazon_user → nothing",
      "kv: read amazon_user → nothing",
      RELEASE,
    ],
    account: {},
  },
  slow_network: {
    screen: "home",
    says: "Welcome, ",
    events: [...ASKS_APPSTORE, ...MAKES_ACCOUNT, SAVED],
    account: { password: "temporary" },
  },
};

for (const { id, title } of SCENARIOS) {
  browserTest(`the console plays "${title}"`, async () => {
    await using console = await OpenConsole.open(id);
    await console.press("OK");
    const { screen, says, events, account } = PLAYED[id]!;
    await console.screen(screen).waitFor();
    assertStringIncludes(await console.screen(screen).innerText(), says);
    assertEquals(inOrder((await console.events()).map(named)), inOrder(events));
    const shown = await console.account();
    assertEquals(Object.fromEntries(Object.keys(account).map((name) => [name, shown[name]])), account);
    assertEquals(Object.keys(shown).length > 0, Object.keys(account).length > 0);
    await assertAccessible(console.page);
    await screenshot(console.page, `console-${id}`);
  });
}

browserTest("the console's try-later screen signs in with the same code, once Amazon answers", async () => {
  await using console = await OpenConsole.open("token_down");
  await console.press("OK");
  await console.screen("try-later").waitFor();
  await console.press("OK");
  await console.screen("home").waitFor();
  const events = (await console.events()).map(named);
  assertEquals(events.filter((event) => event.includes("requestUserProfileAccess")).length, 1);
  assertEquals(inOrder(events.slice(-9)), inOrder([...MAKES_ACCOUNT, SAVED]));
});

browserTest(
  "the console's sign-in screen links the account, and one click is enough from then on",
  async () => {
    await using console = await OpenConsole.open("email_taken");
    await console.press("OK");
    await console.screen("sign-in").waitFor();
    for (const key of ["Down", "Down", "OK"]) await console.press(key);
    await console.screen("home").waitFor();
    const account = await console.account();
    assertMatch(account.amazon_user_id ?? "", /^amznl\.account\./);
    assertEquals(account.password, "set");
    await console.press("Right");
    await console.press("OK");
    await console.screen("start").waitFor();
    await console.press("OK");
    await console.screen("home").waitFor();
    assertEquals((await console.events()).filter((event) => event.startsWith("service: ")), [
      `service: ${SIGN_IN} → 409`,
      "service: POST /v1/sessions → 200",
      "service: DELETE /v1/sessions/current → 204",
      `service: ${SIGN_IN} → 200`,
    ]);
  },
);

browserTest("the console's sign-up screen makes an account, by the keyboard alone", async () => {
  await using console = await OpenConsole.open("no_consent");
  const { keyboard } = console.page;
  await keyboard.press("Enter");
  await console.screen("sign-up").waitFor();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowDown", "Enter"]) await keyboard.press(key);
  await console.screen("home").waitFor();
  const { amazon_user_id, password } = await console.account();
  assertEquals([amazon_user_id, password], ["–", "set"]);
  assertEquals((await console.events()).filter((event) => !event.startsWith("kv: ")), [
    "device: Appstore: getUserData → no consent",
    "device: POST /v1/accounts → 201",
    "service: POST /v1/accounts → 201",
    SAVED,
  ]);
});

browserTest(
  "the console's TV is still signed in after the app was closed, and forgets all when it starts again",
  async () => {
    await using console = await OpenConsole.open("new");
    await console.press("OK");
    await console.screen("home").waitFor();
    await console.press("Close the app and open it again");
    await console.page.getByText("Welcome back").waitFor();
    assertEquals((await console.events()).slice(-2), [
      "device: the app is opened again → started",
      "device: Appstore: getUserData → consented",
    ]);
    await console.press("Start again: the TV forgets everything");
    await console.screen("start").waitFor();
    await console.page.getByText("Nobody has signed in on this TV yet.").waitFor();
    assertEquals(await console.events(), []);
  },
);

/** What is still out of a TV when another is chosen: its sign-in, or the news of what its sign-in did. */
const STILL_OUT = { "/v1/sessions/amazon": "waiting", "/dev/state": "home" };

for (const [path, screen] of Object.entries(STILL_OUT)) {
  browserTest(`the console shows nothing of the TV before, whose ${path} is answered late`, async () => {
    await using console = await OpenConsole.open("new");
    const { page } = console;
    const hold = await console.holdBack(path);
    await console.press("OK");
    await hold.reached;
    await console.screen(screen).waitFor();
    const newsOfTheNext = page.waitForResponse(/\/dev\/state/);
    hold.letOthersPass();
    await console.choose("no_consent");
    await console.screen("start").waitFor();
    await newsOfTheNext;
    hold.release();
    assertEquals(await console.events(), []);
    assertEquals(await console.account(), {});
    assertEquals(await console.screen("start").count(), 1);
  });
}

browserTest("the console's sign-in screen knows the customer of this TV, not of the one before", async () => {
  await using console = await OpenConsole.open("new");
  const { page } = console;
  const hold = await console.holdBack("/dev/before");
  await console.choose("email_taken");
  await hold.reached;
  hold.letOthersPass();
  const before = page.waitForResponse(/\/dev\/before/);
  await page.getByRole("button", { name: "Start again: the TV forgets everything" }).click();
  await before;
  hold.release();
  await console.press("OK");
  await console.screen("sign-in").waitFor();
  for (const key of ["Down", "Down", "OK"]) await console.press(key);
  await console.screen("home").waitFor();
});

browserTest(
  "the console unfolds a request and its answer, and shows what is sealed in KV as sealed",
  async () => {
    await using console = await OpenConsole.open("new");
    await console.press("OK");
    await console.screen("home").waitFor();
    const { email = "" } = await console.account();
    const unfold = async (what: string) => {
      const row = console.page.locator("#events > li", { hasText: what });
      await row.locator("summary").click();
      return await row.locator(".part").allInnerTexts();
    };
    const [asked, profile] = await unfold("user/profile");
    assertStringIncludes(asked ?? "", '"access_token": "Atza|');
    assertStringIncludes(profile ?? "", `"email": "${email}"`);
    const [written] = await unfold("write account");
    assertStringIncludes(written ?? "", '"sealed_by": "dev"');
    assertEquals(written?.includes(email), false);
    const stored = console.page.locator("#account .entries li");
    assertEquals(await stored.locator("summary span").allInnerTexts(), [
      "sealed",
      "pointer",
      "pointer",
      "sealed",
    ]);
    await stored.first().locator("summary").click();
    assertStringIncludes(await stored.first().locator("pre").innerText(), '"sealed_by": "dev"');
    await assertAccessible(console.page);
  },
);

browserTest(
  "the console lists mails, which open in the mailbox, where their links can be clicked",
  async () => {
    await using console = await OpenConsole.open("new", { viewport: { width: 1440, height: 900 } });
    const { page, development: { mailbox } } = console;
    const { origin } = new URL(page.url());
    await mailbox.fetch(
      new Request("https://mailbox.invalid/emails", {
        method: "POST",
        headers: { authorization: `Bearer ${DEV_MAIL_KEY}`, "content-type": "application/json" },
        body: JSON.stringify({
          from: "Marigold <hello@marigold.example>",
          to: ["vera@example.com"],
          subject: "Choose a password",
          html: `<h1 style="color: #123">Hello</h1><p><a href="${origin}/healthz">Choose a password</a></p>`,
          text: `Hello: ${origin}/healthz`,
        }),
      }),
    );
    await console.press("OK");
    await page.locator("#mails a", { hasText: "vera@example.com" }).click();
    await page.getByRole("heading", { name: "Choose a password", level: 1 }).waitFor();
    const frame = page.frameLocator("iframe");
    await frame.getByRole("heading", { name: "Hello" }).waitFor();
    await assertAccessible(page);
    await screenshot(page, "mail");
    await frame.getByRole("link").click();
    await page.waitForURL("**/healthz");
    await page.goto("/dev/mail");
    await assertAccessible(page);
    await page.getByRole("link", { name: "Choose a password" }).click();
    await page.getByRole("link", { name: `${origin}/healthz` }).click();
    await page.waitForURL("**/healthz");
  },
);

for (const width of [1440, 1000, 800, 360]) {
  browserTest(`the console is accessible and as wide as its window: ${width}`, async () => {
    await using console = await OpenConsole.open("new", { viewport: { width, height: 900 } });
    await assertAccessible(console.page);
    await console.press("OK");
    await console.screen("home").waitFor();
    await assertAccessible(console.page);
    const overflow = await console.page.evaluate("document.documentElement.scrollWidth - innerWidth");
    assertEquals(overflow, 0);
    await screenshot(console.page, `console-${width}`);
  });
}

browserTest(
  "the console's picture for the README: a retry goes on from the kept token",
  async () => {
    await using console = await OpenConsole.open("profile_down", { viewport: { width: 1440, height: 900 } });
    await console.press("OK");
    await console.screen("home").waitFor();
    await console.account();
    await screenshot(console.page, "console.jpg");
  },
);

/** The commit of a new account under one name, whatever else is part of it. */
function named(event: string): string {
  return NEW_ACCOUNT.test(event) ? "kv: the new account" : event;
}

/** Keeping the token overlaps the profile call: which of the two begins first is not promised. */
function inOrder(events: readonly string[]): string[] {
  return events.map((event, i) => {
    const [before, after] = [events[i - 1], events[i + 1]];
    if (event.startsWith(PROFILE) && before === KEEP) return KEEP;
    if (event === KEEP && after?.startsWith(PROFILE)) return after;
    return event;
  });
}
