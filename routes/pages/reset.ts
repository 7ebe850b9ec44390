/**
 * `/reset/{token}`: the pages on which a customer chooses a password by a mailed link.
 *
 * @module
 */
import { Problem } from "../../lib/base/problem.ts";
import { startDueTasks, startDueTasksAt } from "../../lib/due_tasks.ts";
import { requestLink } from "../../lib/my_account/link_request.ts";
import { resetPassword, viewReset } from "../../lib/my_account/password_reset.ts";
import { passwordRuleOf } from "../../lib/passwords/policy.ts";
import type { Services } from "../../lib/services.ts";
import { type AppContext, createRouter, type Router } from "../http/env.ts";
import { clientOfRequest, smallBody } from "../http/middleware.ts";
import { languageOfRequest } from "../http/language.ts";
import { emailOf, readForm, refuseForeignForms } from "./forms.ts";
import type { ResetFault } from "./reset_pages.tsx";

/**
 * Creates the routes of the pages. The code that renders them is imported with the first request: a cold start is
 * faster.
 */
export function passwordResetPages(services: Services): Router {
  const { config } = services;
  const router = createRouter();
  router.use("/reset/:token", smallBody, refuseForeignForms(config));
  router.get("/reset/:token", async (c) => {
    const pages = await import("./reset_pages.tsx");
    const view = await viewReset(services, c.req.param("token"));
    if (typeof view === "string") return pages.renderDeadLink(c, config, { why: view });
    return pages.renderResetForm(c, config, { view, unlink: view.linkDoubtful, faults: [] });
  });
  router.post("/reset/:token", async (c) => {
    const form = await readForm(c);
    return form.has("email") && !form.has("password")
      ? await askAgain(services, c, form)
      : await choosePassword(services, c, form);
  });
  return router;
}

/** Handles the form in which a customer asks for a new link. The page of a link that does not work has it. */
async function askAgain(
  services: Services,
  c: AppContext,
  form: ReadonlyMap<string, string>,
): Promise<Response> {
  const { config } = services;
  const email = emailOf(form);
  if (email === null || config.mail === null) {
    const { renderDeadLink } = await import("./reset_pages.tsx");
    const refused = config.mail === null ? undefined : form.get("email") ?? "";
    return renderDeadLink(c, config, { why: "unknown", refused });
  }
  const dueAt = await requestLink(services, {
    kind: "password_reset",
    email,
    client: clientOfRequest(c, config),
    language: languageOfRequest(c),
  });
  startDueTasksAt(services, dueAt);
  const { renderMailSent } = await import("./mail_sent_page.tsx");
  return renderMailSent(c, config, { email });
}

/** Handles the form of a valid link: the password, its repetition, and whether to unlink Amazon. */
async function choosePassword(
  services: Services,
  c: AppContext,
  form: ReadonlyMap<string, string>,
): Promise<Response> {
  const { config } = services;
  const token = c.req.param("token") ?? "";
  const password = form.get("password") ?? "";
  const unlink = form.has("unlink");
  const pages = await import("./reset_pages.tsx");
  const faults = findFaults(password, form.get("repeat") ?? password);
  if (faults.length === 0) {
    try {
      const outcome = await resetPassword(services, { token, password, unlinkAmazon: unlink });
      if (typeof outcome === "string") return pages.renderDeadLink(c, config, { why: outcome });
      startDueTasks(services);
      return pages.renderResetDone(c, config, outcome);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "weak_password") throw error;
      faults.push({ field: "password", why: passwordRuleOf(error) });
    }
  }
  const view = await viewReset(services, token);
  return typeof view === "string"
    ? pages.renderDeadLink(c, config, { why: view })
    : pages.renderResetForm(c, config, { view, unlink, faults });
}

/** Finds the faults that show without the account. Keyboards compose letters in different ways, so NFC is compared. */
function findFaults(password: string, repeat: string): ResetFault[] {
  if (password === "") return [{ field: "password", why: "empty" }];
  if (password.normalize("NFC") === repeat.normalize("NFC")) return [];
  return [{ field: "repeat", why: "differ" }];
}
