/**
 * `/v1/account/email` and `/v1/account/email-verification`: mails with a link that changes the email of an account, or
 * proves the present one.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { startDueTasks, startDueTasksAt } from "../../lib/due_tasks.ts";
import { requestEmailChange, requestEmailVerification } from "../../lib/my_account/email_change.ts";
import type { Services } from "../../lib/services.ts";
import { type AppContext, createRouter, type Router } from "../http/env.ts";
import { bearer, clientOfRequest } from "../http/middleware.ts";
import { PASSWORD } from "../openapi/examples.ts";
import { BODY_PROBLEMS, problemResponses, SESSION_PROBLEMS } from "../openapi/problems.ts";
import { jsonBody, jsonResponse } from "../openapi/responses.ts";
import { emailChangeSchema, mailRequestedSchema } from "../openapi/mail_schemas.ts";

/** The response of a service that sends no mail. */
const NO_MAIL = { message: "At present this service cannot send mail" };
/** The response to every change, so that it does not tell whether another account has the email. */
const CHANGE_REQUESTED = { message: "If the email can be used, a mail with a link is on its way to it" };
const VERIFICATION_REQUESTED = {
  message: "If the email is not confirmed yet, a mail with a link is on its way",
};

/** Creates the routes of an account's email. */
export function accountEmail(services: Services): Router {
  const { config, log } = services;
  const common = { tags: ["Account"], security: [{ session: [] }], middleware: bearer(services) };
  const answer = (c: AppContext, message: { readonly message: string }) => {
    startDueTasks(services);
    if (config.mail !== null) return message;
    const detail = "A customer asked for a link to confirm an email, and no mail can be sent";
    log("warning", "mail_off", { request_id: c.get("requestId"), detail });
    return NO_MAIL;
  };

  return createRouter()
    .openapi(
      createRoute({
        ...common,
        method: "put",
        path: "/v1/account/email",
        operationId: "changeEmail",
        summary: "Mail a link that changes the email",
        description:
          "A link is mailed to the new email, and a notice to the present one. The email changes when the customer " +
          "confirms on the page of the link, and every other device is signed out then. The response is the same when " +
          "another account has the email. The link is valid for one hour. A customer whose password is temporary sends none.",
        request: {
          body: jsonBody(emailChangeSchema, { email: "mork@example.com", current_password: PASSWORD }),
        },
        responses: {
          202: jsonResponse("The request is accepted. This does not tell whether the email can be used", {
            schema: mailRequestedSchema,
            example: CHANGE_REQUESTED,
          }),
          ...problemResponses(
            config,
            ...BODY_PROBLEMS,
            "invalid_credentials",
            "rate_limited",
            ...SESSION_PROBLEMS,
          ),
        },
      }),
      async (c) => {
        const { email, current_password: password } = c.req.valid("json");
        const dueAt = await requestEmailChange(services, c.get("auth"), {
          email,
          password,
          client: clientOfRequest(c, config),
        });
        startDueTasksAt(services, dueAt);
        return c.json(answer(c, CHANGE_REQUESTED), 202);
      },
    )
    .openapi(
      createRoute({
        ...common,
        method: "post",
        path: "/v1/account/email-verification",
        operationId: "verifyEmail",
        summary: "Mail a link that proves the present email",
        description: "`email_verified` is true when the customer has confirmed on the page of the link.",
        responses: {
          202: jsonResponse("The request is accepted", {
            schema: mailRequestedSchema,
            example: VERIFICATION_REQUESTED,
          }),
          ...problemResponses(config, "rate_limited", ...SESSION_PROBLEMS),
        },
      }),
      async (c) => {
        await requestEmailVerification(services, c.get("auth"), clientOfRequest(c, config));
        return c.json(answer(c, VERIFICATION_REQUESTED), 202);
      },
    );
}
