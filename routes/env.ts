/**
 * What every route and middleware finds in its context.
 *
 * @module
 */
import { type Hook, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { Problem } from "../lib/problem.ts";
import type { Authenticated } from "../lib/sessions/sessions.ts";

/** The environment of the app. */
export interface AppEnv {
  /** What `Deno.serve` says of the connection; empty in a test that has none. */
  Bindings: { readonly remoteAddr?: Deno.Addr };
  Variables: {
    /** Ours for this request, as in `X-Request-Id`. */
    requestId: string;
    /** The problem that was answered, for the log. */
    problem: Problem | undefined;
    /** The checked token; only behind the `bearer` middleware. */
    auth: Authenticated;
  };
}

/** The context of a request. */
export type AppContext = Context<AppEnv>;

const SOURCES: Readonly<Record<string, string>> = { json: "/", query: "?", header: "", param: "" };

/** Makes a router whose validation failures are problems. */
export function createRouter(): OpenAPIHono<AppEnv> {
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
