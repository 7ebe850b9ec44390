/**
 * What stands before the routes.
 *
 * @module
 */
import { createMiddleware } from "hono/factory";
import { bodyLimit } from "hono/body-limit";
import { routePath } from "hono/route";
import { secureHeaders } from "hono/secure-headers";
import type { Config } from "../lib/config.ts";
import { clientOf, RateLimit } from "../lib/limits.ts";
import { Problem, PROBLEMS } from "../lib/problem.ts";
import type { Services } from "../lib/services.ts";
import { authenticate } from "../lib/sessions/sessions.ts";
import type { AppContext, AppEnv, Middleware } from "./env.ts";

const MOST_BODY_BYTES = 16 * 1024;

/** Names the request, and logs one line when it is answered. */
export function requestLog({ clock, log }: Pick<Services, "clock" | "log">): Middleware {
  return createMiddleware<AppEnv>(async (c, next) => {
    const start = clock.now();
    const requestId = crypto.randomUUID();
    c.set("requestId", requestId);
    c.header("X-Request-Id", requestId);
    await next();
    const problem = c.var.problem;
    const fault = problem !== undefined && PROBLEMS[problem.code].status >= 500;
    log(fault ? "warning" : "info", "request", {
      request_id: requestId,
      method: c.req.method,
      route: routePath(c, -1),
      status: c.res.status,
      ms: clock.now() - start,
      problem: problem?.code,
      detail: fault ? problem.message : undefined,
    });
  });
}

/** Headers for an API that no page embeds or scripts. */
export const apiHeaders: Middleware = secureHeaders({
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  strictTransportSecurity: "max-age=63072000; includeSubDomains",
  xFrameOptions: "DENY",
});

/** Lets a page bring a policy of its own. Stands before `apiHeaders`, so that it has the last word. */
export const ownContentPolicy: Middleware = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  if (c.var.contentPolicy !== undefined) c.header("Content-Security-Policy", c.var.contentPolicy);
});

/** Keeps answers out of every cache: they carry tokens and personal data. */
export const noStore: Middleware = createMiddleware<AppEnv>(async (c, next) => {
  c.header("Cache-Control", "no-store");
  await next();
});

/** Refuses bodies over 16 KiB, declared or streamed. */
export const smallBody: Middleware = bodyLimit({
  maxSize: MOST_BODY_BYTES,
  onError: () => {
    throw new Problem("payload_too_large");
  },
});

/**
 * Refuses a form that the browser itself says another site has sent. No cookie goes with our forms, so such a form
 * could do nothing that its sender cannot do alone, but come from the visitor's address. `Origin` would not tell:
 * where no referrer is sent, browsers say `null` there, for our own forms too.
 */
export function ownForms({ config }: Pick<Services, "config">): Middleware {
  return createMiddleware<AppEnv>(async (c, next) => {
    const foreign = ["cross-site", "same-site"].includes(c.req.header("sec-fetch-site") ?? "");
    if (c.req.method !== "POST" || !foreign) return await next();
    const { renderRefusal } = await import("./problem_page.tsx");
    return renderRefusal(c, config);
  });
}

/** Requires a session token (RFC 6750, 2.1) and puts what it opens into `c.var.auth`. */
export function bearer(services: Services): Middleware {
  return createMiddleware<AppEnv>(async (c, next) => {
    const [, token] = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "") ?? [];
    if (token === undefined) throw new Problem("invalid_session");
    c.set("auth", await authenticate(services, token));
    await next();
  });
}

/** Limits requests by client address, counted in this instance. */
export function limitByAddress({ clock, config }: Services, perMinute: number): Middleware {
  const limit = new RateLimit(clock, perMinute);
  return createMiddleware<AppEnv>(async (c, next) => {
    const retryAfter = limit.take(clientOfRequest(c, config));
    if (retryAfter > 0) throw new Problem("rate_limited", { retryAfter });
    await next();
  });
}

/** The client that a request counts for. */
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
