/** The phone beside the console's TV: it opens the page of the code, and signs the TV in. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { assertAccessible, browserTest, screenshot } from "./browser.ts";
import { OpenConsole } from "./console.ts";

for (const width of [1280, 1920, 360]) {
  browserTest(`a phone signs the console's TV in, in a window of ${width} pixels`, async () => {
    const height = width === 1920 ? 1080 : 800;
    await using console = await OpenConsole.open("no_consent", { viewport: { width, height } });
    const { page } = console;
    await console.press("OK");
    await console.screen("code").waitFor();
    const code = await console.screen("code").locator(".user-code").innerText();
    const phone = page.frameLocator("#phone-page");
    await phone.getByText(code).waitFor();
    await page.locator("#screen img").evaluate("(image) => image.decode()");
    await assertAccessible(page);
    await screenshot(page, `console-phone-${width}`);
    assertEquals(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0);
    await phone.locator("summary", { hasText: "You have no account yet" }).click();
    await phone.locator("#new-email").fill("vera@example.com");
    await phone.getByLabel("New password").fill("marigold in the evening");
    await phone.getByRole("button", { name: "Create an account and sign in on this TV" }).click();
    await phone.getByRole("heading", { name: "Look at your TV" }).waitFor();
    await console.screen("home").waitFor();
    assertEquals((await console.account()).email, "vera@example.com");
    const events = (await console.events()).join("\n");
    assertStringIncludes(events, "service: POST /activate/… → 200");
    assertStringIncludes(events, "device: POST /v1/sessions/activation → 201");
    await page.getByRole("button", { name: "Put it away" }).click();
    await page.locator("#phone").waitFor({ state: "hidden" });
  });
}

browserTest("a phone on which the code is typed turns the TV away", async () => {
  await using console = await OpenConsole.open("no_consent");
  const { page } = console;
  await console.press("OK");
  await console.screen("code").waitFor();
  const code = await console.screen("code").locator(".user-code").innerText();
  const phone = page.frameLocator("#phone-page");
  await phone.getByText(code).waitFor();
  await page.frames()[1]?.goto("/activate");
  await phone.getByLabel("The code on your TV").fill(code);
  await phone.getByRole("button").click();
  await phone.getByRole("button", { name: "Do not sign this TV in" }).click();
  await console.screen("refused").waitFor();
});

browserTest("the page of the phone keeps production's policy outside of the console's frame", async () => {
  await using console = await OpenConsole.open("new");
  const { origin } = new URL(console.page.url());
  const policyOf = async (dest: string) => {
    const request = new Request(`${origin}/activate`, { headers: { "sec-fetch-dest": dest } });
    const { headers, body } = await console.development.fetch(request, INFO);
    await body?.cancel();
    return [
      headers.get("x-frame-options"),
      headers.get("content-security-policy")?.match(/frame-ancestors [^;]+/)?.[0],
    ];
  };
  assertEquals(await policyOf("document"), ["DENY", "frame-ancestors 'none'"]);
  assertEquals(await policyOf("iframe"), [null, "frame-ancestors 'self'"]);
});

const INFO: Deno.ServeHandlerInfo<Deno.NetAddr> = {
  remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 1 },
  completed: Promise.resolve(),
};
