/**
 * `POST /v1/sessions/amazon`: sign-in by one click.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { SignInFlights } from "../../lib/sign_in/flights.ts";
import { Problem } from "../../lib/base/problem.ts";
import { startReceiptChecks } from "../../lib/due_tasks.ts";
import type { Services } from "../../lib/services.ts";
import { createRouter, type Router } from "../http/env.ts";
import { DEVICE, SIGNED_IN } from "../openapi/examples.ts";
import { limitByAddress } from "../http/middleware.ts";
import { markReplayed } from "../http/replayed.ts";
import { jsonBody, jsonResponse } from "../openapi/responses.ts";
import { BODY_PROBLEMS, problemResponses, STORAGE_PROBLEMS } from "../openapi/problems.ts";
import { readPurchases } from "../openapi/purchase_schemas.ts";
import { amazonSignInSchema, idempotencyHeaderSchema, signedInSchema } from "../openapi/sign_in_schemas.ts";

/** Creates the route of one-click sign-in. One piece of work for each code is under way in this instance. */
export function amazonSessions(services: Services): Router {
  const { amazonClients, amazonSignInsPerMinute } = services.config;
  const flights = new SignInFlights(services);

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
      const { code, app, device = {}, purchases: brought } = c.req.valid("json");
      const purchases = brought === undefined ? undefined : readPurchases(brought);
      const client = app === undefined
        ? amazonClients[0]
        : amazonClients.find((candidate) => candidate.app === app);
      if (client === undefined) {
        throw new Problem("invalid_request", {
          errors: [{ path: "/app", message: "Is not a configured app" }],
        });
      }
      if (purchases !== undefined && client.sharedSecret === undefined) {
        const message = "Receipts are not verified here: no shared secret is set";
        throw new Problem("invalid_request", { errors: [{ path: "/purchases", message }] });
      }
      const idempotencyKey = c.req.valid("header")["idempotency-key"] ?? null;
      const requestId = c.get("requestId");
      const request = { code, client, device, purchases, idempotencyKey, requestId };
      const { answer, replayed, checkDue } = await flights.signIn(request);
      if (checkDue) startReceiptChecks(services);
      if (replayed) markReplayed(c);
      if (answer.outcome === "link_required") {
        throw new Problem("link_required", { link_ticket: answer.linkTicket });
      }
      if (answer.outcome === "profile_incomplete") {
        const { prefill, linkTicket: link_ticket } = answer;
        throw new Problem("profile_incomplete", { prefill, link_ticket });
      }
      const { signedIn, entitlements } = answer;
      // A request that joined another one may have sent no purchases itself.
      const told = purchases === undefined || entitlements === undefined
        ? {}
        : { entitlements: [...entitlements] };
      return c.json({ ...signedIn, ...told }, signedIn.account.created ? 201 : 200);
    },
  );
}
