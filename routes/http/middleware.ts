/**
 * Middleware: the steps that a request passes before its route.
 *
 * @module
 */
import { createMiddleware } from "hono/factory";
import { methodNotAllowed as findMethods } from "hono/method-not-allowed";
import { routePath } from "hono/route";
import type { Config } from "../../lib/config/config.ts";
import type { SeenClient } from "../../lib/config/proxies.ts";
import { clientOf, RateLimit } from "../../lib/limits/rate_limit.ts";
import { startTasks } from "../../lib/due_tasks.ts";
import { describeError, type LogLevel } from "../../lib/base/log.ts";
import { Problem } from "../../lib/base/problem.ts";
import type { Services } from "../../lib/services.ts";
import { STORAGE_DEADLINE_MS } from "../../lib/kv/database.ts";
import type { EndedBy } from "../../lib/kv/schema.ts";
import {
  authenticate,
  type Authenticated,
  type AuthenticationServices,
} from "../../lib/sessions/authentication.ts";
import { endedOfToken, findEnded } from "../../lib/sessions/ended.ts";
import { BodyReader, MOST_BODY_BYTES } from "./body.ts";
import { describeClient, findClientAddress, ignoresProxy } from "./client_address.ts";
import { crossOrigin } from "./cross_origin.ts";
import type { AppContext, AppEnv, Middleware, Router } from "./env.ts";
import { methodsOfStaticPaths } from "./methods.ts";
import { isHost } from "./paths.ts";
import type { RenderProblem } from "./problems.ts";

/** The pattern that a request has which no route took: that of the middleware. */
const NO_ROUTE = "/*";
const PROXY_IGNORED =
  "A proxy names its clients, and is not believed: all of them count as one client. If the proxy is yours, set TRUST_PROXY";

/** The security headers of every response. No other site may embed a response or run a script in it. */
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
 * Creates the middleware around every request. It refuses a request whose `Host` is none or whose path has other
 * methods, sets the request's id, sets the headers of the response, answers web apps of other origins, and logs one
 * line. It is one middleware and not three, because each layer costs a promise. It sets the headers on the finished
 * response, where this is cheapest.
 */
export function frame(
  { clock, log, config, telemetry }: Pick<Services, "clock" | "log" | "config" | "telemetry">,
  app: Router,
  render: RenderProblem,
): Middleware {
  const body = new BodyReader({ clock, log });
  const methodsOf = methodsOfStaticPaths(app);
  const answerOrigin = crossOrigin(config.corsOrigins);
  let proxySeen = false;
  return createMiddleware<AppEnv>(async (c, next) => {
    const start = clock.now();
    const requestId = crypto.randomUUID();
    c.set("requestId", requestId);
    c.set("body", body);
    if (!proxySeen && ignoresProxy(c.req.raw.headers, config.trustProxy)) {
      proxySeen = true;
      log("warning", "proxy_ignored", { detail: PROXY_IGNORED });
    }
    const refusal = refuse(c, methodsOf);
    const answer = refusal === null ? next : async () => {
      c.res = await render(c, refusal);
    };
    if (answerOrigin === null) await answer();
    else c.res = await answerOrigin(c, answer) ?? c.res;
    const { headers, status } = c.res;
    headers.set("X-Request-Id", requestId);
    for (const [name, value] of API_HEADERS) headers.set(name, value);
    const contentPolicy = c.get("contentPolicy");
    if (contentPolicy !== undefined) headers.set("Content-Security-Policy", contentPolicy);
    // These responses carry session tokens and personal data.
    if (c.req.path.startsWith("/v1/")) headers.set("Cache-Control", "no-store");
    const problem = c.get("problem");
    const { method } = c.req;
    const route = refusal === null ? routePath(c, -1) : NO_ROUTE;
    telemetry.request({
      method,
      route: route === NO_ROUTE ? undefined : route,
      requestId,
      problem,
    });
    log(levelOf(problem), "request", {
      request_id: requestId,
      method,
      route,
      status,
      ms: clock.now() - start,
      problem: problem?.code,
      replayed: c.get("replayed") ? "true" : undefined,
      ...(problem !== undefined && problem.status >= 500 ? describeError(problem) : {}),
    });
  });
}

/** Returns the problem of a request that no route may get, or null. */
function refuse(c: AppContext, methodsOf: ReturnType<typeof methodsOfStaticPaths>): Problem | null {
  const host = c.req.header("host");
  // A target with a host of its own (RFC 9112, 3.2.2) goes before the header.
  if ((host !== undefined && !isHost(host)) || !URL.canParse(c.req.url)) {
    return new Problem("invalid_request", { errors: [{ path: "Host", message: "Is not a host" }] });
  }
  const methods = methodsOf(c.req.path);
  if (methods === undefined || methods.has(c.req.method)) return null;
  c.header("Allow", [...methods].join(", "));
  return new Problem("method_not_allowed");
}

/**
 * Chooses the level of a request's line. A problem with an internal text needs the operator; other 5xx end by
 * themselves.
 */
function levelOf(problem: Problem | undefined): LogLevel {
  if (problem === undefined || problem.status < 500) return "info";
  return problem.details.internal === undefined ? "warning" : "error";
}

