/**
 * `/problems/{code}`: what a problem means. The `type` of a problem points here.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { Problem, type ProblemCode, PROBLEMS } from "../../lib/base/problem.ts";
import type { Services } from "../../lib/services.ts";
import { asksForPage } from "../http/accept.ts";
import { createRouter, type Router } from "../http/env.ts";
import { problemResponses, problemSchema } from "../openapi/problems.ts";
import { headers } from "../openapi/responses.ts";

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
      description:
        "The `type` of a problem is the URL of this explanation. A browser gets a page, which also says what the operator does.",
      security: [],
      request: {
        params: z.object({
          code: z.string().openapi({ description: "The `code` of a problem", example: "code_lost" }),
        }),
      },
      responses: {
        200: {
          description: "The problem, as JSON or as a page",
          headers: headers(),
          content: {
            "application/json": {
              schema: problemTypeSchema,
              example: { code: "code_lost", ...PROBLEMS.code_lost },
            },
            "text/html": { schema: z.string(), example: "<!DOCTYPE html>…" },
          },
        },
        ...problemResponses(config, "not_found", "internal"),
      },
    }),
    async (c) => {
      const { code } = c.req.valid("param");
      if (!isCode(code)) throw new Problem("not_found");
      if (!asksForPage(c)) return c.json({ code, ...PROBLEMS[code] }, 200);
      const { renderProblemType } = await import("./problem_page.tsx");
      const { html, policy } = await renderProblemType(config, code);
      c.set("contentPolicy", policy);
      return c.body(html, 200, { "Content-Type": "text/html; charset=UTF-8" }) as never;
    },
  );
}

function isCode(text: string): text is ProblemCode {
  return Object.hasOwn(PROBLEMS, text);
}
