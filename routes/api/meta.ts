/**
 * What operators and developers ask of the service itself.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { Problem, type ProblemCode, PROBLEMS } from "../../lib/base/problem.ts";
import type { Services } from "../../lib/services.ts";
import { createRouter, type Router } from "../http/env.ts";
import { jsonAnswer } from "../openapi/responses.ts";
import { problemResponses, problemSchema } from "../http/problems.ts";

const statusSchema = z.object({ status: z.literal("ok") }).openapi("Status");
const ok = { schema: statusSchema, example: { status: "ok" as const } };

const problemTypeSchema = problemSchema.pick({
  code: true,
  status: true,
  next: true,
  title: true,
  detail: true,
})
  .openapi("ProblemType");

/**
 * `/healthz`: the process answers. `/readyz`: it can serve, because its database answers. `/problems/{code}`: what
 * the `type` of a problem points to.
 */
export function meta({ config, db }: Pick<Services, "config" | "db">): Router {
  const tags = ["Service"];
  const alive = createRoute({
    method: "get",
    path: "/healthz",
    operationId: "getHealth",
    tags,
    summary: "Whether the process answers",
    description: "For whoever restarts processes: asks nothing of the database or of Amazon.",
    security: [],
    responses: { 200: jsonAnswer("It does", ok), ...problemResponses(config) },
  });
  const ready = createRoute({
    method: "get",
    path: "/readyz",
    operationId: "getReadiness",
    tags,
    summary: "Whether the service can serve",
    description: "For whoever sends traffic: asks the database, and waits for it up to a second.",
    security: [],
    responses: {
      200: jsonAnswer("The database answers", ok),
      ...problemResponses(config, "storage_unavailable", "internal"),
    },
  });
  const problemType = createRoute({
    method: "get",
    path: "/problems/{code}",
    operationId: "getProblemType",
    tags,
    summary: "What a problem means",
    description: "Where the `type` of a problem points.",
    security: [],
    request: {
      params: z.object({
        code: z.string().openapi({ description: "The `code` of a problem", example: "code_lost" }),
      }),
    },
    responses: {
      200: jsonAnswer("The problem", {
        schema: problemTypeSchema,
        example: { code: "code_lost", ...PROBLEMS.code_lost },
      }),
      ...problemResponses(config, "not_found", "internal"),
    },
  });
  return createRouter()
    .openapi(problemType, (c) => {
      const { code } = c.req.valid("param");
      if (!Object.hasOwn(PROBLEMS, code)) throw new Problem("not_found");
      return c.json({ code: code as ProblemCode, ...PROBLEMS[code as ProblemCode] }, 200);
    })
    .openapi(alive, (c) => c.json({ status: "ok" as const }, 200))
    .openapi(ready, async (c) => {
      await db.ping();
      return c.json({ status: "ok" as const }, 200);
    });
}
