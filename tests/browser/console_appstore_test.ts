/** The Appstore of the console's TV: consent with both readings, silence, receipts and what happens to them. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { browserTest, screenshot } from "./browser.ts";
import { OpenConsole } from "./console.ts";

const REQUESTS_CODE = "device: Appstore: requestUserProfileAccess → ";

for (const [reading, again] of [["status", "home"], ["code", "code"]] as const) {
  browserTest(
    `where asking for the ${reading} uses the consent up, ${
      again === "home" ? "one click" : "a phone"
    } signs in again`,
    async () => {
      await using console = await OpenConsole.open("new");
      const { page } = console;
      await page.getByLabel("Used up by").selectOption(reading);
      await console.press("OK");
      await console.screen("home").waitFor();
      await page.locator("#consent").getByText("used up", { exact: true }).waitFor();
      await console.press("Right");
      await console.press("OK");
      await console.screen("start").waitFor();
      await console.press("OK");
      await console.screen(again).waitFor();
      const codes = (await console.events()).filter((event) => event.startsWith(REQUESTS_CODE));
      assertEquals(codes, [
        `${REQUESTS_CODE}a code`,
        `${REQUESTS_CODE}${again === "home" ? "a code" : "failed"}`,
      ]);
    },
  );
}

browserTest(
  "a customer who removes the app at Amazon gets no code any more, and one again after agreeing",
  async () => {
    await using console = await OpenConsole.open("new");
    const { page } = console;
    await page.getByRole("button", { name: "Remove" }).click();
    await page.locator("#consent").getByText("none", { exact: true }).waitFor();
    await console.press("OK");
    await console.screen("code").waitFor();
    await page.getByRole("button", { name: "Agree" }).click();
    await console.press("Close the app and open it again");
    await console.screen("home").waitFor();
  },
);

/** The time that the client gives to each method of a silent Appstore, and the screen after it. */
const SILENCES = {
  getUserData: [10_000, "code"],
  requestUserProfileAccess: [10_000, "code"],
  getPurchaseUpdates: [5000, "home"],
  notifyFulfillment: [10_000, "home"],
} as const;

for (const [method, [limit, screen]] of Object.entries(SILENCES)) {
  browserTest(
    `${method} that never answers costs the client's time limit, and the customer goes on`,
    async () => {
      await using console = await OpenConsole.open("subscriber");
      const { page } = console;
      await page.getByLabel("Never answers").selectOption(method);
      await page.clock.install();
      await console.pressAtOnce("OK");
      await console.runUntil(console.screen(screen));
      await console.runUntil(page.locator("#events li", { hasText: method }).getByText("no answer"));
      const shown = await page.locator("#events li", { hasText: `Appstore: ${method}` }).locator(".ms")
        .first()
        .innerText();
      // The clock of the page runs between its steps too, and a busy machine is late.
      const [, seconds] = /^(\d+\.\d\d) s$/.exec(shown) ?? [];
      assert(Number(seconds) * 1000 >= limit && Number(seconds) * 1000 < limit * 1.9, shown);
    },
  );
}

browserTest(
  "a purchase is verified with the sign-in and fulfilled, and the TV, the account and the Appstore show it",
  async () => {
    await using console = await OpenConsole.open("subscriber", { viewport: { width: 1280, height: 800 } });
    const { page } = console;
    await console.press("OK");
    await console.screen("home").getByText("fulfilled").waitFor();
    await page.locator("#receipts").getByText(/^renews .*, fulfilled$/).waitFor();
    await page.locator("#account .plans").getByText(/^premium active, renews .*, fulfilled$/).waitFor();
    const events = await console.events();
    for (
      const event of [
        "amazon: GET …/verifyReceiptId → 200",
        "device: Appstore: notifyFulfillment → fulfilled",
        "service: POST /v1/appstore/notifications → 200",
      ]
    ) assertEquals(events.includes(event), true, event);
    assertEquals((await page.locator("#timeline").innerText()).includes("dev-shared-secret"), false);
    await screenshot(page, "console-purchase");
  },
);

/** What each button does to a running subscription, as the account shows it when Amazon has told the service. */
const HAPPENS = {
  "Payment fails": /payment is due/,
  "Cancel": /active, ends/,
  "Refund": /ended, ends/,
};

for (const [button, state] of Object.entries(HAPPENS)) {
  browserTest(`"${button}" sends a signed notification, and the account follows`, async () => {
    await using console = await OpenConsole.open("subscriber");
    const { page } = console;
    await console.press("OK");
    await page.locator("#account .plans").getByText(/fulfilled$/).waitFor();
    await page.getByRole("button", { name: button }).click();
    await page.locator("#account .plans").getByText(state).waitFor();
    await console.press("Close the app and open it again");
    await console.screen("home").getByText(state).waitFor();
    assertStringIncludes((await console.events()).join("\n"), "amazon: the Appstore: ");
  });
}

browserTest("what nobody fulfils is refunded 14 days later, and the account has lost it", async () => {
  await using console = await OpenConsole.open("unfulfilled");
  const { page } = console;
  await console.press("OK");
  await console.screen("home").getByText("not fulfilled").waitFor();
  await page.getByRole("button", { name: "14 days later" }).click();
  await page.locator("#account .plans").getByText(/ended/).waitFor();
});

browserTest("a receipt that Amazon could not verify is verified later", async () => {
  await using console = await OpenConsole.open("rvs_down");
  const { page } = console;
  await console.press("OK");
  await console.screen("home").getByText("being verified").waitFor();
  await page.getByRole("button", { name: "A day later" }).click();
  await page.locator("#account .plans").getByText(/active/).waitFor();
});
