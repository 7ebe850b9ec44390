/**
 * `POST /v1/accounts`: sign-up.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { signUp } from "../../lib/sign_in/sign_up.ts";
import type { Services } from "../../lib/services.ts";
import { jsonBody, jsonResponse } from "../openapi/responses.ts";
import { createRouter, type Router } from "../http/env.ts";
import { DEVICE, PASSWORD, SIGNED_IN, SIGNED_UP_ACCOUNT } from "../openapi/examples.ts";
import { clientOfRequest } from "../http/middleware.ts";
import { markReplayed } from "../http/replayed.ts";
import { BODY_PROBLEMS, problemResponses, STORAGE_PROBLEMS, weakPassword } from "../openapi/problems.ts";
import { idempotencyHeaderSchema, signedInSchema, signUpSchema } from "../openapi/sign_in_schemas.ts";

/** Creates the route of sign-up. */
export function accounts(services: Services): Router {
  const { config } = services;
  return createRouter().openapi(
    createRoute({
      method: "post",
      path: "/v1/accounts",
      operationId: "signUp",
      tags: ["Password"],
      summary: "Sign up with email and password",
      description:
        "For customers who gave no consent. The `errors` of a `weak_password` hold a sentence for the customer. With the " +
        "`link_ticket` of a `profile_incomplete`, one click is enough from then on. If the response is lost, the same " +
        "body with the same `Idempotency-Key` gets the session again for 10 minutes.",
      security: [],
      request: {
        headers: idempotencyHeaderSchema,
        body: jsonBody(signUpSchema, {
          email: SIGNED_UP_ACCOUNT.email,
          password: PASSWORD,
          name: SIGNED_UP_ACCOUNT.name,
          postal_code: SIGNED_UP_ACCOUNT.postal_code,
          device: DEVICE,
        }),
      },
      responses: {
        201: jsonResponse("The account is created, and this device is signed in", {
          schema: signedInSchema,
          example: { ...SIGNED_IN, account: { ...SIGNED_UP_ACCOUNT, created: true } },
          sends: ["Idempotency-Replayed"],
        }),
        ...problemResponses(
          config,
          ...BODY_PROBLEMS,
          "registration_closed",
          "email_taken",
          "link_ticket_invalid",
          weakPassword("/password"),
          "rate_limited",
          ...STORAGE_PROBLEMS,
        ),
      },
    }),
    async (c) => {
      const {
        name = null,
        postal_code: postalCode = null,
        device = {},
        link_ticket: linkTicket,
        ...required
      } = c
        .req.valid("json");
      const { signedIn, replayed } = await signUp(services, {
        ...required,
        name,
        postalCode,
        device,
        linkTicket,
        idempotencyKey: c.req.valid("header")["idempotency-key"] ?? null,
        client: clientOfRequest(c, config),
      });
      if (replayed) markReplayed(c);
      return c.json(signedIn, 201);
    },
  );
}
