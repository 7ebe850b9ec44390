/**
 * Problems over HTTP: RFC 9457 `application/problem+json`.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import type { Config } from "../../lib/config/config.ts";
import { describeError } from "../../lib/base/log.ts";
import { Problem, type ProblemCode, type ProblemDetails, PROBLEMS } from "../../lib/base/problem.ts";
import type { Services } from "../../lib/services.ts";
import { type HeaderName, type HeaderReferences, headers } from "../openapi/responses.ts";
import type { AppContext } from "./env.ts";
import { ACCOUNT, LINK_TICKET, REQUEST_ID } from "../openapi/examples.ts";

const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/**
 * The body of every problem.
 * @internal
 */
export const problemSchema = z.object({
  type: z.url().openapi({ description: "URI of the kind of problem; it can be opened" }),
  title: z.string().openapi({ description: "The same for every problem of this `code`" }),
  status: z.int().openapi({ description: "The HTTP status once more" }),
  detail: z.string().openapi({ description: "For the developer of an app" }),
  code: z.enum(CODES).openapi({ description: "Stable: what a program tells problems apart by" }),
  next: z.enum(["fix_request", "retry", "new_code", "sign_in", "sign_up", "none"]).openapi({
    description: "What a device does now, without reading prose",
  }),
  request_id: z.string().openapi({ description: "As in `X-Request-Id`" }),
  errors: z.array(z.object({
    path: z.string().openapi({ description: "JSON pointer into the body, or the header or parameter" }),
    message: z.string().openapi({ description: "What is wrong there" }),
  })).optional().openapi({ description: "Every fault of an `invalid_request` or a `weak_password`" }),
  link_ticket: z.string().optional().openapi({
    description: "Of a `link_required`: signs in and links, with the account's password, within 15 minutes",
  }),
  prefill: z.object({ name: z.string().optional(), postal_code: z.string().optional() }).optional().openapi({
    description: "Of a `profile_incomplete`: what the sign-up screen need not ask for",
  }),
}).openapi("Problem");

type ProblemBody = z.infer<typeof problemSchema>;

/** What an operation can fail with, by its status, with an example of each. */
export type ProblemResponses = Record<number, {
  description: string;
  headers: HeaderReferences;
  content: {
    "application/problem+json": {
      /** @internal */
      schema: typeof problemSchema;
      /** By the codes of the problems. */
      examples: Record<string, { summary: string; value: unknown }>;
    };
  };
}>;

/** Problems of every operation with a body. */
export const BODY_PROBLEMS = ["invalid_request", "payload_too_large", "unsupported_media_type"] as const;

/** Problems of every operation with a session token. */
export const SESSION_PROBLEMS = ["invalid_session", "storage_unavailable", "internal"] as const;

/** What some problems say beyond their code, wherever they occur. */
const EXAMPLE_DETAILS: Partial<Record<ProblemCode, ProblemDetails>> = {
  invalid_request: { errors: [{ path: "", message: "The body is not valid JSON" }] },
  link_required: { link_ticket: LINK_TICKET },
  profile_incomplete: { prefill: { name: ACCOUNT.name, postal_code: ACCOUNT.postal_code } },
};

/**
 * Documents the problems that an operation can answer with, by their statuses; any other method of its path is
 * `method_not_allowed`.
 *
 * @param problems Codes; or problems, where an example says more.
 */
export function problemResponses(
  config: Pick<Config, "publicUrl">,
  ...problems: readonly (ProblemCode | Problem)[]
): ProblemResponses {
  const examples = [...problems, "method_not_allowed" as const].map((problem) =>
    problem instanceof Problem ? problem : new Problem(problem, EXAMPLE_DETAILS[problem])
  );
  const byStatus = Map.groupBy(examples, ({ status }) => status);
  return Object.fromEntries(Array.from(byStatus, ([status, group]) => [status, {
    description: group.map(({ code }) => `\`${code}\`: ${PROBLEMS[code].title}`).join("; "),
    headers: headers(...new Set(group.flatMap(({ code }) => headersOf(code)))),
    content: {
      "application/problem+json": {
        schema: problemSchema,
        examples: Object.fromEntries(group.map((problem) => [problem.code, {
          summary: PROBLEMS[problem.code].title,
          value: describeProblem(problem, { ...config, requestId: REQUEST_ID }),
        }])),
      },
    },
  }]));
}

function headersOf(code: ProblemCode): HeaderName[] {
  if (code === "invalid_session") return ["WWW-Authenticate"];
  if (code === "method_not_allowed") return ["Allow"];
  return PROBLEMS[code].next === "retry" ? ["Retry-After"] : [];
}

function describeProblem(
  { code, message, details: { errors, link_ticket, prefill } }: Problem,
  { publicUrl, requestId }: { publicUrl: string; requestId: string },
): ProblemBody {
  const { title, status, next } = PROBLEMS[code];
  return {
    type: `${publicUrl}/problems/${code}`,
    title,
    status,
    detail: message,
    code,
    next,
    request_id: requestId,
    ...(errors === undefined ? {} : { errors: [...errors] }),
    ...(link_ticket === undefined ? {} : { link_ticket }),
    ...(prefill === undefined ? {} : { prefill }),
  };
}

/** Answers with a problem, in the form that whoever asked reads. */
export type RenderProblem = (c: AppContext, problem: Problem) => Response | Promise<Response>;

/** Answers with a problem. What can be sent again says after how many seconds. */
export function renderProblem(
  c: AppContext,
  problem: Problem,
  { publicUrl }: Pick<Config, "publicUrl">,
): Response {
  const { code, status, details } = problem;
  c.set("problem", problem);
  c.header("Cache-Control", "no-store");
  c.header("Content-Type", "application/problem+json");
  if (PROBLEMS[code].next === "retry") c.header("Retry-After", String(Math.max(1, details.retryAfter ?? 1)));
  if (code === "invalid_session") c.header("WWW-Authenticate", "Bearer");
  return c.body(JSON.stringify(describeProblem(problem, { publicUrl, requestId: c.var.requestId })), status);
}

/** Turns whatever a handler threw into a problem; what was not foreseen is logged and not shown. */
export function handleError(
  { log }: Pick<Services, "log">,
  render: RenderProblem,
): (error: Error, c: AppContext) => Response | Promise<Response> {
  return (error, c) => {
    const problem = error instanceof Problem ? error : problemOf(error);
    if (problem.code === "internal") {
      log("error", "unexpected", { request_id: c.var.requestId, ...describeError(error) });
    }
    return render(c, problem);
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
