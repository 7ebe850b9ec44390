/** The checks of the other tests here, each seen to fail; and the page of the API's description. */
import { assertEquals, assertRejects } from "@std/assert";
import { AssertionError } from "node:assert";
import { TestService } from "../support/test_service.ts";
import { assertAccessible, browserTest, openPage, screenshot } from "./browser.ts";
import { serveSite } from "./site.ts";

browserTest(
  "openPage fails for a request to another origin, and for what is written to the console",
  async () => {
    await using site = serveSite(
      "<script>console.log('hello'); fetch('https://elsewhere.invalid/')</script>",
    );
    const opened = await openPage({ origin: site.origin });
    // The page is loaded without waiting for what its script asks.
    const stopped = opened.page.waitForEvent("requestfailed");
    await opened.page.goto("/");
    await stopped;
    await assertRejects(async () => await opened[Symbol.asyncDispose](), AssertionError, "another origin");
    assertEquals(opened.strayed, ["https://elsewhere.invalid/"]);
    assertEquals(opened.complaints[0], "hello");
  },
);

browserTest("openPage fails for a style that the content policy does not allow", async () => {
  await using site = serveSite("<style>p { color: red }</style><p>Red", "style-src 'none'");
  const opened = await openPage({ origin: site.origin });
  await opened.page.goto("/");
  await assertRejects(async () => await opened[Symbol.asyncDispose](), AssertionError, "the console");
});

browserTest("assertAccessible fails for a picture without a text and names it", async () => {
  await using site = serveSite("<title>A page</title><img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>");
  await using opened = await openPage({ origin: site.origin });
  await opened.page.goto("/");
  await assertRejects(() => assertAccessible(opened.page), AssertionError, "image-alt");
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1280, 360]) {
    browserTest(
      `/docs is accessible and stays within its policy: ${colorScheme}, ${width} wide`,
      async () => {
        await using service = await TestService.open();
        await using site = serveSite((request) => service.request(new URL(request.url).pathname));
        await using opened = await openPage({
          origin: site.origin,
          colorScheme,
          viewport: { width, height: 800 },
        });
        await opened.page.goto("/docs");
        await assertAccessible(opened.page);
        await screenshot(opened.page, `docs-${colorScheme}-${width}`);
      },
    );
  }
}

browserTest("/docs needs no script", async () => {
  await using service = await TestService.open();
  await using site = serveSite((request) => service.request(new URL(request.url).pathname));
  await using opened = await openPage({ origin: site.origin, javaScriptEnabled: false });
  await opened.page.goto("/docs");
  assertEquals(await opened.page.getByRole("heading", { level: 1 }).innerText(), "Oneclick API 1.0.0");
});
