/**
 * Opens pages in a real browser: Debian's Chromium, driven by playwright-core. Every page must keep the promises of all
 * pages: it sends no request to another origin and writes nothing to the browser's console, where a violation of the
 * content security policy shows.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type axe from "axe-core";
import type { Browser, Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const SCREENSHOTS = new URL("../../dist/screenshots/", import.meta.url);
const WCAG_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** Whether the browser is installed and this run has the permission to start it. */
const MAY_BROWSE =
  (["run", "net", "read", "write", "env", "sys"] as const).every((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  ) && exists(CHROMIUM);

/** The options of {@linkcode openPage}. */
export interface PageOptions {
  /** The only origin to which the page may send requests, as `http://127.0.0.1:8000`. */
  readonly origin: string;
  /** The size in CSS pixels; 1280 by 800 by default. */
  readonly viewport?: { readonly width: number; readonly height: number };
  /** The visitor's preferred color scheme; light by default. */
  readonly colorScheme?: "light" | "dark";
  /** Whether scripts run; true by default. */
  readonly javaScriptEnabled?: boolean;
  /** Messages that are allowed in the console. The browser itself reports responses with status 400 and above. */
  readonly allowedInConsole?: RegExp;
}

let browser: Promise<Browser> | null = null;

if (MAY_BROWSE) {
  Deno.test.afterAll(async () => {
    await (await browser)?.close();
    browser = null;
  });
}

/** Declares a test that needs the browser. It is ignored where the browser cannot be started. */
export function browserTest(name: string, fn: () => Promise<void>): void {
  // One browser serves all tests of a file, so it stays open after a test.
  Deno.test({ name, ignore: !MAY_BROWSE, sanitizeOps: false, sanitizeResources: false, fn });
}

/** An open page that records its violations of the promises. Dispose of it with `await using`. */
export class OpenPage implements AsyncDisposable {
  /** URLs of requests to other origins, which were blocked. */
  readonly foreignRequests: string[] = [];
  /** Messages in the console, and uncaught errors. */
  readonly consoleMessages: string[] = [];

  /** Called by {@linkcode openPage}. */
  constructor(
    /** The page of Playwright. Its `goto` accepts a path. */
    readonly page: Page,
  ) {}

  /**
   * Closes the page.
   *
   * @throws {AssertionError} When the page sent a request to another origin, or wrote to the console.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
    assertEquals(this.foreignRequests, [], "The page sent a request to another origin");
    assertEquals(this.consoleMessages, [], "The page wrote to the console");
  }
}

/** Opens an empty page of a new visitor, without cookies or storage. */
export async function openPage(options: PageOptions): Promise<OpenPage> {
  const { origin, viewport = { width: 1280, height: 800 }, colorScheme = "light" } = options;
  const { javaScriptEnabled = true, allowedInConsole } = options;
  const context = await (await (browser ??= launch())).newContext({
    baseURL: origin,
    viewport,
    colorScheme,
    javaScriptEnabled,
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(10_000);
  const opened = new OpenPage(await context.newPage());
  await context.route((url) => url.origin !== origin && url.protocol !== "data:", async (route) => {
    opened.foreignRequests.push(route.request().url());
    await route.abort();
  });
  context.on("console", (message) => {
    if (!allowedInConsole?.test(message.text())) opened.consoleMessages.push(message.text());
  });
  context.on("weberror", (error) => opened.consoleMessages.push(String(error.error())));
  return opened;
}

/**
 * Starts the browser. The package is imported only here: its import reads the environment, which needs a permission.
 */
async function launch(): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
}

/**
 * Checks the page in its present state by the rules of WCAG 2.2, levels A and AA, as far as axe-core can. Scripts must
 * be enabled on the page, as axe-core is a script.
 *
 * @throws {AssertionError} When an element breaks a rule. The message names each rule with its elements.
 */
export async function assertAccessible(page: Page): Promise<void> {
  const { default: { source } } = await import("axe-core");
  await page.evaluate(source);
  const { violations, passes } = await page.evaluate(
    (values) => (globalThis as unknown as { axe: typeof axe }).axe.run({ runOnly: { type: "tag", values } }),
    WCAG_TAGS,
  );
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}\n  ${target.join(" ")}: ${failureSummary}`)
  );
  assert(found.length === 0, `Not accessible:\n${found.join("\n")}`);
  if (passes.length === 0) throw new Error("axe-core checked no rule");
}

/** Saves a screenshot in `dist/screenshots`: as JPEG when the name ends with `.jpg`, else as PNG. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await Deno.mkdir(SCREENSHOTS, { recursive: true });
  const picture = name.endsWith(".jpg")
    ? await page.screenshot({ type: "jpeg", quality: 88 })
    : await page.screenshot();
  await Deno.writeFile(new URL(name.endsWith(".jpg") ? name : `${name}.png`, SCREENSHOTS), picture);
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
