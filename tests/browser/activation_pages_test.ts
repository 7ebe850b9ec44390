/** The pages of `/activate` in Chromium: whole visits with and without scripts, the keyboard alone, every state. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { EMAIL, MORK, PASSWORD, signedUp } from "../support/account_requests.ts";
import { polled, startActivation, TV } from "../support/activation_requests.ts";
import { linkIn } from "../support/mailed_links.ts";
import type { TestService } from "../support/test_service.ts";
import { browserTest, type OpenPage } from "./browser.ts";
import { headingOf, type PageState, testState, visit } from "./visit.ts";

for (const [script, javaScriptEnabled] of [["with", true], ["without", false]] as const) {
  browserTest(
    `a customer types the code of a TV and signs it in, ${script} scripts`,
    () =>
      visit({ javaScriptEnabled }, async (service, opened, forms) => {
        const { page } = opened;
        await signedUp(service);
        const tv = await startActivation(service);
        await page.goto("/activate");
        await page.getByLabel("The code on your TV").fill(tv.user_code.toLowerCase().replace("-", " "));
        await page.getByRole("button").click();
        assertEquals(await headingOf(opened), "Sign in on this TV?");
        assertStringIncludes(await page.locator("main").innerText(), tv.user_code);
        await page.getByLabel("Your email").first().fill(EMAIL);
        await page.getByLabel("Your password").fill(PASSWORD);
        // The key of a phone's keyboard sends the form with its first button.
        await page.keyboard.press("Enter");
        await page.getByText("This takes a few seconds").waitFor();
        assertEquals(await headingOf(opened), "Look at your TV");
        assertEquals(forms.map((headers) => headers.get("origin")), ["null", "null"]);
        assertEquals((await polled(service, tv)).account.email, EMAIL);
        assertEquals(await page.context().cookies(), []);
      }),
  );

  browserTest(
    `a customer scans the QR code and signs up, ${script} scripts`,
    () =>
      visit({ javaScriptEnabled }, async (service, opened) => {
        const { page } = opened;
        const tv = await startActivation(service, { device: TV, prefill: { name: "Vera" } });
        await page.goto(`/activate?code=${tv.user_code}`);
        assertEquals(await page.getByLabel("Your name (optional)").inputValue(), "Vera");
        await page.locator("#new-email").fill(EMAIL);
        await page.getByLabel("New password").fill(PASSWORD);
        await page.getByRole("button", { name: "Create an account and sign in on this TV" }).click();
        assertEquals(await headingOf(opened), "Look at your TV");
        const { account } = await polled(service, tv, 201);
        assertEquals([account.created, account.name], [true, "Vera"]);
      }),
  );

  browserTest(
    `a customer without a password has a link mailed, ${script} scripts`,
    () =>
      visit({ javaScriptEnabled }, async (service, opened) => {
        const { page } = opened;
        await service.signedIn("mork.1");
        const tv = await startActivation(service);
        await page.goto(`/activate?code=${tv.user_code}`);
        await page.getByLabel("Your email").first().fill(MORK);
        await page.getByRole("button", { name: "Mail me a link instead" }).click();
        assertEquals(await headingOf(opened), "Look into your mailbox");
        await service.runDueTasks();
        await page.goto(linkIn(service));
        await page.getByRole("button", { name: "Yes, sign in on this TV" }).click();
        assertEquals(await headingOf(opened), "Look at your TV");
        assertEquals((await polled(service, tv)).account.email_verified, true);
      }),
  );
}

browserTest(
  "a keyboard is enough to correct a code, to open the sign-up and to turn a TV away",
  () =>
    visit({}, async (service, opened) => {
      const { page } = opened;
      const tv = await startActivation(service);
      const press = async (...keys: string[]) => {
        for (const key of keys) await page.keyboard.press(key);
      };
      const focused = () => page.evaluate("document.activeElement.id || document.activeElement.textContent");
      await page.goto("/activate");
      await press("Tab");
      assertEquals(await focused(), "code");
      await page.keyboard.type("wrong");
      await press("Enter");
      await page.getByText("That did not work yet").waitFor();
      assertEquals(await focused(), "code");
      await press("Control+A");
      await page.keyboard.type(tv.user_code);
      await press("Enter");
      await page.getByText("Sign in on this TV?").waitFor();
      const order: unknown[] = [];
      for (let i = 0; i < 7; i++) {
        await press("Tab");
        order.push(await focused());
      }
      assertEquals(order, [
        "email",
        "password",
        "Show what I type",
        "Sign in on this TV",
        "Mail me a link instead",
        "You have no account yet",
        "Do not sign this TV in",
      ]);
      await press("Shift+Tab", "Enter", "Tab");
      assertEquals(await focused(), "new-email");
      for (let i = 0; i < 6; i++) await press("Tab");
      assertEquals(await focused(), "Do not sign this TV in");
      await press("Enter");
      await page.getByText("It was turned away").waitFor();
      assertEquals(await headingOf(opened), "This TV is not signed in");
    }),
);

/** Every state of a page, by the name of its screenshot. */
const STATES: Record<string, PageState> = {
  "activate-code": { show: async (_, { page }) => void await page.goto("/activate") },
  "activate-code-wrong": { show: async (_, { page }) => void await page.goto("/activate?code=BCDF-GHJK") },
  "activate-tv": { show: async (service, { page }) => void await page.goto(await pathOfTv(service)) },
  "activate-tv-new": {
    show: async (service, { page }) => {
      const prefill = { name: "Vera", postal_code: "98052" };
      await page.goto(await pathOfTv(service, { device: { name: "W".repeat(128) }, prefill }));
    },
  },
  "activate-tv-fault": {
    show: async (service, { page }) => {
      await page.goto(await pathOfTv(service));
      await page.getByRole("button", { name: "Sign in on this TV", exact: true }).click();
    },
  },
  "activate-tv-closed": {
    options: { env: { REGISTRATION: "closed", MAIL_URL: "", MAIL_FROM: "" } },
    show: async (service, { page }) => void await page.goto(await pathOfTv(service, {})),
  },
  "activate-mail-sent": { show: async (service, opened) => void await mailLink(service, opened) },
  "activate-mailed": {
    show: async (service, opened) => {
      await mailLink(service, opened);
      await service.runDueTasks();
      await opened.page.goto(linkIn(service));
    },
  },
  "activate-done": { show: async (service, opened) => void await approve(service, opened) },
  "activate-used": {
    show: async (service, opened) => {
      const path = await approve(service, opened);
      await opened.page.goto(path);
    },
  },
  "activate-denied": {
    show: async (service, { page }) => {
      await page.goto(await pathOfTv(service));
      await page.getByRole("button", { name: "Do not sign this TV in" }).click();
    },
  },
  "activate-ended": {
    show: async (service, { page }) => {
      const path = await pathOfTv(service);
      await page.goto(path);
      await service.clock.advance(15 * 60_000);
      await page.reload();
    },
  },
  "activate-unknown": { show: async (_, { page }) => void await page.goto(`/activate/${"A".repeat(43)}`) },
};

for (const [name, state] of Object.entries(STATES)) testState(name, state);

async function pathOfTv(service: TestService, body?: Record<string, unknown>): Promise<string> {
  return `/activate?code=${(await startActivation(service, body)).user_code}`;
}

async function mailLink(service: TestService, { page }: OpenPage): Promise<void> {
  await signedUp(service);
  await page.goto(await pathOfTv(service));
  await page.getByLabel("Your email").first().fill(EMAIL);
  await page.getByRole("button", { name: "Mail me a link instead" }).click();
  await page.getByText("Look into your mailbox").waitFor();
}

async function approve(service: TestService, { page }: OpenPage): Promise<string> {
  await signedUp(service);
  const path = await pathOfTv(service);
  await page.goto(path);
  await page.getByLabel("Your email").first().fill(EMAIL);
  await page.getByLabel("Your password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in on this TV", exact: true }).click();
  await page.getByText("Look at your TV").waitFor();
  return path;
}
