/** A web app of another origin in Chromium: with `CORS_ORIGINS` the client works there, and without it nothing does. */
import { assert, assertEquals } from "@std/assert";
import { browserModule } from "../../lib/dev/console/server/modules.ts";
import type { Client, PurchasingService } from "../../lib/client/mod.ts";
import { TestService } from "../support/test_service.ts";
import { browserTest, openPage } from "./browser.ts";
import { serveSite, type Site } from "./site.ts";

/** Serves an empty page and the modules of the client. */
function serveApp(): Site {
  return serveSite(async (request) => {
    const module = await browserModule(new URL(request.url).pathname.slice(1));
    if (module !== null) return new Response(module, { headers: { "content-type": "text/javascript" } });
    return new Response("<!DOCTYPE html><title>A TV app</title>", {
      headers: { "content-type": "text/html" },
    });
  });
}

browserTest(
  "the client signs in, reads, changes and signs out from a web app of another origin",
  async () => {
    await using app = serveApp();
    await using service = await TestService.open({ env: { CORS_ORIGINS: app.origin } });
    await using api = serveSite((request) => {
      const { pathname, search } = new URL(request.url);
      const { method, headers } = request;
      const body = request.body === null ? {} : { body: request.body };
      return service.answerOf(service.request(pathname + search, { method, headers, ...body }));
    });
    await using opened = await openPage({ origin: app.origin, allowedInConsole: /status of (?:401|503)/ });
    const { page } = opened;
    // Playwright would answer the preflight requests itself.
    await page.context().unrouteAll();
    await page.goto("/");
    const result = await page.evaluate(async ({ url, code }) => {
      const path = "/lib/client/mod.ts";
      const { createClient } = await import(path);
      const client: Client = createClient({ service: url, storage: localStorage });
      const appstore: PurchasingService = {
        getUserData: () =>
          Promise.resolve({ responseCode: 1, userData: { userId: "A", userProfileAccessConsentStatus: 2 } }),
        requestUserProfileAccess: () => Promise.resolve({ responseCode: 1, userProfileAccessAuthCode: code }),
        getPurchaseUpdates: () =>
          Promise.resolve({
            responseCode: 1,
            userData: { userId: "A" },
            receiptList: [{ receiptId: "sub.active.1" }],
            hasMore: false,
          }),
        notifyFulfillment: () => Promise.resolve({ responseCode: 1 }),
      };
      const signedIn = await client.signInWithAmazon(appstore);
      const headers = { "Content-Type": "application/json" };
      const patch = { method: "PATCH", headers, body: '{"name":"Vera"}' };
      const changed = await client.fetch("/v1/account", patch);
      const token = await client.accessToken();
      const signedOut = await client.signOut();
      const after = await client.fetch("/v1/account");
      return {
        outcome: signedIn.outcome,
        entitlements: "entitlements" in signedIn ? signedIn.entitlements?.length : 0,
        name: (await changed.json()).name,
        requestId: changed.headers.get("X-Request-Id"),
        hasToken: token !== null,
        signedOut,
        after: after.status,
      };
      // The first answer asks for another try after a second, which the client reads from a header.
    }, { url: api.origin, code: "new~profile-503*1.1" });
    assert(result.requestId !== null);
    const { requestId: _, ...rest } = result;
    assertEquals(rest, {
      outcome: "signed_in",
      entitlements: 1,
      name: "Vera",
      hasToken: true,
      signedOut: true,
      after: 401,
    });
  },
);

browserTest(
  "a web app of an origin that is not configured can neither sign in nor read an answer",
  async () => {
    await using app = serveApp();
    await using service = await TestService.open({ env: { CORS_ORIGINS: "https://tv.example.com" } });
    await using api = serveSite((request) =>
      service.request(new URL(request.url).pathname, { method: request.method, headers: request.headers })
    );
    await using opened = await openPage({ origin: app.origin, allowedInConsole: /CORS policy|ERR_FAILED/ });
    const { page } = opened;
    await page.context().unrouteAll();
    await page.goto("/");
    const failures = await page.evaluate(async (url) => {
      const headers = { "Content-Type": "application/json" };
      const requests = [
        fetch(`${url}/v1/sessions/amazon`, { method: "POST", headers, body: '{"code":"new.1"}' }),
        fetch(`${url}/v1/sessions/current`, { headers: { Authorization: "Bearer ocs_x" } }),
        fetch(`${url}/v1/account`),
      ];
      return (await Promise.allSettled(requests)).map(({ status }) => status);
    }, api.origin);
    assertEquals(failures, ["rejected", "rejected", "rejected"]);
    assertEquals((await service.stored()).account, undefined);
  },
);
