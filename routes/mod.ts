/**
 * The HTTP side of the service: middleware, routes, problems, OpenAPI.
 *
 * @module
 */
import type { Services } from "../lib/services.ts";
import { accountDeletion } from "./pages/deletion.ts";
import { accounts } from "./api/accounts.ts";
import { amazonSessions } from "./api/amazon_sessions.ts";
import { apiDocuments } from "./docs/api_documents.ts";
import { createRouter, type Router } from "./http/env.ts";
import { meta } from "./api/meta.ts";
import { frame, notFound, smallBody } from "./http/middleware.ts";
import { passwordResets } from "./api/password_resets.ts";
import { passwordSessions } from "./api/password_sessions.ts";
import { handleError, type RenderProblem, renderProblem } from "./http/problems.ts";
import { sessions } from "./api/sessions.ts";

/** Below these a customer's browser asks, who is told of a problem by a page. */
const PAGES = /^\/(?:reset|delete-account)(?:\/|$)/;

/**
 * Makes the app.
 *
 * @example
 * ```ts
 * Deno.serve(createApp(services).fetch);
 * ```
 */
export function createApp(services: Services): Router {
  const app = createRouter();
  const render: RenderProblem = async (c, problem) => {
    if (!PAGES.test(c.req.path)) return renderProblem(c, problem, services.config);
    const { renderProblemPage } = await import("./pages/problem_view.tsx");
    return renderProblemPage(c, problem, services.config);
  };
  app.onError(handleError(services, render));
  app.notFound(notFound(app, render));
  app.use(frame(services));
  app.use("/v1/*", smallBody);

  app.route("/", amazonSessions(services));
  app.route("/", passwordSessions(services));
  app.route("/", accounts(services));
  app.route("/", sessions(services));
  app.route("/", passwordResets(services));
  app.route("/", accountDeletion(services));
  app.route("/", meta(services));
  app.route("/", apiDocuments(services, app));
  return app;
}
