/**
 * The HTTP side of the service: middleware, routes, problems, OpenAPI.
 *
 * @module
 */
import { methodNotAllowed } from "hono/method-not-allowed";
import { Problem } from "../lib/problem.ts";
import type { Services } from "../lib/services.ts";
import { accounts } from "./accounts.ts";
import { amazonSessions } from "./amazon_sessions.ts";
import { apiDocuments } from "./api_documents.ts";
import { createRouter, type Router } from "./env.ts";
import { meta } from "./meta.ts";
import { apiHeaders, noStore, ownContentPolicy, requestLog, smallBody } from "./middleware.ts";
import { passwordSessions } from "./password_sessions.ts";
import { handleError, renderProblem } from "./problems.ts";
import { sessions } from "./sessions.ts";

/**
 * Makes the app.
 *
 * @example
 * ```ts
 * Deno.serve(createApp(services).fetch);
 * ```
 */
export function createApp(services: Services): Router {
  const { config } = services;
  const app = createRouter();
  app.onError(handleError(services));
  app.notFound((c) => renderProblem(c, new Problem("not_found"), config));
  app.use(requestLog(services), ownContentPolicy, apiHeaders);
  app.use(methodNotAllowed({
    app,
    onMethodNotAllowed(c, methods) {
      c.header("Allow", methods.join(", "));
      return renderProblem(c, new Problem("method_not_allowed"), config);
    },
  }));
  app.use("/v1/*", noStore, smallBody);

  app.route("/", amazonSessions(services));
  app.route("/", passwordSessions(services));
  app.route("/", accounts(services));
  app.route("/", sessions(services));
  app.route("/", meta(services));
  app.route("/", apiDocuments(services, app));
  return app;
}
