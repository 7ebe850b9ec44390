/** The console as it is used: at once, with mouse and keys, without the service, a day later. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { browserTest } from "./browser.ts";
import { OpenConsole } from "./console.ts";

browserTest("OK pressed at once plays the chosen scenario, after what the customer did before", async () => {
  await using console = await OpenConsole.open("new");
  const hold = await console.holdBack("/dev/before");
  await console.choose("email_taken");
  await console.pressAtOnce("OK");
  await hold.reached;
  assertEquals(await console.screen("waiting").count(), 1);
  assertEquals(console.requests("/v1/"), []);
  hold.letOthersPass();
  hold.release();
  await console.screen("code").waitFor();
  assertStringIncludes(await console.screen("code").innerText(), "You have an account already");
});

/** What a mouse can choose beside the TV, by the name of the choice. */
const CLICKS: Record<string, (console: OpenConsole) => Promise<void>> = {
  "a scenario": ({ page }) => page.getByRole("radio", { name: "Expired code" }).click(),
  "a button of the remote": ({ page }) => page.getByRole("button", { name: "Down", exact: true }).click(),
  "a customer": async ({ page }) => {
    await page.locator("#customer").click();
    await page.locator("#customer").selectOption("mork");
  },
  "a purchase": async ({ page }) => {
    await page.locator("#receipt").click();
    await page.locator("#receipt").selectOption("sub.trial");
  },
  "the next day": ({ page }) => page.getByRole("button", { name: "A day later" }).click(),
  "a new consent": ({ page }) => page.getByRole("button", { name: "Agree" }).click(),
};

for (const [what, click] of Object.entries(CLICKS)) {
  browserTest(`Enter and the arrows work after a click on ${what}`, async () => {
    await using console = await OpenConsole.open("new");
    await click(console);
    await console.page.keyboard.press("Enter");
    await console.screen("home").waitFor();
    await console.page.keyboard.press("ArrowRight");
    assertEquals(await console.page.locator("#screen .cursor").innerText(), "Sign out");
  });
}

browserTest(
  "a scenario that is chosen by the keyboard keeps the focus, and Enter opens the app",
  async () => {
    await using console = await OpenConsole.open("new");
    const { page } = console;
    await page.locator("#scenarios input:checked").focus();
    await page.keyboard.press("ArrowDown");
    assertEquals(await page.evaluate("document.activeElement.value"), "returning");
    await page.keyboard.press("Enter");
    await console.screen("home").waitFor();
    assertStringIncludes(await console.screen("home").innerText(), "Rita");
  },
);

browserTest(
  "a customer who agreed sees that a stopped service cannot be reached, and gets in later",
  async () => {
    await using console = await OpenConsole.open("new");
    const { page } = console;
    await page.clock.install();
    await page.route(/\/(?:v1|dev)\//, (route) => route.abort("connectionrefused"));
    await console.pressAtOnce("OK");
    await console.runUntil(console.screen("try-later"));
    assertStringIncludes(await console.screen("try-later").innerText(), "We cannot be reached");
    assertEquals(await page.locator("#summary").innerText(), "The service does not answer");
    await page.unroute(/\/(?:v1|dev)\//);
    await console.pressAtOnce("OK");
    await console.runUntil(console.screen("home"));
  },
);

browserTest("a day later the reminder to choose a password is in the mailbox", async () => {
  await using console = await OpenConsole.open("new");
  const { page } = console;
  await console.press("OK");
  await console.screen("home").waitFor();
  const before = await page.locator("#now").innerText();
  await page.getByRole("button", { name: "A day later" }).click();
  const { email } = await console.account();
  await page.locator("#mails a", { hasText: email ?? "no email" }).waitFor();
  const days = (Date.parse(await page.locator("#now").innerText()) - Date.parse(before)) / 86_400_000;
  assert(days >= 1 && days < 1.1, `${days} days`);
  assertStringIncludes((await console.events()).join("\n"), "service: a day later: what is due → done");
});

browserTest("the customer of the scenario with a forgotten password has a mail at once", async () => {
  await using console = await OpenConsole.open("forgotten");
  await console.page.locator("#mails a").waitFor();
});

browserTest("the account panel cuts nothing, and the header is as wide as the content", async () => {
  await using console = await OpenConsole.open("new", { viewport: { width: 1920, height: 1080 } });
  await console.press("OK");
  await console.screen("home").waitFor();
  await console.account();
  const [cut, edges] = await console.page.evaluate(`[
    [...document.querySelectorAll("#account dd, #account code")].filter((box) => box.scrollWidth > box.clientWidth + 1
      && getComputedStyle(box).display !== "inline").length,
    ["header", "main"].map((name) => {
      const { left, right } = document.querySelector(name).getBoundingClientRect();
      return [left, right];
    }),
  ]`) as [number, [[number, number], [number, number]]];
  assertEquals(cut, 0);
  assertEquals(edges[0], edges[1]);
});
