/**
 * `/problems/{code}`: what a problem means. The `type` of a problem points here.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { Problem, type ProblemCode, PROBLEMS } from "../../lib/base/problem.ts";
import type { Services } from "../../lib/services.ts";
import { createRouter, type Router } from "../http/env.ts";
import { problemResponses, problemSchema } from "../openapi/problems.ts";
import { jsonResponse } from "../openapi/responses.ts";

const problemTypeSchema = problemSchema
  .pick({ code: true, status: true, next: true, title: true, detail: true })
  .openapi("ProblemType");

/** Creates the route of `/problems/{code}`. */
export function problemTypes({ config }: Pick<Services, "config">): Router {
  return createRouter().openapi(
    createRoute({
      method: "get",
      path: "/problems/{code}",
      operationId: "getProblemType",
      tags: ["Service"],
      summary: "Explain a problem",
      description: "The `type` of a problem is the URL of this explanation.",
      security: [],
      request: {
        params: z.object({
          code: z.string().openapi({ description: "The `code` of a problem", example: "code_lost" }),
        }),
      },
      responses: {
        200: jsonResponse("The problem", {
          schema: problemTypeSchema,
          example: { code: "code_lost", ...PROBLEMS.code_lost },
        }),
        ...problemResponses(config, "not_found", "internal"),
      },
    }),
    (c) => {
      const { code } = c.req.valid("param");
      if (!Object.hasOwn(PROBLEMS, code)) throw new Problem("not_found");
      return c.json({ code: code as ProblemCode, ...PROBLEMS[code as ProblemCode] }, 200);
    },
  );
}
