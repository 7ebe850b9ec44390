/**
 * `POST /v1/sessions`: sign-in by email and password, and linking.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { signInWithPassword } from "../lib/passwords/sign_in.ts";
import type { Services } from "../lib/services.ts";
import { createRouter, type Router } from "./env.ts";
import { clientOfRequest } from "./middleware.ts";
import { problemResponses } from "./problems.ts";
import { passwordSignInSchema, signedInSchema } from "./schemas.ts";

/** Sign-in by password. */
export function passwordSessions(services: Services): Router {
  const route = createRoute({
    method: "post",
    path: "/v1/sessions",
    summary: "Sign in by password, and link Amazon with a ticket",
    request: { body: { required: true, content: { "application/json": { schema: passwordSignInSchema } } } },
    responses: {
      200: { description: "Signed in", content: { "application/json": { schema: signedInSchema } } },
      ...problemResponses(
        "invalid_request",
        "payload_too_large",
        "unsupported_media_type",
        "invalid_credentials",
        "link_ticket_invalid",
        "already_linked",
        "rate_limited",
        "storage_unavailable",
        "internal",
      ),
    },
  });

  return createRouter().openapi(route, async (c) => {
    const { email, password, device = {}, link_ticket: linkTicket } = c.req.valid("json");
    const client = clientOfRequest(c, services.config);
    return c.json(
      await signInWithPassword(services, { email, password, device, linkTicket, client }),
      200,
    );
  });
}
