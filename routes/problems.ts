/**
 * Problems over HTTP: RFC 9457 `application/problem+json`.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { describeError } from "../lib/log.ts";
import { Problem, type ProblemCode, PROBLEMS } from "../lib/problem.ts";
import type { Services } from "../lib/services.ts";
import type { AppContext } from "./env.ts";

const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/**
 * The body of every problem.
 * @internal
 */
export const problemSchema = z.object({
  type: z.url(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(CODES),
  next: z.enum(["fix_request", "retry", "new_code", "sign_in", "sign_up", "none"]),
  request_id: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  link_ticket: z.string().optional(),
  prefill: z.object({ name: z.string().optional(), postal_code: z.string().optional() }).optional(),
}).openapi("Problem");

/** Documents the problems that an operation can answer with, by their statuses. */
export function problemResponses(...codes: ProblemCode[]): Record<
  number,
  { description: string; content: { "application/problem+json": { schema: typeof problemSchema } } }
> {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  return Object.fromEntries(Array.from(byStatus, ([status, group]) => [status, {
    description: group.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join("; "),
    content: { "application/problem+json": { schema: problemSchema } },
  }]));
}

/** Answers with a problem. What can be sent again says after how many seconds. */
export function renderProblem(
  c: AppContext,
  problem: Problem,
  { publicUrl }: { publicUrl: string },
): Response {
  const { title, status, next } = PROBLEMS[problem.code];
  const { retryAfter, errors, link_ticket, prefill } = problem.details;
  c.set("problem", problem);
  c.header("Cache-Control", "no-store");
  c.header("Content-Type", "application/problem+json");
  if (next === "retry") c.header("Retry-After", String(Math.max(1, retryAfter ?? 1)));
  if (problem.code === "invalid_session") c.header("WWW-Authenticate", "Bearer");
  const body: z.infer<typeof problemSchema> = {
    type: `${publicUrl}/problems/${problem.code}`,
    title,
    status,
    detail: problem.message,
    code: problem.code,
    next,
    request_id: c.var.requestId,
    ...(errors === undefined ? {} : { errors: [...errors] }),
    ...(link_ticket === undefined ? {} : { link_ticket }),
    ...(prefill === undefined ? {} : { prefill }),
  };
  return c.body(JSON.stringify(body), status);
}

/** Turns whatever a handler threw into a problem; what was not foreseen is logged and not shown. */
export function handleError(
  { config, log }: Pick<Services, "config" | "log">,
): (error: Error, c: AppContext) => Response {
  return (error, c) => {
    const problem = error instanceof Problem ? error : problemOf(error);
    if (problem.code === "internal") {
      log("error", "unexpected", { request_id: c.var.requestId, ...describeError(error) });
    }
    return renderProblem(c, problem, config);
  };
}

/** What the framework throws when it validates. */
function problemOf(error: Error): Problem {
  if (!(error instanceof HTTPException)) return new Problem("internal");
  if (error.status === 415) return new Problem("unsupported_media_type");
  if (error.status === 400) {
    return new Problem("invalid_request", { errors: [{ path: "", message: "The body is not valid JSON" }] });
  }
  return new Problem("internal");
}
