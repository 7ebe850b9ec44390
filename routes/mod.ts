/**
 * The HTTP side of the service: middleware, routes, problems, OpenAPI.
 *
 * @module
 */
import type { Services } from "../lib/services.ts";
import { accounts } from "./accounts.ts";
import { amazonSessions } from "./amazon_sessions.ts";
import { apiDocuments } from "./api_documents.ts";
import { createRouter, type Router } from "./env.ts";
import { meta } from "./meta.ts";
import { frame, notFound, smallBody } from "./middleware.ts";
import { passwordSessions } from "./password_sessions.ts";
import { handleError } from "./problems.ts";
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
  const app = createRouter();
  app.onError(handleError(services));
  app.notFound(notFound(app, services.config));
  app.use(frame(services));
  app.use("/v1/*", smallBody);

  app.route("/", amazonSessions(services));
  app.route("/", passwordSessions(services));
  app.route("/", accounts(services));
  app.route("/", sessions(services));
  app.route("/", meta(services));
  app.route("/", apiDocuments(services, app));
  return app;
}
