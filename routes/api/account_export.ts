/**
 * `/v1/account/export`: everything that is stored about the customer of a session token.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { describeError } from "../../lib/base/log.ts";
import { Problem } from "../../lib/base/problem.ts";
import { startTasks } from "../../lib/due_tasks.ts";
import { openExport, writeExport } from "../../lib/my_account/export.ts";
import type { Services } from "../../lib/services.ts";
import { createRouter, type Router } from "../http/env.ts";
import { bearer } from "../http/middleware.ts";
import { EXPORT } from "../openapi/examples.ts";
import { exportSchema } from "../openapi/export_schemas.ts";
import { problemResponses, SESSION_PROBLEMS } from "../openapi/problems.ts";
import { jsonResponse } from "../openapi/responses.ts";

/** Creates the route of `/v1/account/export`. */
export function accountExport(services: Services): Router {
  const { config, log } = services;
  return createRouter().openapi(
    createRoute({
      tags: ["Account"],
      security: [{ session: [] }],
      middleware: bearer(services),
      method: "get",
      path: "/v1/account/export",
      operationId: "exportAccount",
      summary: "Export everything that is stored about the customer",
      description: "One JSON object, written while it is read. An answer that breaks off is no JSON.",
      responses: {
        200: jsonResponse("Everything that is stored", { schema: exportSchema, example: EXPORT }),
        ...problemResponses(config, ...SESSION_PROBLEMS),
      },
    }),
    async (c) => {
      const exported = await openExport(services, c.get("auth").accountId);
      // Another device has deleted the account since the token was checked.
      if (exported === null) throw new Problem("invalid_session");
      if (config.webhook !== null) startTasks(services);
      const pieces = writeExport(exported);
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          try {
            const { done, value } = await pieces.next();
            if (done) controller.close();
            else controller.enqueue(new TextEncoder().encode(value));
          } catch (error) {
            log("warning", "export_broken_off", { request_id: c.get("requestId"), ...describeError(error) });
            controller.error(error);
          }
        },
        async cancel() {
          await pieces.return(undefined);
        },
      });
      // The type of the route wants the whole object. It is sent in pieces instead.
      return c.body(body, 200, { "Content-Type": "application/json" }) as never;
    },
  );
}
