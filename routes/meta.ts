/**
 * What operators and developers ask of the service itself.
 *
 * @module
 */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Services } from "../lib/services.ts";
import { type AppEnv, createRouter } from "./env.ts";
import { problemResponses } from "./problems.ts";

const content = { "application/json": { schema: z.object({ status: z.literal("ok") }).openapi("Status") } };

/** `/healthz`: the process answers. `/readyz`: it can serve, because its database answers. */
export function meta({ db }: Pick<Services, "db">): OpenAPIHono<AppEnv> {
  const alive = createRoute({
    method: "get",
    path: "/healthz",
    summary: "Whether the process answers",
    responses: { 200: { description: "It does", content } },
  });
  const ready = createRoute({
    method: "get",
    path: "/readyz",
    summary: "Whether the service can serve",
    responses: {
      200: { description: "The database answers", content },
      ...problemResponses("storage_unavailable"),
    },
  });
  return createRouter()
    .openapi(alive, (c) => c.json({ status: "ok" as const }, 200))
    .openapi(ready, async (c) => {
      await db.ping();
      return c.json({ status: "ok" as const }, 200);
    });
}
