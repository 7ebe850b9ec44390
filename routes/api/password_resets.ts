/**
 * `POST /v1/password-resets`: asks for a mail with a link to choose a password.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { startDueTasks } from "../../lib/due_tasks.ts";
import { requestLink } from "../../lib/my_account/link_request.ts";
import type { Services } from "../../lib/services.ts";
import { jsonBody, jsonResponse } from "../openapi/responses.ts";
import { createRouter, type Router } from "../http/env.ts";
import { SIGNED_UP_ACCOUNT } from "../openapi/examples.ts";
import { clientOfRequest } from "../http/middleware.ts";
import { BODY_PROBLEMS, problemResponses } from "../openapi/problems.ts";
import { passwordResetRequestedSchema, passwordResetSchema } from "../openapi/schemas.ts";

const ANSWER = { message: "If there is an account with this email, a mail with a link is on its way" };

/** The request for a link to choose a password. */
export function passwordResets(services: Services): Router {
  const { config } = services;

  return createRouter().openapi(
    createRoute({
      method: "post",
      path: "/v1/password-resets",
      operationId: "requestPasswordReset",
      tags: ["Password"],
      summary: "Mail a link to choose a password",
      description:
        "The response is the same whether or not the account exists. The link is valid for an hour and works " +
        "once; a newer mail replaces it. A one-click customer sets a first password in this way.",
      security: [],
      request: { body: jsonBody(passwordResetSchema, { email: SIGNED_UP_ACCOUNT.email }) },
      responses: {
        202: jsonResponse("Accepted. The response says nothing about the account", {
          schema: passwordResetRequestedSchema,
          example: ANSWER,
        }),
        ...problemResponses(config, ...BODY_PROBLEMS, "rate_limited", "storage_unavailable", "internal"),
      },
    }),
    async (c) => {
      const { email } = c.req.valid("json");
      await requestLink(services, { kind: "password_reset", email, client: clientOfRequest(c, config) });
      startDueTasks(services);
      return c.json(ANSWER, 202);
    },
  );
}
