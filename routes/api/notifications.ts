/**
 * `POST /v1/appstore/notifications`: Amazon's Real-time Notifications, by SNS.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { startReceiptChecks } from "../../lib/due_tasks.ts";
import { takeNotification } from "../../lib/purchases/notifications.ts";
import type { Services } from "../../lib/services.ts";
import { createRouter, type Router } from "../http/env.ts";
import { existsWhen } from "../http/middleware.ts";
import { problemResponses, STORAGE_PROBLEMS } from "../openapi/problems.ts";
import { jsonResponse } from "../openapi/responses.ts";

/** The path of the route. Its bodies have a bound of their own. */
export const NOTIFICATIONS_PATH = "/v1/appstore/notifications";
/** The most bytes of a body: those of an SNS message. */
const MOST_BYTES = 256 * 1024;

/** Creates the route. It exists when `RTN_TOPIC_ARN` is set. */
export function notifications(services: Services): Router {
  const { config } = services;
  return createRouter().openapi(
    createRoute({
      method: "post",
      path: NOTIFICATIONS_PATH,
      operationId: "takeNotification",
      tags: ["Purchases"],
      summary: "Take a notification of Amazon about a receipt",
      description:
        "For Amazon SNS alone: the message must be signed, and of the configured topic. It is stored before it " +
        "is answered, and Amazon is then asked about its receipt. Any content type is taken, up to 256 KiB.",
      security: [],
      middleware: [existsWhen(config.purchases.topics.length > 0)] as const,
      request: {
        body: {
          required: true,
          content: {
            "text/plain": {
              schema: z.string().openapi({ description: "The envelope of SNS, as JSON" }),
              example: '{"Type":"Notification","MessageId":"…","TopicArn":"…","Message":"…","Signature":"…"}',
            },
          },
        },
      },
      responses: {
        200: jsonResponse("The message is stored, now or before", {
          schema: z.object({ status: z.literal("ok") }),
          example: { status: "ok" as const },
        }),
        ...problemResponses(
          config,
          "invalid_request",
          "payload_too_large",
          "notification_rejected",
          "not_found",
          "upstream_unavailable",
          ...STORAGE_PROBLEMS,
        ),
      },
    }),
    async (c) => {
      const body = await c.get("body").anyText(c.req.raw, {
        most: MOST_BYTES,
        requestId: c.get("requestId"),
      });
      await takeNotification(services, body);
      startReceiptChecks(services);
      return c.json({ status: "ok" as const }, 200);
    },
  );
}
