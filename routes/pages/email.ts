/**
 * `/confirm-email/{token}`: the page on which a customer confirms an email by a mailed link.
 *
 * @module
 */
import { confirmEmail, viewEmailLink } from "../../lib/my_account/email_confirmation.ts";
import type { Services } from "../../lib/services.ts";
import { createRouter, type Router } from "../http/env.ts";
import { smallBody } from "../http/middleware.ts";
import { readForm, refuseForeignForms } from "./forms.ts";

/** Creates the routes of the page. The code that renders it is imported with the first request: a cold start is faster. */
export function emailPages(services: Services): Router {
  const { config } = services;
  const router = createRouter();
  router.use("/confirm-email/:token", smallBody, refuseForeignForms(config));

  router.get("/confirm-email/:token", async (c) => {
    const pages = await import("./email_pages.tsx");
    const view = await viewEmailLink(services, c.req.param("token"));
    return typeof view === "string"
      ? pages.renderDeadEmailLink(c, config, view)
      : pages.renderEmailConfirmation(c, config, view);
  });

  router.post("/confirm-email/:token", async (c) => {
    const pages = await import("./email_pages.tsx");
    await readForm(c);
    const done = await confirmEmail(services, c.req.param("token"));
    return typeof done === "string"
      ? pages.renderDeadEmailLink(c, config, done)
      : pages.renderEmailConfirmed(c, config, done);
  });

  return router;
}
