/**
 * `/v1/purchases` and `/v1/entitlements`: receipts of a signed-in device, and what its account may use.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { listEntitlements } from "../../lib/accounts/entitlements.ts";
import { Problem } from "../../lib/base/problem.ts";
import { findReceiptClient } from "../../lib/config/amazon.ts";
import { startReceiptChecks } from "../../lib/due_tasks.ts";
import { STORAGE_DEADLINE_MS } from "../../lib/kv/database.ts";
import { submitReceipts } from "../../lib/purchases/submission.ts";
import type { Services } from "../../lib/services.ts";
import { createRouter, type Router } from "../http/env.ts";
import { bearer, existsWhen, limitByAddress } from "../http/middleware.ts";
import { ENTITLEMENT, PURCHASES } from "../openapi/examples.ts";
import { BODY_PROBLEMS, problemResponses, SESSION_PROBLEMS } from "../openapi/problems.ts";
import { entitlementsSchema, purchasesSchema, readPurchases } from "../openapi/purchase_schemas.ts";
import { jsonBody, jsonResponse } from "../openapi/responses.ts";

/** Creates the routes of purchases. Without any shared secret they do not exist. */
export function purchases(services: Services): Router {
  const { config, clock, db } = services;
  const existing = existsWhen(findReceiptClient(config.amazonClients, undefined) !== null);
  const common = { tags: ["Purchases"], security: [{ session: [] }] };

  return createRouter()
    .openapi(
      createRoute({
        ...common,
        method: "post",
        path: "/v1/purchases",
        operationId: "submitPurchases",
        summary: "Verify the receipts of this device, and bind them to the account",
        description:
          "Asks Amazon about each receipt. The first account with a verified receipt keeps it. A device " +
          "sends its receipts after every start.",
        middleware: [
          existing,
          limitByAddress(services, config.amazonSignInsPerMinute),
          bearer(services),
        ] as const,
        request: { body: jsonBody(purchasesSchema, PURCHASES) },
        responses: {
          200: jsonResponse("What the account may use by these receipts", {
            schema: entitlementsSchema,
            example: { entitlements: [ENTITLEMENT] },
          }),
          ...problemResponses(config, ...BODY_PROBLEMS, "not_found", "rate_limited", ...SESSION_PROBLEMS),
        },
      }),
      async (c) => {
        const auth = c.get("auth");
        const app = auth.session.value.app ?? config.amazonClients[0]?.app;
        const client = findReceiptClient(config.amazonClients, app);
        if (client === null) throw new Problem("not_found");
        const submitted = {
          purchases: readPurchases(c.req.valid("json")),
          client,
          requestId: c.get("requestId"),
        };
        const { entitlements, due } = await submitReceipts(services, auth, submitted);
        if (due) startReceiptChecks(services);
        return c.json({ entitlements: [...entitlements] }, 200);
      },
    )
    .openapi(
      createRoute({
        ...common,
        method: "get",
        path: "/v1/entitlements",
        operationId: "listEntitlements",
        summary: "List what the account may use",
        description: "As Amazon last told, without asking Amazon. Ended receipts are listed for 90 days.",
        middleware: [existing, bearer(services)] as const,
        responses: {
          200: jsonResponse("The entitlements of the account, the latest purchase first", {
            schema: entitlementsSchema,
            example: { entitlements: [ENTITLEMENT] },
          }),
          ...problemResponses(config, "not_found", ...SESSION_PROBLEMS),
        },
      }),
      async (c) => {
        using store = db.within(STORAGE_DEADLINE_MS);
        const { accountId } = c.get("auth");
        const entitlements = await listEntitlements(store.near, { accountId, now: clock.now() });
        return c.json({ entitlements }, 200);
      },
    );
}
