/** The forms with a password on a TV and without scripts: nothing is off the screen, lost without a word, or unreadable. */
import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { EMAIL, PASSWORD, signedUp } from "../support/account_requests.ts";
import { scan, startActivation } from "../support/activation_requests.ts";
import { resetLink } from "../support/mailed_links.ts";
import type { TestService } from "../support/test_service.ts";
import { TEXTS } from "../../lib/texts/texts.ts";
import { browserTest, screenshot } from "./browser.ts";
import { visit } from "./visit.ts";

/** TVs by the CSS pixels that their browsers count. */
const TVS = [[1920, 1080], [1280, 720], [960, 540]] as const;

/** Those with the longest texts. */
const LANGUAGES = ["de", "fr", "it"] as const;

/** A form with passwords, and what makes the service refuse it. */
interface PasswordForm {
  readonly open: (service: TestService) => Promise<string>;
  readonly fill: (page: Page) => Promise<void>;
  readonly button: string;
  readonly faulty: string;
}

const fill = async (page: Page, fields: Record<string, string>) => {
  for (const [selector, text] of Object.entries(fields)) await page.locator(selector).fill(text);
};

const FORMS: Readonly<Record<string, PasswordForm>> = {
  "the first password": {
    open: async (service) => {
      const { account } = await service.signedIn("mork.1", { device: { name: "Living room" } });
      return await resetLink(service, account.email);
    },
    fill: (page) => fill(page, { "#password": "password1", "#repeat": "password1" }),
    button: "form.sides > button",
    faulty: "password",
  },
  "a new password": {
    open: async (service) => {
      await signedUp(service);
      return await resetLink(service, EMAIL);
    },
    fill: (page) => fill(page, { "#password": "short", "#repeat": "short" }),
    button: "form.sides > button",
    faulty: "password",
  },
  "the sign-in of a TV": {
    open: openActivation,
    fill: (page) => fill(page, { "#email": EMAIL, "#password": "something wrong" }),
    button: "button[value=sign_in]",
    faulty: "password",
  },
  "the sign-up for a TV": {
    open: openActivation,
    fill: async (page) => {
      await page.locator("summary").click();
      await fill(page, { "#new-email": EMAIL, "#new-password": "password1" });
    },
    button: "button[value=sign_up]",
    faulty: "new-password",
  },
};

async function openActivation(service: TestService): Promise<string> {
  return await scan(service, await startActivation(service));
}

for (const [name, form] of Object.entries(FORMS)) {
  browserTest(
    `${name}: after a fault its button is on the screen of each TV, and the focus on the field, in long languages`,
    () =>
      visit({}, async (service, { page }) => {
        const url = await form.open(service);
        for (const language of LANGUAGES) {
          await page.setExtraHTTPHeaders({ "accept-language": language });
          await page.goto(url);
          await form.fill(page);
          await page.locator(form.button).click();
          await page.getByText(TEXTS[language].common.passwords_emptied).waitFor();
          assertEquals(await page.locator(`#${form.faulty}`).inputValue(), "");
          assertEquals(await page.evaluate("document.activeElement.id"), form.faulty);
          for (const [width, height] of TVS) {
            await page.setViewportSize({ width, height });
            await page.evaluate("document.activeElement.blur(), scrollTo(0, 0)");
            await page.locator(`#${form.faulty}`).focus();
            if (language === "fr") {
              await screenshot(page, `password-${name.replaceAll(" ", "-")}-${width}`);
            }
            for (const part of [form.button, `#${form.faulty}-fault`]) {
              const box = (await page.locator(part).boundingBox())!;
              const ends = `${language}, ${width} by ${height}: ${part} ends at ${box.y + box.height}`;
              assert(box.y > 0 && box.y + box.height <= height, ends);
            }
          }
        }
      }),
  );

  browserTest(`${name}: a switch shows what is typed, and is not there without scripts`, async () => {
    await visit({}, async (service, { page }) => {
      await page.goto(await form.open(service));
      await form.fill(page);
      const field = page.locator(`#${form.faulty}`);
      const toggle = page.locator(form.button).locator("xpath=ancestor::form").getByRole("switch", {
        name: TEXTS.en.reset.show,
      });
      assertEquals(await field.getAttribute("type"), "password");
      await toggle.click();
      assertEquals(await field.getAttribute("type"), "text");
      assert(await field.inputValue() !== "");
      await toggle.click();
      assertEquals(await field.getAttribute("type"), "password");
    });
    await visit({ javaScriptEnabled: false }, async (service, { page }) => {
      await page.goto(await form.open(service));
      assertEquals(await page.getByText(TEXTS.en.reset.show).filter({ visible: true }).count(), 0);
    });
  });
}

browserTest(
  "two passwords that differ are told before they are sent, and nothing that was typed is lost",
  () =>
    visit({}, async (service, { page }, forms) => {
      await page.goto(await FORMS["a new password"]!.open(service));
      await page.getByLabel("New password").fill(PASSWORD);
      await page.getByLabel("The same again").fill(`${PASSWORD}!`);
      await page.getByRole("button").click();
      await page.getByText(TEXTS.en.reset.faults.differ).waitFor();
      assertEquals(forms.length, 0);
      assertEquals(await page.getByLabel("New password").inputValue(), PASSWORD);
      assertEquals(await page.evaluate("document.activeElement.id"), "repeat");
      await page.getByRole("switch", { name: TEXTS.en.reset.show }).click();
      await page.getByLabel("The same again").fill(PASSWORD);
      await page.getByRole("button").click();
      await page.getByText("Your password is set").waitFor();
    }),
);
