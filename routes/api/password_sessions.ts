/**
 * `POST /v1/sessions`: sign-in by email and password. With a link ticket it also links Amazon.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { startDueTasks } from "../../lib/due_tasks.ts";
import { signInWithPassword } from "../../lib/sign_in/password.ts";
import type { Services } from "../../lib/services.ts";
import { jsonBody, jsonResponse } from "../openapi/responses.ts";
import { createRouter, type Router } from "../http/env.ts";
import { DEVICE, PASSWORD, SIGNED_IN, SIGNED_UP_ACCOUNT } from "../openapi/examples.ts";
import { clientOfRequest } from "../http/middleware.ts";
import { markReplayed } from "../http/replayed.ts";
import { BODY_PROBLEMS, problemResponses, STORAGE_PROBLEMS } from "../openapi/problems.ts";
import { passwordSignInSchema, signedInSchema } from "../openapi/sign_in_schemas.ts";

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
        "email of the Amazon profile; the ticket of a `profile_incomplete`, for any account. `link` says `kept` when " +
        "the account has another Amazon customer, or that customer another account: then the customer is signed in " +
        "and nothing is linked. A wrong password does not use the ticket up. The same request gets the same session " +
        "again for 10 minutes.",
      security: [],
      request: {
        body: jsonBody(passwordSignInSchema, {
          email: SIGNED_UP_ACCOUNT.email,
          password: PASSWORD,
          device: DEVICE,
        }),
      },
      responses: {
        200: jsonResponse("The customer is signed in", {
          schema: signedInSchema,
          example: {
            ...SIGNED_IN,
            account: { ...SIGNED_UP_ACCOUNT, created: false },
          },
          sends: ["Idempotency-Replayed"],
        }),
        ...problemResponses(
          services.config,
          ...BODY_PROBLEMS,
          "invalid_credentials",
          "link_ticket_invalid",
          "account_blocked",
          "rate_limited",
          ...STORAGE_PROBLEMS,
        ),
      },
    }),
    async (c) => {
      const { email, password, device = {}, link_ticket: linkTicket } = c.req.valid("json");
      const client = clientOfRequest(c, services.config);
      const request = { email, password, device, linkTicket, client };
      const { signedIn, replayed } = await signInWithPassword(services, request);
      // A new link has put a mail into the outbox.
      if (linkTicket !== undefined) startDueTasks(services);
      if (replayed) markReplayed(c);
      return c.json(signedIn, 200);
    },
  );
}
