/**
 * The environment of the app, which every route and middleware shares. Types of packages are marked `@internal` here and in
 * all of `routes/`: `deno doc --lint` would take them for private types that were not exported.
 *
 * @module
 */
import { type Hook, OpenAPIHono } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { Problem } from "../../lib/base/problem.ts";
import type { Authenticated } from "../../lib/sessions/authentication.ts";

/** The environment of the app. */
export interface AppEnv {
  /** What `Deno.serve` tells about the connection; empty in a test without a connection. */
  Bindings: { readonly remoteAddr?: Deno.Addr };
  /** What middleware adds to a request. */
  Variables: {
    /** The id of this request, as in `X-Request-Id`. */
    requestId: string;
    /** The problem of the response, for the log. */
    problem: Problem | undefined;
    /** The `Content-Security-Policy` of a page. It replaces the one of the API. */
    contentPolicy: string | undefined;
    /** The session of the token. Only the `bearer` middleware sets it. */
    auth: Authenticated;
  };
}

/**
 * The context of a request.
 * @internal
 */
export type AppContext = Context<AppEnv>;

/**
 * A router: some routes, or the whole app.
 * @internal
 */
export type Router = OpenAPIHono<AppEnv>;

/**
 * Middleware of the app.
 * @internal
 */
export type Middleware = MiddlewareHandler<AppEnv>;

const SOURCES: Readonly<Record<string, string>> = { json: "/", query: "?", header: "", param: "" };

/** Makes a router that turns failures of validation into problems. */
export function createRouter(): Router {
  return new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });
}

// deno-lint-ignore no-explicit-any -- the library's own signature: the hook serves every schema
const refuseInvalid: Hook<any, AppEnv, any, any> = (result) => {
  if (result.success) return;
  const errors = result.error.issues.map((issue) => ({
    path: (SOURCES[result.target] ?? "") + issue.path.map(escapePointer).join("/"),
    message: issue.message,
  }));
  throw new Problem("invalid_request", { errors });
};

function escapePointer(part: PropertyKey): string {
  return String(part).replaceAll("~", "~0").replaceAll("/", "~1");
}
