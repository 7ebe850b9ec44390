/**
 * The development console in a browser, with what it plays on: the service, the simulated Amazon, a database in memory.
 *
 * @module
 */
import type { Locator, Page } from "playwright-core";
import { systemClock as clock } from "../../lib/base/clock.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { createDevelopment, type Development } from "../../lib/dev/development.ts";
import { consoleEnvironment, DEV_CLIENT_SECRETS, devEnvironment } from "../../lib/dev/environment.ts";
import { createSimulator } from "../../lib/dev/simulator/simulator.ts";
import { openPage, type PageOptions } from "./browser.ts";
import { serveSite } from "./site.ts";

/** Requests that are held back. */
export interface Hold {
  /** Resolves when there is one. */
  readonly reached: Promise<void>;
  /** From now on the others go straight through. */
  letOthersPass(): void;
  /** Lets go on what is held. */
  release(): void;
}

/** The console, open; dispose of it with `await using`. */
export class OpenConsole implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;

  private constructor(
    /** As Playwright has it. */
    readonly page: Page,
    /** What it plays on. */
    readonly development: Development,
    stack: AsyncDisposableStack,
  ) {
    this.#stack = stack;
  }

  /** Opens it with a scenario chosen. */
  static async open(
    scenario: string,
    options: Omit<PageOptions, "origin" | "allowedInConsole"> = {},
  ): Promise<OpenConsole> {
    await using stack = new AsyncDisposableStack();
    const kv = await Deno.openKv(":memory:");
    stack.defer(() => kv.close());
    const simulator = createSimulator({ clock, clients: DEV_CLIENT_SECRETS, latencyMs: 40 });
    const site = stack.use(
      serveSite((request, info) => Promise.resolve(development.fetch(request, info))),
    );
    const development = createDevelopment({
      config: parseConfig({
        ...devEnvironment("https://appstore-sdk.amazon.com", 8000),
        ...consoleEnvironment(),
        PUBLIC_URL: site.origin,
      }),
      kv,
      clock,
      log: () => {},
      fetch: simulator.fetch,
      cores: 2,
      passwordIterations: 1000,
    });
    stack.defer(() => development.services.background.idle());
    // What fails is played on purpose, and Chromium reports it.
    const allowedInConsole = /^Failed to load resource: the server responded with a status of (?:4|5)\d\d/;
    const opened = stack.use(await openPage({ ...options, origin: site.origin, allowedInConsole }));
    await opened.page.goto(`/dev#${scenario}`);
    const console = new OpenConsole(opened.page, development, stack.move());
    await console.screen("start").waitFor();
    await console.#idle();
    return console;
  }

  /** The TV's screen of a kind. */
  screen(kind: string): Locator {
    return this.page.locator(`#screen [data-screen="${kind}"]`);
  }

  /** Presses a button of the remote, when what was pressed before is done. */
  async press(name: string): Promise<void> {
    await this.#idle();
    await this.page.locator("#remote").getByRole("button", { name, exact: true }).click();
  }

  /** Chooses a scenario, whatever is played at the moment. */
  async choose(scenario: string): Promise<void> {
    await this.page.locator(`#scenarios input[value="${scenario}"]`).check({ force: true });
  }

  /** Holds the page's requests to a path back. */
  async holdBack(path: string): Promise<Hold> {
    const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let holds = true;
    await this.page.route((url) => url.pathname === path, async (route) => {
      if (holds) {
        reached.resolve();
        await released.promise;
      }
      await route.continue();
    });
    return { reached: reached.promise, letOthersPass: () => void (holds = false), release: released.resolve };
  }

  /** The timeline as texts: lane, what, status. */
  async events(): Promise<string[]> {
    await this.#idle();
    const rows = this.page.locator("#events > li");
    const lanes = await rows.evaluateAll((all) => all.map((row) => row.getAttribute("data-lane")));
    const titles = await rows.locator(".what").allTextContents();
    const states = await rows.locator(".status").allTextContents();
    return lanes.map((lane, i) => `${lane}: ${titles[i]} → ${states[i]}`);
  }

  /** What the panel shows of the account, by field. */
  async account(): Promise<Record<string, string>> {
    await this.#idle();
    const names = await this.page.locator("#account dt").allTextContents();
    const values = await this.page.locator("#account dd").allTextContents();
    return Object.fromEntries(names.map((name, i) => [name, values[i] ?? ""]));
  }

  /** Until nothing is played and all of it is shown. */
  async #idle(): Promise<void> {
    await this.page.locator("#timeline:not([aria-busy])").waitFor();
  }

  /** Closes all of it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
