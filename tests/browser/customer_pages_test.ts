/** The pages for customers in Chromium: whole visits with and without scripts, the keyboard alone, every state. */
import { assert, assertEquals } from "@std/assert";
import { EMAIL, PASSWORD, signedUp, signInByPassword } from "../support/account_requests.ts";
import type { TestService } from "../support/test_service.ts";
import { deletionLink, linkIn, resetLink } from "../support/mailed_links.ts";
import { browserTest, type OpenPage } from "./browser.ts";
import { headingOf, type PageState, testState, visit } from "./visit.ts";

const NEW_PASSWORD = "seven quiet herons";
const DAY_MS = 86_400_000;

for (const [script, javaScriptEnabled] of [["with", true], ["without", false]] as const) {
  browserTest(
    `a one-click customer follows the mailed link and chooses a password, ${script} scripts`,
    () =>
      visit({ javaScriptEnabled }, async (service, opened, forms) => {
        const { page } = opened;
        const { session_token: token, account } = await service.signedIn("mork.1");
        await service.clock.advance(DAY_MS);
        await service.runDueTasks();
        await page.goto(linkIn(service));
        assertEquals(await headingOf(opened), "Choose a password");
        await page.getByLabel("New password").fill(NEW_PASSWORD);
        await page.getByLabel("The same again").fill(NEW_PASSWORD);
        await page.getByRole("button").click();
        assertEquals(await headingOf(opened), "Your password is set");
        // The browser sends the form from the same site, with a null origin, as our pages send no referrer.
        const sent = ["origin", "referer", "sec-fetch-site"].map((name) => forms[0]?.get(name));
        assertEquals([forms.length, ...sent], [1, "null", null, "same-origin"]);
        const signIn = await signInByPassword(service, { email: account.email, password: NEW_PASSWORD });
        assertEquals(signIn.status, 200);
        // The link proves the mailbox for the first time. What was there before the proof ends.
        assertEquals((await service.request("/v1/account", { token })).status, 401);
      }),
  );

  browserTest(
    `a customer deletes their account from /delete-account on, ${script} scripts`,
    () =>
      visit({ javaScriptEnabled }, async (service, opened) => {
        const { page } = opened;
        const { session_token: token } = await signedUp(service);
        await page.goto("/delete-account");
        await page.getByLabel("Your email").fill(EMAIL);
        await page.getByRole("button").click();
        assertEquals(await headingOf(opened), "Look into your mailbox");
        await service.runDueTasks();
        await page.goto(linkIn(service));
        assertEquals(await headingOf(opened), "Delete this account?");
        await page.getByRole("button").click();
        assertEquals(await headingOf(opened), "Delete this account?");
        assertEquals((await service.request("/v1/account", { token })).status, 200);
        await page.getByRole("checkbox").check();
        await page.getByRole("button").click();
        assertEquals(await headingOf(opened), "Your account is deleted");
        assertEquals((await service.request("/v1/account", { token })).status, 401);
        assertEquals((await signInByPassword(service)).status, 401);
      }),
  );
}

browserTest(
  "a keyboard is enough to choose a password and to get from an error to its field",
  () =>
    visit({}, async (service, opened) => {
      const { page } = opened;
      const { account } = await service.signedIn("mork.1");
      await page.goto(await resetLink(service, account.email));
      const press = async (...keys: string[]) => {
        for (const key of keys) await page.keyboard.press(key);
      };
      const focused = () => page.evaluate("document.activeElement.id || document.activeElement.textContent");
      await press("Tab");
      assertEquals(await focused(), "password");
      await page.keyboard.type("short");
      await press("Tab");
      await page.keyboard.type("short");
      await press("Tab");
      assertEquals(await focused(), "Show what I type");
      await press("Tab");
      assertEquals(await focused(), "unlink");
      await press("Space", "Tab");
      assertEquals(await focused(), "Save this password");
      await press("Enter");
      await page.getByText("That did not work yet").waitFor();
      // The box stays ticked, and the focus is on the field to type into again.
      assert(await page.locator("#unlink").isChecked());
      assertEquals(await focused(), "password");
      assertEquals(await page.getByLabel("New password").inputValue(), "");
      await page.keyboard.type(NEW_PASSWORD);
      await press("Tab");
      await page.keyboard.type(NEW_PASSWORD);
      await press("Enter");
      await page.getByText("Your password is set").waitFor();
      // The ticked box unlinked the Amazon customer.
      assertEquals((await service.signIn("mork.2")).status, 409);
    }),
);

