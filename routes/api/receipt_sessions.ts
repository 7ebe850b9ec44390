/**
 * `POST /v1/sessions/receipt`: sign-in by a receipt that an account has.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { Problem } from "../../lib/base/problem.ts";
import type { Services } from "../../lib/services.ts";
import { signInByReceipt } from "../../lib/sign_in/receipt.ts";
import { createRouter, type Router } from "../http/env.ts";
import { existsWhen, limitByAddress } from "../http/middleware.ts";
import { DEVICE, PURCHASES, SIGNED_IN } from "../openapi/examples.ts";
import { BODY_PROBLEMS, problemResponses, STORAGE_PROBLEMS } from "../openapi/problems.ts";
import { appstoreUserSchema, receiptIdSchema } from "../openapi/purchase_schemas.ts";
import { jsonBody, jsonResponse } from "../openapi/responses.ts";
import { appSchema, deviceSchema } from "../openapi/device_schemas.ts";
import { signedInSchema } from "../openapi/sign_in_schemas.ts";

const receiptSignInSchema = z.object({
  user_id: appstoreUserSchema,
  receipt_id: receiptIdSchema,
  app: appSchema.optional(),
  device: deviceSchema.optional(),
}).openapi("ReceiptSignIn");

/** Creates the route. It exists only when the operator allows it. */
export function receiptSessions(services: Services): Router {
  const { config } = services;
  return createRouter().openapi(
    createRoute({
      method: "post",
      path: "/v1/sessions/receipt",
      operationId: "signInByReceipt",
      tags: ["Purchases"],
      summary: "Sign in by a receipt that an account has",
      description:
        "For the second TV and the reinstalled app. Amazon must confirm the receipt now, as active or in its " +
        "grace period. The operator switches this on.",
      security: [],
      middleware: [
        existsWhen(config.purchases.receiptSignIn),
        limitByAddress(services, config.amazonSignInsPerMinute),
      ] as const,
      request: {
        body: jsonBody(receiptSignInSchema, {
          user_id: PURCHASES.user_id,
          receipt_id: PURCHASES.receipts[0]!,
          device: DEVICE,
        }),
      },
      responses: {
        200: jsonResponse("The customer is signed in", {
          schema: signedInSchema,
          example: { ...SIGNED_IN, account: { ...SIGNED_IN.account, created: false } },
        }),
        ...problemResponses(
          config,
          ...BODY_PROBLEMS,
          "receipt_rejected",
          "receipt_unknown",
          "not_found",
          "upstream_rejected_client",
          "upstream_unavailable",
          "account_blocked",
          "rate_limited",
          ...STORAGE_PROBLEMS,
        ),
      },
    }),
    async (c) => {
      const { user_id: userId, receipt_id: receiptId, app, device = {} } = c.req.valid("json");
      const clients = config.amazonClients;
      const client = app === undefined ? clients[0] : clients.find((candidate) => candidate.app === app);
      if (client === undefined) {
        throw new Problem("invalid_request", {
          errors: [{ path: "/app", message: "Is not a configured app" }],
        });
      }
      const { sharedSecret } = client;
      if (sharedSecret === undefined) throw new Problem("not_found");
      const request = {
        userId,
        receiptId,
        client: { ...client, sharedSecret },
        device,
        requestId: c.get("requestId"),
      };
      return c.json(await signInByReceipt(services, request), 200);
    },
  );
}