/**
 * Creates the handler for requests that no route takes. The problem is `method_not_allowed` when the path has other
 * methods, and `not_found` when the path does not exist.
 */
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

/**
 * Refuses a body that declares more than 16 KiB. {@linkcode BodyReader} bounds one that declares nothing.
 *
 * @throws {Problem} `payload_too_large`
 */
export const smallBody: Middleware = createMiddleware<AppEnv>((c, next) => {
  const declared = c.req.raw.headers.get("content-length");
  if (Number(declared ?? 0) > MOST_BODY_BYTES) throw new Problem("payload_too_large");
  return next();
});

/**
 * Creates the middleware that requires a session token (RFC 6750, 2.1). It puts the session and the account of the
 * token into `c.var.auth`.
 *
 * @throws {Problem} `invalid_session`, `rate_limited` or `storage_unavailable`
 */
export function bearer(services: BearerServices): Middleware {
  return createMiddleware<AppEnv>(async (c, next) => {
    c.set("auth", await checkToken(services, c));
    await next();
  });
}

/** The services that the check of a token uses. */
export type BearerServices = AuthenticationServices & Pick<Services, "config" | "badTokens">;

/**
 * Checks the token of a request. A token that the nearest replica does not know is looked for at the primary; a client
 * that has sent many false tokens has to wait.
 *
 * @throws {Problem} `invalid_session`, `rate_limited` or `storage_unavailable`
 */
async function checkToken(services: BearerServices, c: AppContext): Promise<Authenticated> {
  const { badTokens, config } = services;
  let asked = false;
  try {
    return await authenticate(services, tokenOf(c), () => {
      const retryAfter = badTokens.wait(clientOfRequest(c, config));
      if (retryAfter > 0) throw new Problem("rate_limited", { retryAfter });
      asked = true;
    });
  } catch (error) {
    if (asked && error instanceof Problem && error.code === "invalid_session") {
      badTokens.take(clientOfRequest(c, config));
    }
    throw error;
  }
}

function tokenOf(c: AppContext): string {
  const [, token] = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "") ?? [];
  if (token === undefined) throw new Problem("invalid_session");
  return token;
}

/**
 * Creates the middleware {@linkcode bearer} for a request that ends the session of its own token. Sent again with that
 * token, it is answered 204 as it was the first time.
 *
 * @param asksForIt Returns whether a request of that kind has ended the session in the way that this request asks for.
 * @throws {Problem} `invalid_session`, `rate_limited` or `storage_unavailable`
 */
export function bearerOfEnding(
  services: BearerServices,
  asksForIt: (by: EndedBy, sessionId: string, c: AppContext) => boolean,
): Middleware {
  return createMiddleware<AppEnv>(async (c, next) => {
    const token = tokenOf(c);
    try {
      c.set("auth", await checkToken(services, c));
    } catch (error) {
      const ended = endedOfToken(token);
      if (!(error instanceof Problem) || error.code !== "invalid_session" || ended === null) throw error;
      using store = services.db.within(STORAGE_DEADLINE_MS);
      const by = await findEnded(store, ended);
      if (by === null || !asksForIt(by, ended.sessionId, c)) throw error;
      return c.body(null, 204);
    }
    return await next();
  });
}

/**
 * Creates the middleware that sends the webhooks of a request right after its response, so that they need not wait for
 * the cron job.
 */
export function sendWebhooks(services: Services): Middleware {
  return createMiddleware<AppEnv>(async (c, next) => {
    await next();
    if (c.req.method !== "GET" && c.res.ok) startTasks(services);
  });
}

/**
 * Creates the middleware of a route that the configuration can switch off.
 *
 * @throws {Problem} `not_found` when it is off
 */
export function existsWhen(on: boolean): Middleware {
  return createMiddleware<AppEnv>(async (_, next) => {
    if (!on) throw new Problem("not_found");
    await next();
  });
}

/**
 * Creates the middleware that limits the requests of one client address. Each instance of the service counts for
 * itself.
 *
 * @param perMinute Requests of one address in a minute; 0: no limit.
 * @throws {Problem} `rate_limited`
 */
export function limitByAddress(
  { clock, config }: Pick<Services, "clock" | "config">,
  perMinute: number,
): Middleware {
  const limit = new RateLimit(clock, perMinute);
  return createMiddleware<AppEnv>(async (c, next) => {
    const retryAfter = limit.take(clientOfRequest(c, config));
    if (retryAfter > 0) throw new Problem("rate_limited", { retryAfter });
    await next();
  });
}

/** Returns the client that limits count a request for, made from the client's address. */
export function clientOfRequest(c: AppContext, { trustProxy }: Pick<Config, "trustProxy">): string {
  return clientOf(findClientAddress(c.req.raw.headers, connectedTo(c), trustProxy));
}

/** Tells how the client of a request is seen. */
export function describeClientOf(c: AppContext, { trustProxy }: Pick<Config, "trustProxy">): SeenClient {
  return describeClient(c.req.raw.headers, connectedTo(c), trustProxy);
}

function connectedTo(c: AppContext): string | undefined {
  const { remoteAddr } = c.env ?? {};
  return remoteAddr !== undefined && "hostname" in remoteAddr ? remoteAddr.hostname : undefined;
}
