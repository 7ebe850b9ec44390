/**
 * Visits of customers to the pages of the service, and the checks of each state of a page: it is accessible and fits its
 * screen.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { TestService, type TestServiceOptions } from "../support/test_service.ts";
import {
  assertAccessible,
  browserTest,
  type OpenPage,
  openPage,
  type PageOptions,
  screenshot,
} from "./browser.ts";
import { serveSite } from "./site.ts";

const REPORTED_4XX = /the server responded with a status of 4\d\d/;
const VIEWPORTS = { phone: { width: 360, height: 740 }, tv: { width: 1920, height: 1080 } };

/** Opens a service, its site and an empty page, runs `walk` and closes them. `forms` are the headers of each POST. */
export async function visit(
  options: TestServiceOptions & Omit<PageOptions, "origin">,
  walk: (service: TestService, opened: OpenPage, forms: readonly Headers[]) => Promise<void>,
): Promise<void> {
  const forms: Headers[] = [];
  const { viewport, colorScheme, javaScriptEnabled, ...rest } = options;
  await using service = await TestService.open(rest);
  await using site = serveSite(async (request) => {
    const { pathname, search } = new URL(request.url);
    const { method, headers } = request;
    const body = method === "POST" ? await request.text() : null;
    if (method === "POST") forms.push(headers);
    return await service.request(pathname + search, { method, headers, body });
  });
  await using opened = await openPage({
    origin: site.origin,
    allowedInConsole: REPORTED_4XX,
    ...(viewport === undefined ? {} : { viewport }),
    ...(colorScheme === undefined ? {} : { colorScheme }),
    ...(javaScriptEnabled === undefined ? {} : { javaScriptEnabled }),
  });
  await walk(service, opened, forms);
}

/** Returns the heading of a page. */
export function headingOf({ page }: OpenPage): Promise<string> {
  return page.getByRole("heading", { level: 1 }).innerText();
}

/** A state of a page. */
export interface PageState {
  /** The options of the service. */
  readonly options?: TestServiceOptions;
  /** Brings the page into the state. */
  readonly show: (service: TestService, opened: OpenPage) => Promise<void>;
}

/** Declares the tests of a state, on a phone and on a TV. Each keeps pictures, under the name of the state. */
export function testState(name: string, { options = {}, show }: PageState): void {
  for (const [screen, viewport] of Object.entries(VIEWPORTS)) {
    browserTest(
      `${name} is accessible and fits its screen in light and dark: ${screen}`,
      () =>
        visit({ ...options, viewport }, async (service, opened) => {
          const { page } = opened;
          await show(service, opened);
          for (const colorScheme of ["light", "dark"] as const) {
            await page.emulateMedia({ colorScheme });
            await assertAccessible(page);
            await screenshot(page, `${name}-${screen}-${colorScheme}`);
          }
          const [width, fontSize] = await page.evaluate(
            "[document.documentElement.scrollWidth, parseFloat(getComputedStyle(document.body).fontSize)]",
          ) as [number, number];
          assertEquals(width, viewport.width, "The page is wider than the screen");
          assert(fontSize >= (screen === "tv" ? 24 : 16), `The text is only ${fontSize} pixels high`);
        }),
    );
  }
}