/** Every state of a page, by the name of its screenshot. */
const STATES: Record<string, PageState> = {
  "reset-first": { show: async (service, { page }) => void await page.goto(await linkForMork(service)) },
  "reset-later": {
    show: async (service, { page }) => {
      await service.signedIn("returning.1");
      await signedUp(service, { device: { name: "Kitchen", model: "AFTSS", platform: "fire_os" } });
      await page.goto(await resetLink(service, EMAIL));
    },
  },
  "reset-doubtful": {
    show: async (service, { page }) => {
      const email = "mhashimoto-04@plaxo.com";
      await signedUp(service, { email });
      const { link_ticket } = await (await service.signIn("mork.1")).json();
      assertEquals((await signInByPassword(service, { email, link_ticket })).status, 200);
      await page.goto(await resetLink(service, email));
    },
  },
  "reset-fault": {
    show: async (service, { page }) => {
      await page.goto(await linkForMork(service));
      await page.getByLabel("New password").fill("password1");
      await page.getByLabel("The same again").fill("password1");
      await page.getByRole("button").click();
    },
  },
  "reset-differ": {
    show: async (service, { page }) => {
      await page.goto(await linkForMork(service));
      await page.getByLabel("New password").fill(NEW_PASSWORD);
      await page.getByRole("button").click();
    },
  },
  "reset-done-stay": { show: (service, opened) => choosePassword(service, opened, { unlink: false }) },
  "reset-done-out": { show: (service, opened) => choosePassword(service, opened, { unlink: true }) },
  "reset-used": {
    show: async (service, opened) => {
      await choosePassword(service, opened, { unlink: false });
      await opened.page.goto(linkIn(service));
    },
  },
  "reset-dead": { show: async (_, { page }) => void await page.goto(`/reset/${"A".repeat(64)}`) },
  "reset-dead-fault": {
    show: async (_, { page }) => {
      await page.goto(`/reset/${"A".repeat(64)}`);
      await page.getByLabel("Your email").fill("vera at example");
      await page.getByRole("button").click();
    },
  },
  "reset-dead-no-mail": {
    options: { env: { MAIL_URL: "", MAIL_FROM: "" } },
    show: async (_, { page }) => void await page.goto(`/reset/${"A".repeat(64)}`),
  },
  "delete-ask": { show: async (_, { page }) => void await page.goto("/delete-account") },
  "delete-ask-brand": {
    options: { env: { APP_COLOR: "#ffd400", SUPPORT_URL: "https://help.example/", APP_NAME: "Marigold" } },
    show: async (_, { page }) => void await page.goto("/delete-account"),
  },
  "delete-ask-fault": {
    show: async (_, { page }) => {
      await page.goto("/delete-account");
      await page.getByRole("button").click();
    },
  },
  "delete-no-mail": {
    options: { env: { MAIL_URL: "", MAIL_FROM: "" } },
    show: async (_, { page }) => void await page.goto("/delete-account"),
  },
  "mail-sent": {
    show: async (_, { page }) => {
      await page.goto("/delete-account");
      await page.getByLabel("Your email").fill(EMAIL);
      await page.getByRole("button").click();
    },
  },
  "delete-confirm": { show: async (service, { page }) => void await page.goto(await linkForVera(service)) },
  "delete-unticked": {
    show: async (service, { page }) => {
      await page.goto(await linkForVera(service));
      await page.getByRole("button").click();
    },
  },
  "delete-done": {
    show: async (service, { page }) => {
      await page.goto(await linkForVera(service));
      await page.getByRole("checkbox").check();
      await page.getByRole("button").click();
    },
  },
  "delete-dead": { show: async (_, { page }) => void await page.goto(`/delete-account/${"A".repeat(64)}`) },
  "too-many": {
    show: async (_, { page }) => {
      for (let count = 0; count < 4; count++) {
        await page.goto("/delete-account");
        await page.getByLabel("Your email").fill(EMAIL);
        await page.getByRole("button").click();
      }
    },
  },
  "start": { show: async (_, { page }) => void await page.goto("/") },
  "missing": { show: async (_, { page }) => void await page.goto("/nothing") },
  "not-found": { show: async (_, { page }) => void await page.goto("/reset/a/b") },
};

for (const [name, state] of Object.entries(STATES)) testState(name, state);

/** Returns the reset link of a one-click customer with three devices. */
async function linkForMork(service: TestService): Promise<string> {
  const { account } = await service.signedIn("mork.1", {
    device: { name: "Living room", model: "AFTKM", platform: "vega" },
  });
  await service.signedIn("mork.2", { device: { model: "AFTSS" } });
  await service.signedIn("mork.3", { device: { name: "W".repeat(128) } });
  return await resetLink(service, account.email);
}

/** Returns the deletion link of a customer with a password. */
async function linkForVera(service: TestService): Promise<string> {
  await signedUp(service);
  return await deletionLink(service, EMAIL);
}

/** Chooses a password on the page of a reset link. */
async function choosePassword(
  service: TestService,
  { page }: OpenPage,
  { unlink }: { unlink: boolean },
): Promise<void> {
  await page.goto(await linkForMork(service));
  await page.getByLabel("New password").fill(PASSWORD);
  await page.getByLabel("The same again").fill(PASSWORD);
  if (unlink) await page.locator("#unlink").check();
  await page.getByRole("button").click();
  await page.getByText("Your password is set").waitFor();
}
