/** The development console beyond its scenarios: later screens, late responses, unfolded events, mails, widths. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { MAILBOX_API_KEY } from "../../lib/dev/mailbox/mailbox.ts";
import { assertAccessible, browserTest, screenshot } from "./browser.ts";
import { OpenConsole } from "./console.ts";

const SIGN_IN = "POST /v1/sessions/amazon";

browserTest(
  "the console's sign-in screen links the account, and then one click signs in who agrees again",
  async () => {
    await using console = await OpenConsole.open("email_taken");
    await console.press("OK");
    await console.screen("code").waitFor();
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
    // The consent of before is used up.
    await console.page.getByRole("button", { name: "Agree" }).click();
    await console.press("OK");
    await console.screen("home").waitFor();
    const requests = (await console.events()).filter((event) => /^service: (?!.*activat)/.test(event));
    assertEquals(requests, [
      `service: ${SIGN_IN} → 409`,
      "service: POST /v1/sessions → 200",
      "service: DELETE /v1/sessions/current → 204",
      `service: ${SIGN_IN} → 200`,
    ]);
  },
);

browserTest("the console's sign-up screen creates an account with the keyboard alone", async () => {
  await using console = await OpenConsole.open("no_consent");
  const { keyboard } = console.page;
  await keyboard.press("Enter");
  await console.screen("code").waitFor();
  await keyboard.press("Enter");
  await console.screen("sign-up").waitFor();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowDown", "Enter"]) await keyboard.press(key);
  await console.screen("home").waitFor();
  const { amazon_user_id, password } = await console.account();
  assertEquals([amazon_user_id, password], ["–", "set"]);
  const requests = (await console.events()).filter((event) => /^service: (?!.*activat)/.test(event));
  assertEquals(requests, ["service: POST /v1/accounts → 201"]);
});

browserTest(
  "the console's TV stays signed in when the app restarts, and forgets everything when the TV starts again",
  async () => {
    await using console = await OpenConsole.open("new");
    await console.press("OK");
    await console.screen("home").waitFor();
    await console.press("Close the app and open it again");
    await console.page.getByText("Welcome back").waitFor();
    assertEquals((await console.events()).slice(-3), [
      "device: the app is opened again → started",
      "device: Appstore: getUserData → the customer",
      "device: Appstore: getPurchaseUpdates → no receipts",
    ]);
    await console.press("Start again: the TV forgets everything");
    await console.screen("start").waitFor();
    await console.page.getByText("Nobody has signed in on this TV yet.").waitFor();
    assertEquals(await console.events(), []);
  },
);

/** The request of a TV that is still running when another TV starts, with the screen at that moment. */
const LATE_RESPONSES = { "/v1/sessions/amazon": "waiting", "/dev/state": "home" };

for (const [path, screen] of Object.entries(LATE_RESPONSES)) {
  browserTest(
    `the console shows nothing of the previous TV when its response from ${path} comes late`,
    async () => {
      await using console = await OpenConsole.open("new");
      const { page } = console;
      const hold = await console.holdBack(path);
      await console.press("OK");
      await hold.reached;
      await console.screen(screen).waitFor();
      const stateOfTheNext = page.waitForResponse(/\/dev\/state/);
      hold.letOthersPass();
      await console.choose("no_consent");
      await console.screen("start").waitFor();
      await stateOfTheNext;
      hold.release();
      assertEquals(await console.events(), []);
      assertEquals(await console.account(), {});
      assertEquals(await console.screen("start").count(), 1);
    },
  );
}

browserTest(
  "the console's sign-in screen is filled in for this TV's customer, not for the previous one",
  async () => {
    await using console = await OpenConsole.open("new");
    const { page } = console;
    const hold = await console.holdBack("/dev/before");
    await console.choose("email_taken");
    await hold.reached;
    hold.letOthersPass();
    const prepared = page.waitForResponse(/\/dev\/before/);
    await page.getByRole("button", { name: "Start again: the TV forgets everything" }).click();
    await prepared;
    hold.release();
    for (const screen of ["code", "sign-in"]) {
      await console.press("OK");
      await console.screen(screen).waitFor();
    }
    for (const key of ["Down", "Down", "OK"]) await console.press(key);
    await console.screen("home").waitFor();
  },
);

browserTest(
  "the console unfolds a request and its response, and shows sealed bytes in KV as sealed",
  async () => {
    await using console = await OpenConsole.open("new");
    await console.press("OK");
    await console.screen("home").waitFor();
    const { email = "" } = await console.account();
    const unfold = async (title: string) => {
      const row = console.page.locator("#events > li", { hasText: title });
      await row.locator("summary").click();
      return await row.locator(".part").allInnerTexts();
    };
    const [request, response] = await unfold("user/profile");
    assertStringIncludes(request ?? "", '"access_token": "Atza|');
    assertStringIncludes(response ?? "", `"email": "${email}"`);
    const [written] = await unfold("write account");
    assertStringIncludes(written ?? "", '"sealed_by": "dev"');
    assertEquals(written?.includes(email), false);
    const stored = console.page.locator("#account .entries li");
    assertEquals(await stored.locator("summary span").allInnerTexts(), [
      "sealed",
      "pointer",
      "pointer",
      "sealed",
      "sealed",
    ]);
    await stored.first().locator("summary").click();
    assertStringIncludes(await stored.first().locator("pre").innerText(), '"sealed_by": "dev"');
    await assertAccessible(console.page);
  },
);

browserTest(
  "the console lists mails that open in the mailbox with clickable links",
  async () => {
    await using console = await OpenConsole.open("new", { viewport: { width: 1440, height: 900 } });
    const { page, development: { mailbox } } = console;
    const { origin } = new URL(page.url());
    await mailbox.fetch(
      new Request("https://mailbox.invalid/emails", {
        method: "POST",
        headers: { authorization: `Bearer ${MAILBOX_API_KEY}`, "content-type": "application/json" },
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
    const link = page.locator("#mails a", { hasText: "vera@example.com" });
    // The TV lives in the console's page, so a mail opens beside it.
    assertEquals(await link.getAttribute("target"), "_blank");
    await page.goto(await link.getAttribute("href") ?? "");
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

for (const width of [1920, 1440, 1280, 1000, 800, 360]) {
  browserTest(`the console is accessible and fits a window of ${width} pixels`, async () => {
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
  "the console's picture for the README: a retry goes on with the stored token",
  async () => {
    await using console = await OpenConsole.open("profile_down", { viewport: { width: 1440, height: 900 } });
    await console.press("OK");
    await console.screen("home").waitFor();
    await console.account();
    await screenshot(console.page, "console.jpg");
  },
);
