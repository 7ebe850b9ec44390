/**
 * The environment of the app: the values that routes and middleware find in the context of a request.
 *
 * An export that shows a type of a package is marked `@internal`, here and in all of `routes/`. `deno doc --lint` takes
 * such a type for a private type that is missing among the exports.
 *
 * @module
 */
import { type Hook, OpenAPIHono, type RouteConfig } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { Problem } from "../../lib/base/problem.ts";
import type { Authenticated } from "../../lib/sessions/authentication.ts";
import type { BodyReader } from "./body.ts";
import { readJsonBody } from "./json_body.ts";

/** The environment of the app. */
export interface AppEnv {
  /** The connection, as `Deno.serve` describes it. A test without a connection has no `remoteAddr`. */
  Bindings: { readonly remoteAddr?: Deno.Addr };
  /** The values that middleware and handlers set for one request. */
  Variables: {
    /** The id of the request, as in `X-Request-Id`. */
    requestId: string;
    /** Reads the body of the request. */
    body: BodyReader;
    /** The problem of the response, for the log. */
    problem: Problem | undefined;
    /** The `Content-Security-Policy` of a page. It replaces the policy of the API. */
    contentPolicy: string | undefined;
    /** Whether an earlier request got the answer first. */
    replayed: boolean | undefined;
    /** The session and account of the checked token. Only routes behind the middleware `bearer` have it. */
    auth: Authenticated;
  };
}

/**
 * The context of a request in this app.
 * @internal
 */
export type AppContext = Context<AppEnv>;

/**
 * A router with some routes, or the whole app.
 * @internal
 */
export type Router = OpenAPIHono<AppEnv>;

/**
 * A middleware of this app.
 * @internal
 */
export type Middleware = MiddlewareHandler<AppEnv>;

/** The prefix of a fault's path, by the part of the request. A body's path is a JSON pointer (RFC 6901). */
const PATH_PREFIXES: Readonly<Record<string, string>> = { json: "/", query: "?", header: "", param: "" };

/**
 * Creates a router. A request that fails its schema is refused with the problem `invalid_request`. A route that declares a
 * JSON body gets it by {@linkcode readJsonBody}, after its own middleware.
 */
export function createRouter(options: RouterOptions = {}): Router {
  const router = new OpenAPIHono<AppEnv>({ ...options, defaultHook: refuseInvalid });
  const declare = router.openapi as unknown as (route: RouteConfig, ...rest: unknown[]) => Router;
  const withReader = (route: RouteConfig, ...rest: unknown[]) => declare(withBody(route), ...rest);
  router.openapi = withReader as unknown as Router["openapi"];
  return router;
}

/**
 * Options of {@linkcode createRouter}.
 * @internal
 */
export interface RouterOptions {
  /** Returns the path of a request, by which its route is found. */
  readonly getPath?: (request: Request) => string;
  /** Finds the handlers of a path; Hono's choice by default. */
  readonly router?: NonNullable<NonNullable<ConstructorParameters<typeof OpenAPIHono<AppEnv>>[0]>["router"]>;
}

/** The part of a schema of an object that tells its members. */
interface ObjectSchema {
  readonly shape?: Readonly<Record<string, { safeParse(value: unknown): { readonly success: boolean } }>>;
}

/** Adds the middleware that reads the body, when the route has a JSON body. */
function withBody(route: RouteConfig & { readonly middleware?: Middleware | Middleware[] }): RouteConfig {
  const required = route.request?.body?.required === true;
  const media = route.request?.body?.content["application/json"];
  if (media === undefined || !("schema" in media)) return route;
  const { shape = {} } = media.schema as ObjectSchema;
  const takesNull = (member: string) =>
    Object.hasOwn(shape, member) && shape[member]?.safeParse(null).success === true;
  const read: Middleware = async (c, next) => {
    await readJsonBody(c.req, { body: c.get("body"), requestId: c.get("requestId"), required, takesNull });
    await next();
  };
  return { ...route, middleware: [route.middleware ?? [], read].flat() } as RouteConfig;
}

// deno-lint-ignore no-explicit-any -- the signature of the library: one hook serves every schema
const refuseInvalid: Hook<any, AppEnv, any, any> = (result) => {
  if (result.success) return;
  const errors = result.error.issues.map((issue) => ({
    path: (PATH_PREFIXES[result.target] ?? "") + issue.path.map(escapePointer).join("/"),
    message: issue.message,
  }));
  throw new Problem("invalid_request", { errors });
};

function escapePointer(part: PropertyKey): string {
  return String(part).replaceAll("~", "~0").replaceAll("/", "~1");
}
