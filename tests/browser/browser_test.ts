/** The checks that all browser tests use, each with a page that fails it; and the page `/docs`. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { AssertionError } from "node:assert";
import { TestService } from "../support/test_service.ts";
import {
  assertAccessible,
  browserTest,
  type OpenPage,
  openPage,
  type PageOptions,
  screenshot,
} from "./browser.ts";
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

browserTest(
  "/docs is searched, each example is copied, and the menu marks where the reader is",
  () =>
    readDocs(async ({ page }) => {
      const shown = () => page.locator("main article:visible").count();
      const all = await shown();
      const search = page.getByLabel("Search");
      await search.fill("password-resets");
      assert(await page.locator("#requestPasswordReset").isVisible());
      assert(await shown() < all / 3);
      assertEquals(await page.locator("nav li:visible").count(), await shown());
      await search.fill("receipt 404");
      assert(await shown() > 0 && await shown() < all);
      await search.fill("xyzzy");
      assertEquals([await shown(), await page.locator("main h2:visible").count()], [0, 0]);
      assertEquals(await page.getByRole("status").innerText(), `0 of ${await page.locator("nav a").count()}`);
      await search.press("Escape");
      assertEquals(await shown(), all);

      const figures = page.locator("figure:visible");
      assert(await figures.count() > 40);
      for (const index of [0, 1, 2]) {
        const figure = figures.nth(index);
        await figure.getByRole("button").click();
        await figure.getByText("Copied").waitFor();
        const copied = await page.evaluate("navigator.clipboard.readText()");
        assertEquals(copied, await figure.locator("code").textContent());
      }

      for (const id of ["next", "signInWithAmazon", "getAccount", "getDocs"]) {
        await page.locator(`nav a[href="#${id}"]`).click();
        const marked = page.locator("nav [aria-current]");
        await page.locator(`nav a[href="#${id}"][aria-current]`).waitFor();
        assertEquals(await marked.count(), 1);
        const [mark, menu] = [await marked.boundingBox(), await page.locator("nav").boundingBox()];
        assert(
          mark!.y >= menu!.y && mark!.y + mark!.height <= menu!.y + menu!.height + 1,
          "The mark is out of sight",
        );
      }
      await search.fill("healthz");
      await page.evaluate("location.hash = '#signInWithAmazon'");
      await page.locator("#signInWithAmazon:visible").waitFor();
    }),
);

browserTest("nothing of /docs is cut: no example and no table is wider than its place", async () => {
  for (const width of [1920, 1280, 360]) {
    await readDocs(async ({ page }) => {
      await page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true");
      const cut = await page.evaluate(
        "[...document.querySelectorAll('main *')].filter((it) => it.scrollWidth > it.clientWidth + 1 && " +
          "getComputedStyle(it).overflow !== 'visible' && it.tagName !== 'CAPTION').map((it) => it.outerHTML.slice(0, 200))",
      );
      assertEquals(cut, []);
      assertEquals(await page.evaluate("document.documentElement.scrollWidth"), width);
      await page.mouse.wheel(0, 900);
      await screenshot(page, `docs-open-${width}`);
    }, { viewport: { width, height: 900 } });
  }
});

async function readDocs(
  read: (opened: OpenPage) => Promise<void>,
  options: Omit<PageOptions, "origin"> = {},
): Promise<void> {
  await using service = await TestService.open();
  await using site = serveSite((request) => service.request(new URL(request.url).pathname));
  await using opened = await openPage({ origin: site.origin, ...options });
  await opened.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await opened.page.goto("/docs");
  await read(opened);
}

browserTest("/docs works without scripts", async () => {
  await using service = await TestService.open();
  await using site = serveSite((request) => service.request(new URL(request.url).pathname));
  await using opened = await openPage({ origin: site.origin, javaScriptEnabled: false });
  await opened.page.goto("/docs");
  assertEquals(await opened.page.getByRole("heading", { level: 1 }).innerText(), "Oneclick API 1.0.0");
});
