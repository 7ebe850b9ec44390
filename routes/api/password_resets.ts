/**
 * `POST /v1/password-resets`: asks for a mail with a link. `/reset/{token}`: where the link leads.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { startDueTasks } from "../../lib/due_tasks.ts";
import { Problem } from "../../lib/base/problem.ts";
import { requestLink } from "../../lib/my_account/link_request.ts";
import { resetPassword, viewReset } from "../../lib/my_account/password_reset.ts";
import type { Services } from "../../lib/services.ts";
import { jsonAnswer, jsonBody } from "../openapi/responses.ts";
import { type AppContext, createRouter, type Router } from "../http/env.ts";
import { SIGNED_UP_ACCOUNT } from "../openapi/examples.ts";
import { EMAIL_FAULT, emailOf, readForm } from "../pages/forms.ts";
import { clientOfRequest, ownForms, smallBody } from "../http/middleware.ts";
import type { Fault } from "../pages/page.tsx";
import { BODY_PROBLEMS, problemResponses } from "../http/problems.ts";
import { passwordResetRequestedSchema, passwordResetSchema } from "../openapi/schemas.ts";

const ANSWER = { message: "If there is an account with this email, a mail with a link is on its way" };

/** The request for a link, and the pages of the link. What renders them is imported when the first is asked for. */
export function passwordResets(services: Services): Router {
  const { config } = services;
  const router = createRouter();

  const request = createRoute({
    method: "post",
    path: "/v1/password-resets",
    operationId: "requestPasswordReset",
    tags: ["Password"],
    summary: "Mail a link to choose a password",
    description:
      "The same answer whether there is such an account or not. The link is good for an hour and works " +
      "once; a newer mail ends the ones before. Also how a one-click customer comes to a first password.",
    security: [],
    request: { body: jsonBody(passwordResetSchema, { email: SIGNED_UP_ACCOUNT.email }) },
    responses: {
      202: jsonAnswer("Taken, which says nothing about the account", {
        schema: passwordResetRequestedSchema,
        example: ANSWER,
      }),
      ...problemResponses(config, ...BODY_PROBLEMS, "rate_limited", "storage_unavailable", "internal"),
    },
  });
  router.openapi(request, async (c) => {
    const { email } = c.req.valid("json");
    await requestLink(services, { kind: "password_reset", email, client: clientOfRequest(c, config) });
    startDueTasks(services);
    return c.json(ANSWER, 202);
  });

  router.use("/reset/:token", smallBody, ownForms(services));
  router.get("/reset/:token", async (c) => {
    const pages = await import("../pages/reset_views.tsx");
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

/** The form of a page whose link does nothing. */
async function askAgain(
  services: Services,
  c: AppContext,
  form: ReadonlyMap<string, string>,
): Promise<Response> {
  const { config } = services;
  const email = emailOf(form);
  if (email === null || config.mail === null) {
    const { renderDeadLink } = await import("../pages/reset_views.tsx");
    const faults = config.mail === null ? [] : [EMAIL_FAULT];
    return renderDeadLink(c, config, { why: "unknown", faults, email: form.get("email") ?? "" });
  }
  await requestLink(services, { kind: "password_reset", email, client: clientOfRequest(c, config) });
  startDueTasks(services);
  const { renderMailSent } = await import("../pages/mail_sent_view.tsx");
  return renderMailSent(c, config, { email });
}

/** The form of a link: the password, once more, and what else is to happen. */
async function choosePassword(
  services: Services,
  c: AppContext,
  form: ReadonlyMap<string, string>,
): Promise<Response> {
  const { config } = services;
  const token = c.req.param("token") ?? "";
  const password = form.get("password") ?? "";
  const unlink = form.has("unlink");
  const pages = await import("../pages/reset_views.tsx");
  const faults = findFaults(password, form.get("repeat") ?? password);
  if (faults.length === 0) {
    try {
      const outcome = await resetPassword(services, { token, password, unlinkAmazon: unlink });
      return typeof outcome === "string"
        ? pages.renderDeadLink(c, config, { why: outcome })
        : pages.renderResetDone(c, config, outcome);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "weak_password") throw error;
      const [{ message } = { message: error.message }] = error.details.errors ?? [];
      faults.push({ field: "password", message: `The password must${message.replace(/^Must/, "")}` });
    }
  }
  const view = await viewReset(services, token);
  return typeof view === "string"
    ? pages.renderDeadLink(c, config, { why: view })
    : pages.renderResetForm(c, config, { view, unlink, faults });
}

/** What can be said without the account. Keyboards compose a letter in different ways, so both are compared in NFC. */
function findFaults(password: string, repeat: string): Fault[] {
  if (password === "") return [{ field: "password", message: "Type the password that you choose" }];
  if (password.normalize("NFC") === repeat.normalize("NFC")) return [];
  return [{ field: "repeat", message: "The two passwords differ: type the same one again" }];
}
