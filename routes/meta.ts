/**
 * What operators and developers ask of the service itself.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { Problem, type ProblemCode, PROBLEMS } from "../lib/problem.ts";
import type { Services } from "../lib/services.ts";
import { createRouter, type Router } from "./env.ts";
import { problemResponses } from "./problems.ts";

const content = { "application/json": { schema: z.object({ status: z.literal("ok") }).openapi("Status") } };

const problemTypeSchema = z.object({
  code: z.string(),
  status: z.int(),
  next: z.string(),
  title: z.string(),
  detail: z.string(),
}).openapi("ProblemType");

/**
 * `/healthz`: the process answers. `/readyz`: it can serve, because its database answers. `/problems/{code}`: what
 * the `type` of a problem points to.
 */
export function meta({ db }: Pick<Services, "db">): Router {
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
  const problemType = createRoute({
    method: "get",
    path: "/problems/{code}",
    summary: "What a problem means",
    request: { params: z.object({ code: z.string() }) },
    responses: {
      200: { description: "The problem", content: { "application/json": { schema: problemTypeSchema } } },
      ...problemResponses("not_found"),
    },
  });
  return createRouter()
    .openapi(problemType, (c) => {
      const { code } = c.req.valid("param");
      if (!Object.hasOwn(PROBLEMS, code)) throw new Problem("not_found");
      return c.json({ code, ...PROBLEMS[code as ProblemCode] }, 200);
    })
    .openapi(alive, (c) => c.json({ status: "ok" as const }, 200))
    .openapi(ready, async (c) => {
      await db.ping();
      return c.json({ status: "ok" as const }, 200);
    });
}
