/** The checks that all browser tests use, each with a page that fails it; and the page `/docs`. */
import { assertEquals, assertRejects } from "@std/assert";
import { AssertionError } from "node:assert";
import { TestService } from "../support/test_service.ts";
import { assertAccessible, browserTest, openPage, screenshot } from "./browser.ts";
import { serveSite } from "./site.ts";

browserTest(
  "openPage fails for a request to another origin and for a message in the console",
  async () => {
    await using site = serveSite(
      "<script>console.log('hello'); fetch('https://elsewhere.invalid/')</script>",
    );
    const opened = await openPage({ origin: site.origin });
    // `goto` does not wait for the script's request.
    const blocked = opened.page.waitForEvent("requestfailed");
    await opened.page.goto("/");
    await blocked;
    await assertRejects(async () => await opened[Symbol.asyncDispose](), AssertionError, "another origin");
    assertEquals(opened.foreignRequests, ["https://elsewhere.invalid/"]);
    assertEquals(opened.consoleMessages[0], "hello");
  },
);

browserTest("openPage fails for a style that the content security policy forbids", async () => {
  await using site = serveSite("<style>p { color: red }</style><p>Red", "style-src 'none'");
  const opened = await openPage({ origin: site.origin });
  await opened.page.goto("/");
  await assertRejects(async () => await opened[Symbol.asyncDispose](), AssertionError, "the console");
});

browserTest("assertAccessible fails for an image without a text and names the rule", async () => {
  await using site = serveSite("<title>A page</title><img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>");
  await using opened = await openPage({ origin: site.origin });
  await opened.page.goto("/");
  await assertRejects(() => assertAccessible(opened.page), AssertionError, "image-alt");
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1280, 360]) {
    browserTest(
      `/docs is accessible and keeps its content security policy: ${colorScheme}, ${width} pixels wide`,
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

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1280, 360]) {
    browserTest(
      `the page of a problem is accessible and keeps its policy: ${colorScheme}, ${width} pixels wide`,
      async () => {
        await using service = await TestService.open();
        await using site = serveSite((request) =>
          service.request(new URL(request.url).pathname, { headers: request.headers })
        );
        await using opened = await openPage({
          origin: site.origin,
          colorScheme,
          viewport: { width, height: 800 },
        });
        await opened.page.goto("/problems/code_lost");
        await assertAccessible(opened.page);
        assertEquals(
          await opened.page.getByRole("heading", { level: 2 }).first().innerText(),
          "What it means",
        );
        await screenshot(opened.page, `problem-${colorScheme}-${width}`);
      },
    );
  }
}

browserTest("/docs works without scripts", async () => {
  await using service = await TestService.open();
  await using site = serveSite((request) => service.request(new URL(request.url).pathname));
  await using opened = await openPage({ origin: site.origin, javaScriptEnabled: false });
  await opened.page.goto("/docs");
  assertEquals(await opened.page.getByRole("heading", { level: 1 }).innerText(), "Oneclick API 1.0.0");
});
