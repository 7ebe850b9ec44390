/**
 * Health: whether the process answers, and whether the service can serve.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import type { Services } from "../../lib/services.ts";
import { createRouter, type Router } from "../http/env.ts";
import { jsonResponse } from "../openapi/responses.ts";
import { problemResponses } from "../openapi/problems.ts";

const statusSchema = z.object({ status: z.literal("ok") }).openapi("Status");
const ok = { schema: statusSchema, example: { status: "ok" as const } };

/** `/healthz`: the process answers. `/readyz`: the service can serve, because its database answers. */
export function health({ config, db }: Pick<Services, "config" | "db">): Router {
  const tags = ["Service"];

  return createRouter()
    .openapi(
      createRoute({
        method: "get",
        path: "/healthz",
        operationId: "getHealth",
        tags,
        summary: "Whether the process answers",
        description: "For the supervisor that restarts processes. Neither the database nor Amazon is asked.",
        security: [],
        responses: { 200: jsonResponse("The process answers", ok), ...problemResponses(config) },
      }),
      (c) => c.json({ status: "ok" as const }, 200),
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/readyz",
        operationId: "getReadiness",
        tags,
        summary: "Whether the service can serve",
        description: "For the load balancer. The database is asked, and has a second to answer.",
        security: [],
        responses: {
          200: jsonResponse("The database answers", ok),
          ...problemResponses(config, "storage_unavailable", "internal"),
        },
      }),
      async (c) => {
        await db.ping();
        return c.json({ status: "ok" as const }, 200);
      },
    );
}
