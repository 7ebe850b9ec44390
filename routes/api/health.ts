/**
 * `/healthz` and `/readyz`: whether the process runs, and whether the service can serve requests.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import type { Services } from "../../lib/services.ts";
import { createRouter, type Router } from "../http/env.ts";
import { jsonResponse } from "../openapi/responses.ts";
import { problemResponses, STORAGE_PROBLEMS } from "../openapi/problems.ts";

const OK = { status: "ok" as const };
const statusBody = { schema: z.object({ status: z.literal("ok") }).openapi("Status"), example: OK };

/** Creates the routes of `/healthz` and `/readyz`. */
export function health({ config, db }: Pick<Services, "config" | "db">): Router {
  const common = { tags: ["Service"], security: [] };

  return createRouter()
    .openapi(
      createRoute({
        ...common,
        method: "get",
        path: "/healthz",
        operationId: "getHealth",
        summary: "Check that the process runs",
        description: "For the supervisor that restarts processes. It asks neither the database nor Amazon.",
        responses: { 200: jsonResponse("The process runs", statusBody), ...problemResponses(config) },
      }),
      (c) => c.json(OK, 200),
    )
    .openapi(
      createRoute({
        ...common,
        method: "get",
        path: "/readyz",
        operationId: "getReadiness",
        summary: "Check that the service can serve requests",
        description: "For the load balancer. It asks the database, which has one second to answer.",
        responses: {
          200: jsonResponse("The database answers", statusBody),
          ...problemResponses(config, ...STORAGE_PROBLEMS),
        },
      }),
      async (c) => {
        await db.ping();
        return c.json(OK, 200);
      },
    );
}
