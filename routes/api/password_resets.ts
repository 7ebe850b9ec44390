/**
 * `POST /v1/password-resets`: asks for a mail with a link to choose a password.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { startDueTasksAt } from "../../lib/due_tasks.ts";
import { requestLink } from "../../lib/my_account/link_request.ts";
import type { Services } from "../../lib/services.ts";
import { jsonBody, jsonResponse } from "../openapi/responses.ts";
import { createRouter, type Router } from "../http/env.ts";
import { SIGNED_UP_ACCOUNT } from "../openapi/examples.ts";
import { languageOfRequest } from "../http/language.ts";
import { clientOfRequest } from "../http/middleware.ts";
import { BODY_PROBLEMS, problemResponses, STORAGE_PROBLEMS } from "../openapi/problems.ts";
import { passwordResetRequestedSchema, passwordResetSchema } from "../openapi/mail_schemas.ts";

/** The response of a service that sends no mail. It is the same for every email, too. */
const NO_MAIL = { message: "At present this service cannot send mail" };

/** The response to every request, so that it does not tell whether there is an account. */
const REQUESTED = { message: "If there is an account with this email, a mail with a link is on its way" };

/** Creates the route of the request for a link. */
export function passwordResets(services: Services): Router {
  const { config, log } = services;

  return createRouter().openapi(
    createRoute({
      method: "post",
      path: "/v1/password-resets",
      operationId: "requestPasswordReset",
      tags: ["Password"],
      summary: "Mail a link to choose a password",
      description:
        "The response is the same whether there is such an account or not. The link is valid for one hour and works " +
        "once. A newer mail ends the links before it. A one-click customer gets a first password in the same way.",
      security: [],
      request: { body: jsonBody(passwordResetSchema, { email: SIGNED_UP_ACCOUNT.email }) },
      responses: {
        202: jsonResponse("The request is accepted. This does not tell whether there is an account", {
          schema: passwordResetRequestedSchema,
          example: REQUESTED,
        }),
        ...problemResponses(config, ...BODY_PROBLEMS, "rate_limited", ...STORAGE_PROBLEMS),
      },
    }),
    async (c) => {
      const { email } = c.req.valid("json");
      const client = clientOfRequest(c, config);
      const language = languageOfRequest(c);
      startDueTasksAt(
        services,
        await requestLink(services, { kind: "password_reset", email, client, language }),
      );
      if (config.mail !== null) return c.json(REQUESTED, 202);
      const detail = "A customer asked for a link to choose a password, and no mail can be sent";
      log("warning", "mail_off", { request_id: c.get("requestId"), detail });
      return c.json(NO_MAIL, 202);
    },
  );
}
