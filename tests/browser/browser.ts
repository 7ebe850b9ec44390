/**
 * Pages in a real browser: Debian's Chromium, driven by playwright-core. Every page is held to what all of our pages
 * promise: no request to another origin, and nothing in the console, where a broken content policy shows.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type axe from "axe-core";
import type { Browser, Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const FOLDER = new URL("../../dist/screenshots/", import.meta.url);
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** Whether this run of the tests has a browser and may start it. */
const MAY_BROWSE =
  (["run", "net", "read", "write", "env", "sys"] as const).every((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  ) && exists(CHROMIUM);

/** How a page is looked at. */
export interface PageOptions {
  /** The only origin that the page may ask anything of, as `http://127.0.0.1:8000`. */
  readonly origin: string;
  /** In CSS pixels; 1280 by 800 by default. */
  readonly viewport?: { readonly width: number; readonly height: number };
  /** What the visitor prefers; light by default. */
  readonly colorScheme?: "light" | "dark";
  /** Device pixels of a CSS pixel; 1 by default. */
  readonly deviceScaleFactor?: number;
  /** Whether scripts run; they do by default. */
  readonly javaScriptEnabled?: boolean;
  /** What the console may hold all the same: the browser itself reports answers of 400 and above. */
  readonly allowedInConsole?: RegExp;
}

let browser: Promise<Browser> | null = null;

if (MAY_BROWSE) {
  Deno.test.afterAll(async () => {
    await (await browser)?.close();
    browser = null;
  });
}

/** A test that needs a browser; left out where there is none, or no permission to start it. */
export function browserTest(name: string, fn: () => Promise<void>): void {
  // The browser outlives a test: it is started once for a module, and closed after the last one.
  Deno.test({ name, ignore: !MAY_BROWSE, sanitizeOps: false, sanitizeResources: false, fn });
}

/** A page with what it did that it should not; dispose of it with `await using`. */
export class OpenPage implements AsyncDisposable {
  /** Requests to other origins, which were stopped. */
  readonly strayed: string[] = [];
  /** What was written to the console, and errors that nobody caught. */
  readonly complaints: string[] = [];

  /** Made by {@linkcode openPage}. */
  constructor(
    /** As Playwright has it; `goto` takes a path. */
    readonly page: Page,
  ) {}

  /**
   * Closes the page.
   *
   * @throws {AssertionError} when it asked another origin for anything, or wrote to the console.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
    assertEquals(this.strayed, [], "The page asked another origin");
    assertEquals(this.complaints, [], "The page wrote to the console");
  }
}

/** Opens an empty page, of a visitor whom nobody has seen before. */
export async function openPage(options: PageOptions): Promise<OpenPage> {
  const { origin, viewport = { width: 1280, height: 800 }, colorScheme = "light" } = options;
  const { javaScriptEnabled = true, deviceScaleFactor = 1, allowedInConsole } = options;
  const context = await (await (browser ??= launch())).newContext({
    baseURL: origin,
    viewport,
    colorScheme,
    javaScriptEnabled,
    deviceScaleFactor,
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(10_000);
  const opened = new OpenPage(await context.newPage());
  await context.route((url) => url.origin !== origin && url.protocol !== "data:", async (route) => {
    opened.strayed.push(route.request().url());
    await route.abort();
  });
  context.on("console", (message) => {
    if (!allowedInConsole?.test(message.text())) opened.complaints.push(message.text());
  });
  context.on("weberror", (error) => opened.complaints.push(String(error.error())));
  return opened;
}

/** Loaded when a browser is wanted: at its import the package reads the environment, which needs a permission. */
async function launch(): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
}

/**
 * Holds the page as it is now to the rules of WCAG 2.2, levels A and AA, as far as axe-core can tell.
 * The page must be one that runs scripts, as axe-core is one.
 *
 * @throws {AssertionError} that names each rule with the elements that break it.
 */
export async function assertAccessible(page: Page): Promise<void> {
  const { default: { source } } = await import("axe-core");
  await page.evaluate(source);
  const { violations, passes } = await page.evaluate(
    (values) => (globalThis as unknown as { axe: typeof axe }).axe.run({ runOnly: { type: "tag", values } }),
    RULES,
  );
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}\n  ${target.join(" ")}: ${failureSummary}`)
  );
  assert(found.length === 0, `Not accessible:\n${found.join("\n")}`);
  if (passes.length === 0) throw new Error("No rule was checked");
}

/** Keeps a picture of what the page shows in `dist/screenshots`, as JPEG or PNG as its name ends; PNG by default. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await Deno.mkdir(FOLDER, { recursive: true });
  const picture = name.endsWith(".jpg")
    ? await page.screenshot({ type: "jpeg", quality: 88 })
    : await page.screenshot();
  await Deno.writeFile(new URL(/\.\w+$/.test(name) ? name : `${name}.png`, FOLDER), picture);
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
