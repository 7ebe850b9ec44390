/**
 * Problems on the wire: `application/problem+json` (RFC 9457).
 *
 * @module
 */
import { HTTPException } from "hono/http-exception";
import { describeError } from "../../lib/base/log.ts";
import {
  type FieldError,
  type Next,
  type Prefill,
  Problem,
  type ProblemCode,
  PROBLEMS,
} from "../../lib/base/problem.ts";
import type { Config } from "../../lib/config/config.ts";
import type { Services } from "../../lib/services.ts";
import type { AppContext } from "./env.ts";

/** The body of a problem. `routes/openapi` describes each field. */
export interface ProblemBody {
  /** URI of the kind of problem. */
  type: string;
  /** The same for every problem of a code. */
  title: string;
  /** The HTTP status. */
  status: number;
  /** The sentence for the developer of an app. */
  detail: string;
  /** The stable code. */
  code: ProblemCode;
  /** What a device does next. */
  next: Next;
  /** The id of the request, as in `X-Request-Id`. */
  request_id: string;
  /** The faults of an `invalid_request` or a `weak_password`. */
  errors?: FieldError[];
  /** The ticket of a `link_required` or a `profile_incomplete`. */
  link_ticket?: string;
  /** The known fields of a `profile_incomplete`. */
  prefill?: Prefill;
}

/** Returns the body of a problem. */
export function describeProblem(
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

/** Makes the response of a problem, as JSON or as a page. */
export type RenderProblem = (c: AppContext, problem: Problem) => Response | Promise<Response>;

/** Makes the response of a problem as JSON. `Retry-After` tells when the same request may be sent again. */
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

/**
 * Creates the handler of errors. It turns an error into a problem. An unexpected error is logged, and its cause is not
 * shown.
 */
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

/** Returns the problem for an error of the framework, which throws for a body that is not JSON. */
function problemOf(error: Error): Problem {
  if (!(error instanceof HTTPException)) return new Problem("internal");
  if (error.status === 415) return new Problem("unsupported_media_type");
  if (error.status === 400) {
    return new Problem("invalid_request", { errors: [{ path: "", message: "The body is not valid JSON" }] });
  }
  return new Problem("internal");
}
