/**
 * What every route and middleware finds in its context. Types of packages are `@internal` here and in `routes/`:
 * `deno doc --lint` takes them for private types that were not exported.
 *
 * @module
 */
import { type Hook, OpenAPIHono } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { Problem } from "../../lib/base/problem.ts";
import type { Authenticated } from "../../lib/sessions/authentication.ts";

/** The environment of the app. */
export interface AppEnv {
  /** What `Deno.serve` says of the connection; empty in a test that has none. */
  Bindings: { readonly remoteAddr?: Deno.Addr };
  /** What middleware finds out about a request. */
  Variables: {
    /** Ours for this request, as in `X-Request-Id`. */
    requestId: string;
    /** The problem that was answered, for the log. */
    problem: Problem | undefined;
    /** The `Content-Security-Policy` of a page, in the place of the API's. */
    contentPolicy: string | undefined;
    /** The checked token; only behind the `bearer` middleware. */
    auth: Authenticated;
  };
}

/**
 * The context of a request.
 * @internal
 */
export type AppContext = Context<AppEnv>;

/**
 * Routes, or all of the app.
 * @internal
 */
export type Router = OpenAPIHono<AppEnv>;

/**
 * What stands before routes.
 * @internal
 */
export type Middleware = MiddlewareHandler<AppEnv>;

const SOURCES: Readonly<Record<string, string>> = { json: "/", query: "?", header: "", param: "" };

/** Makes a router whose validation failures are problems. */
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
