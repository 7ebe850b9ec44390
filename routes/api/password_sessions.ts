/**
 * `POST /v1/sessions`: sign-in by email and password. With a link ticket it also links Amazon.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { signInWithPassword } from "../../lib/sign_in/password.ts";
import type { Services } from "../../lib/services.ts";
import { jsonBody, jsonResponse } from "../openapi/responses.ts";
import { createRouter, type Router } from "../http/env.ts";
import { DEVICE, LINK_TICKET, PASSWORD, SIGNED_IN, SIGNED_UP_ACCOUNT } from "../openapi/examples.ts";
import { clientOfRequest } from "../http/middleware.ts";
import { BODY_PROBLEMS, problemResponses, STORAGE_PROBLEMS } from "../openapi/problems.ts";
import { passwordSignInSchema, signedInSchema } from "../openapi/schemas.ts";

/** Creates the route of sign-in by password. */
export function passwordSessions(services: Services): Router {
  return createRouter().openapi(
    createRoute({
      method: "post",
      path: "/v1/sessions",
      operationId: "signIn",
      tags: ["Password"],
      summary: "Sign in by password, and link Amazon with a ticket",
      description:
        "After a `link_required`, send its `link_ticket` too: this signs the customer in and links Amazon, so that " +
        "one click is enough from then on. A ticket works once, within 15 minutes, for the account that has the " +
        "email of the Amazon profile. A wrong password does not use the ticket up.",
      security: [],
      request: {
        body: jsonBody(passwordSignInSchema, {
          email: SIGNED_UP_ACCOUNT.email,
          password: PASSWORD,
          device: DEVICE,
          link_ticket: LINK_TICKET,
        }),
      },
      responses: {
        200: jsonResponse("The customer is signed in", {
          schema: signedInSchema,
          example: { ...SIGNED_IN, account: { ...SIGNED_UP_ACCOUNT, amazon_linked: true, created: false } },
        }),
        ...problemResponses(
          services.config,
          ...BODY_PROBLEMS,
          "invalid_credentials",
          "link_ticket_invalid",
          "already_linked",
          "rate_limited",
          ...STORAGE_PROBLEMS,
        ),
      },
    }),
    async (c) => {
      const { email, password, device = {}, link_ticket: linkTicket } = c.req.valid("json");
      const client = clientOfRequest(c, services.config);
      return c.json(await signInWithPassword(services, { email, password, device, linkTicket, client }), 200);
    },
  );
}
