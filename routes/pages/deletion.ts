/**
 * `/delete-account`: the page that the Appstore requires of apps with accounts. It asks for the email, mails a link, and
 * asks for a confirmation.
 *
 * @module
 */
import { startDueTasks, startDueTasksAt } from "../../lib/due_tasks.ts";
import { deleteAccountByLink, viewDeletion } from "../../lib/my_account/deletion.ts";
import { requestLink } from "../../lib/my_account/link_request.ts";
import type { Services } from "../../lib/services.ts";
import { createRouter, type Router } from "../http/env.ts";
import { emailOf, readForm, refuseForeignForms } from "./forms.ts";
import { clientOfRequest, smallBody } from "../http/middleware.ts";
import { languageOfRequest } from "../http/language.ts";

/**
 * Creates the routes of the pages. The code that renders them is imported with the first request: a cold start is
 * faster.
 */
export function deletionPages(services: Services): Router {
  const { config } = services;
  const router = createRouter();
  router.use("/delete-account/*", smallBody, refuseForeignForms(config));

  router.get("/delete-account", async (c) => {
    const { renderDeletionRequest } = await import("./deletion_pages.tsx");
    return renderDeletionRequest(c, config);
  });

  router.post("/delete-account", async (c) => {
    const { renderDeletionRequest } = await import("./deletion_pages.tsx");
    const form = await readForm(c);
    if (config.mail === null) return renderDeletionRequest(c, config);
    const email = emailOf(form);
    if (email === null) {
      return renderDeletionRequest(c, config, { refused: form.get("email") ?? "" });
    }
    const dueAt = await requestLink(services, {
      kind: "account_deletion",
      email,
      client: clientOfRequest(c, config),
      language: languageOfRequest(c),
    });
    startDueTasksAt(services, dueAt);
    const { renderMailSent } = await import("./mail_sent_page.tsx");
    return renderMailSent(c, config, { email });
  });

  router.get("/delete-account/:token", async (c) => {
    const pages = await import("./deletion_pages.tsx");
    const view = await viewDeletion(services, c.req.param("token"));
    return view === null
      ? pages.renderDeadDeletionLink(c, config)
      : pages.renderDeletionConfirmation(c, config, view);
  });

  router.post("/delete-account/:token", async (c) => {
    const pages = await import("./deletion_pages.tsx");
    const form = await readForm(c);
    const token = c.req.param("token");
    // A scanner that opens links may also press buttons. It does not tick a box.
    if ((form.get("confirm") ?? "") === "") {
      const view = await viewDeletion(services, token);
      return view === null
        ? pages.renderDeadDeletionLink(c, config)
        : pages.renderDeletionConfirmation(c, config, { ...view, unconfirmed: true });
    }
    if (!await deleteAccountByLink(services, token)) return pages.renderDeadDeletionLink(c, config);
    startDueTasks(services);
    return pages.renderDeleted(c, config);
  });

  return router;
}
