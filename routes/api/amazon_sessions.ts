/**
 * `POST /v1/sessions/amazon`: sign-in by one click.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { signInWithAmazon } from "../../lib/sign_in/one_click.ts";
import { Problem } from "../../lib/base/problem.ts";
import type { Services } from "../../lib/services.ts";
import { createRouter, type Router } from "../http/env.ts";
import { DEVICE, SIGNED_IN } from "../openapi/examples.ts";
import { limitByAddress } from "../http/middleware.ts";
import { jsonBody, jsonResponse } from "../openapi/responses.ts";
import { BODY_PROBLEMS, problemResponses, STORAGE_PROBLEMS } from "../openapi/problems.ts";
import { amazonSignInSchema, idempotencyHeaderSchema, signedInSchema } from "../openapi/schemas.ts";

/** Creates the route of one-click sign-in. It counts the sign-ins in flight in this instance. */
export function amazonSessions(services: Services): Router {
  const { amazonClients, amazonSignInsPerMinute, maxSignInsInFlight } = services.config;
  let inFlight = 0;

  return createRouter().openapi(
    createRoute({
      method: "post",
      path: "/v1/sessions/amazon",
      operationId: "signInWithAmazon",
      tags: ["One click"],
      summary: "Exchange an Appstore code for a session",
      description:
        "Exchanges the code at Amazon, fetches the profile, creates or finds the account, and signs the device in. " +
        "Make a new `Idempotency-Key` for each code, and store both before you send them. If the response is lost, " +
        "the same code with the same key gets it again for 10 minutes.",
      security: [],
      middleware: limitByAddress(services, amazonSignInsPerMinute),
      request: {
        headers: idempotencyHeaderSchema,
        body: jsonBody(amazonSignInSchema, { code: "SplxlOBezQQYbYS6WxSbIA", device: DEVICE }),
      },
      responses: {
        200: jsonResponse("A known customer is signed in", {
          schema: signedInSchema,
          example: { ...SIGNED_IN, account: { ...SIGNED_IN.account, created: false } },
          sends: ["Idempotency-Replayed"],
        }),
        201: jsonResponse("A new customer has got an account and is signed in", {
          schema: signedInSchema,
          example: SIGNED_IN,
          sends: ["Idempotency-Replayed"],
        }),
        ...problemResponses(
          services.config,
          ...BODY_PROBLEMS,
          "code_rejected",
          "code_in_progress",
          "code_already_used",
          "code_lost",
          "link_required",
          "consent_insufficient",
          "profile_incomplete",
          "upstream_rejected_client",
          "upstream_unavailable",
          "upstream_invalid",
          "account_blocked",
          "rate_limited",
          ...STORAGE_PROBLEMS,
        ),
      },
    }),
    async (c) => {
      const { code, app, device = {} } = c.req.valid("json");
      const client = app === undefined
        ? amazonClients[0]
        : amazonClients.find((candidate) => candidate.app === app);
      if (client === undefined) {
        throw new Problem("invalid_request", {
          errors: [{ path: "/app", message: "Is not a configured app" }],
        });
      }
      if (inFlight >= maxSignInsInFlight) throw services.db.overloaded();
      const idempotencyKey = c.req.valid("header")["idempotency-key"] ?? null;
      inFlight++;
      try {
        const request = { code, client, device, idempotencyKey, requestId: c.get("requestId") };
        const { answer, replayed } = await signInWithAmazon(services, request);
        if (replayed) c.header("Idempotency-Replayed", "true");
        if (answer.outcome === "link_required") {
          throw new Problem("link_required", { link_ticket: answer.linkTicket });
        }
        if (answer.outcome === "profile_incomplete") {
          const { prefill, linkTicket: link_ticket } = answer;
          throw new Problem("profile_incomplete", { prefill, link_ticket });
        }
        return c.json(answer.signedIn, answer.signedIn.account.created ? 201 : 200);
      } finally {
        inFlight--;
      }
    },
  );
}
