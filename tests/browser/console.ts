/**
 * Opens the development console in a browser, with the service, the simulated Amazon and a database in memory.
 *
 * @module
 */
import type { Locator, Page, Request } from "playwright-core";
import { systemClock } from "../../lib/base/clock.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { createDevelopment, type Development } from "../../lib/dev/development.ts";
import { consoleEnvironment, DEV_CLIENT_SECRETS, devEnvironment } from "../../lib/dev/environment.ts";
import { createSimulator } from "../../lib/dev/simulator/simulator.ts";
import { TravellingClock } from "../../lib/dev/travelling_clock.ts";
import { openPage, type PageOptions } from "./browser.ts";
import { serveSite } from "./site.ts";

/** The URL of the simulated Amazon, which answers without a network. */
const AMAZON = "https://appstore-sdk.amazon.com";

/** Requests of the page that are held back. */
export interface Hold {
  /** Resolves when the first request is held back. */
  readonly reached: Promise<void>;
  /** Lets later requests pass. */
  letOthersPass(): void;
  /** Releases the requests that are held back. */
  release(): void;
}

/** An open console. Dispose of it with `await using`. */
export class OpenConsole implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #requests: string[] = [];
  readonly #underWay = new Set<Request>();
  #answered: () => void = () => {};

  private constructor(
    /** The page of Playwright. */
    readonly page: Page,
    /** The service, its mailbox and its parts. */
    readonly development: Development,
    stack: AsyncDisposableStack,
  ) {
    this.#stack = stack;
    page.on("request", (request) => {
      this.#requests.push(new URL(request.url()).pathname);
      if (request.resourceType() === "fetch") this.#underWay.add(request);
    });
    for (const end of ["requestfinished", "requestfailed"] as const) {
      page.on(end as "requestfinished", (request) => {
        this.#underWay.delete(request);
        if (this.#underWay.size === 0) this.#answered();
      });
    }
  }

  /** Opens the console with a scenario chosen. */
  static async open(
    scenario: string,
    options: Omit<PageOptions, "origin" | "allowedInConsole"> = {},
  ): Promise<OpenConsole> {
    await using stack = new AsyncDisposableStack();
    const kv = await Deno.openKv(":memory:");
    stack.defer(() => kv.close());
    const clock = new TravellingClock(systemClock);
    const simulator = createSimulator({
      clock,
      clients: DEV_CLIENT_SECRETS,
      latencyMs: 40,
      notify: (envelope) => development.notify(envelope),
    });
    const site = stack.use(
      serveSite((request, info) => Promise.resolve(development.fetch(request, info))),
    );
    const development = createDevelopment({
      config: parseConfig({
        ...devEnvironment(AMAZON, 8000),
        ...consoleEnvironment(AMAZON),
        PUBLIC_URL: site.origin,
      }),
      kv,
      clock,
      log: () => {},
      fetch: simulator.fetch,
      issueCode: simulator.issueCode,
      cores: 2,
      passwordIterations: 1000,
      // A census is taken beside some sign-ins, drawn by their ids. Its reads would stand among the events of others.
      censusOneIn: 0,
    });
    stack.defer(() => development.services.background.idle());
    // Scenarios fail on purpose, and Chromium reports failed requests.
    const allowedInConsole =
      /^Failed to load resource: the server responded with a status of (?:4|5)\d\d|^Failed to load resource: net::ERR_CONNECTION_REFUSED/;
    const opened = stack.use(await openPage({ ...options, origin: site.origin, allowedInConsole }));
    await opened.page.goto(`/dev#${scenario}`);
    const console = new OpenConsole(opened.page, development, stack.move());
    await console.screen("start").waitFor();
    await console.#idle();
    return console;
  }

  /** Returns the TV's screen of a kind. */
  screen(kind: string): Locator {
    return this.page.locator(`#screen [data-screen="${kind}"]`);
  }

  /** Waits for running actions and presses a button of the remote. */
  async press(name: string): Promise<void> {
    await this.#idle();
    await this.page.locator("#remote").getByRole("button", { name, exact: true }).click();
  }

  /** Presses a button of the remote, without waiting for running actions. */
  async pressAtOnce(name: string): Promise<void> {
    await this.page.locator("#remote").getByRole("button", { name, exact: true }).click();
  }

  /** Returns the paths of the page's requests so far that begin with a text. */
  requests(start: string): string[] {
    return this.#requests.filter((path) => path.startsWith(start));
  }

  /**
   * Lets the page's own time pass, in steps of a second, until an element is there. Before each step the page's requests are
   * answered: on a busy machine its time would run ahead of them. The page's clock is installed.
   */
  async runUntil(element: Locator): Promise<void> {
    for (let seconds = 0; seconds < 60; seconds++) {
      if (this.#underWay.size > 0) await new Promise<void>((resolve) => this.#answered = resolve);
      if (await element.count() > 0) return;
      await this.page.clock.runFor(1000);
    }
    await element.first().waitFor({ timeout: 1 });
  }

  /** Chooses a scenario, without waiting for running actions. */
  async choose(scenario: string): Promise<void> {
    await this.page.locator(`#scenarios input[value="${scenario}"]`).check({ force: true });
  }

  /** Holds back the page's requests to a path. */
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

  /** Returns the timeline as texts: `lane: title → status`. */
  async events(): Promise<string[]> {
    await this.#idle();
    const rows = this.page.locator("#events > li");
    const lanes = await rows.evaluateAll((all) => all.map((row) => row.getAttribute("data-lane")));
    const titles = await rows.locator(".what").allTextContents();
    const states = await rows.locator(".status").allTextContents();
    return lanes.map((lane, i) => `${lane}: ${titles[i]} → ${states[i]}`);
  }

  /** Returns the fields of the account panel. */
  async account(): Promise<Record<string, string>> {
    await this.#idle();
    const names = await this.page.locator("#account dt").allTextContents();
    const values = await this.page.locator("#account dd").allTextContents();
    return Object.fromEntries(names.map((name, i) => [name, values[i] ?? ""]));
  }

  /** Waits until no action is running and every panel is up to date. */
  async #idle(): Promise<void> {
    await this.page.locator("#timeline:not([aria-busy])").waitFor();
  }

  /** Closes the page, the service and the database. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
