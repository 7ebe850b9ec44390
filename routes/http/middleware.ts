/**
 * Middleware: the code that runs before the routes.
 *
 * @module
 */
import { createMiddleware } from "hono/factory";
import { bodyLimit } from "hono/body-limit";
import { methodNotAllowed as findMethods } from "hono/method-not-allowed";
import { routePath } from "hono/route";
import type { Config } from "../../lib/config/config.ts";
import { clientOf, RateLimit } from "../../lib/limits/rate_limit.ts";
import { describeError, type LogLevel } from "../../lib/base/log.ts";
import { Problem } from "../../lib/base/problem.ts";
import type { Services } from "../../lib/services.ts";
import { authenticate } from "../../lib/sessions/authentication.ts";
import type { AppContext, AppEnv, Middleware, Router } from "./env.ts";
import type { RenderProblem } from "./problems.ts";

const MOST_BODY_BYTES = 16 * 1024;

/** Headers for an API that no page may embed or script. */
const API_HEADERS = [
  ["Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"],
  ["Cross-Origin-Opener-Policy", "same-origin"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["Referrer-Policy", "no-referrer"],
  ["Strict-Transport-Security", "max-age=63072000; includeSubDomains"],
  ["X-Content-Type-Options", "nosniff"],
  ["X-Frame-Options", "DENY"],
] as const;

/**
 * Frames every request: gives it an id, sets the headers of the response, and logs one line. All this is one middleware,
 * because each layer costs a promise. Headers are cheapest when they are set on the finished response.
 */
export function frame({ clock, log }: Pick<Services, "clock" | "log">): Middleware {
  return createMiddleware<AppEnv>(async (c, next) => {
    const start = clock.now();
    const requestId = crypto.randomUUID();
    c.set("requestId", requestId);
    await next();
    const { headers, status } = c.res;
    headers.set("X-Request-Id", requestId);
    for (const [name, value] of API_HEADERS) headers.set(name, value);
    const contentPolicy = c.get("contentPolicy");
    if (contentPolicy !== undefined) headers.set("Content-Security-Policy", contentPolicy);
    // These responses carry tokens and personal data.
    if (c.req.path.startsWith("/v1/")) headers.set("Cache-Control", "no-store");
    const problem = c.get("problem");
    log(levelOf(problem), "request", {
      request_id: requestId,
      method: c.req.method,
      route: routePath(c, -1),
      status,
      ms: clock.now() - start,
      problem: problem?.code,
      ...(problem !== undefined && problem.status >= 500 ? describeError(problem) : {}),
    });
  });
}

/** Chooses the level of a request. An operator must look into a problem that has an internal text. */
function levelOf(problem: Problem | undefined): LogLevel {
  if (problem === undefined || problem.status < 500) return "info";
  return problem.details.internal === undefined ? "warning" : "error";
}

/** Answers a request for an unknown path, or for a method that the path does not have. */
export function notFound(
  app: Router,
  render: RenderProblem,
): (c: AppContext) => Promise<Response> {
  const methodNotAllowed = findMethods({
    app,
    onMethodNotAllowed(c, methods) {
      c.header("Allow", methods.join(", "));
      return render(c, new Problem("method_not_allowed"));
    },
  });
  return async (c) => {
    await methodNotAllowed(c, async () => {
      c.res = await render(c, new Problem("not_found"));
    });
    return c.res;
  };
}

const boundedBody = bodyLimit({ maxSize: MOST_BODY_BYTES, onError: refuseBody });

/**
 * Refuses bodies over 16 KiB, declared or streamed. A declared length is checked by the header alone: `bodyLimit` would open
 * the body as a stream, which makes it slower to read.
 */
export const smallBody: Middleware = createMiddleware<AppEnv>((c, next) => {
  const { method, headers } = c.req.raw;
  if (method === "GET") return next();
  const declared = headers.get("content-length");
  if (declared === null || headers.has("transfer-encoding")) return boundedBody(c, next);
  return Number(declared) > MOST_BODY_BYTES ? refuseBody() : next();
});

function refuseBody(): never {
  throw new Problem("payload_too_large");
}

/** Requires a session token (RFC 6750, 2.1), and puts its session and account into `c.var.auth`. */
export function bearer(services: Services): Middleware {
  return createMiddleware<AppEnv>(async (c, next) => {
    const [, token] = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "") ?? [];
    if (token === undefined) throw new Problem("invalid_session");
    c.set("auth", await authenticate(services, token));
    await next();
  });
}

/** Limits the requests of each client, counted in this instance. */
export function limitByAddress({ clock, config }: Services, perMinute: number): Middleware {
  const limit = new RateLimit(clock, perMinute);
  return createMiddleware<AppEnv>(async (c, next) => {
    const retryAfter = limit.take(clientOfRequest(c, config));
    if (retryAfter > 0) throw new Problem("rate_limited", { retryAfter });
    await next();
  });
}

/** Finds the client that a request counts for. */
export function clientOfRequest(c: AppContext, config: Pick<Config, "trustProxy">): string {
  return clientOf(clientAddress(c, config.trustProxy));
}

function clientAddress(c: AppContext, trustProxy: boolean): string {
  const forwarded = trustProxy
    ? c.req.header("x-forwarded-for")?.split(",").at(-1)?.trim().slice(0, 64)
    : undefined;
  const { remoteAddr } = c.env ?? {};
  return forwarded ||
    (remoteAddr !== undefined && "hostname" in remoteAddr ? remoteAddr.hostname : "unknown");
}
