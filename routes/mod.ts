/**
 * The app: middleware, routes, problems and the API's description, put together.
 *
 * @module
 */
import type { Problem } from "../lib/base/problem.ts";
import type { Services } from "../lib/services.ts";
import { accessTokens } from "./api/access_tokens.ts";
import { account } from "./api/account.ts";
import { accountEmail } from "./api/account_email.ts";
import { accountExport } from "./api/account_export.ts";
import { accountEvents } from "./api/account_events.ts";
import { accounts } from "./api/accounts.ts";
import { activations } from "./api/activations.ts";
import { amazonSessions } from "./api/amazon_sessions.ts";
import { health } from "./api/health.ts";
import { notifications, NOTIFICATIONS_PATH } from "./api/notifications.ts";
import { passwordResets } from "./api/password_resets.ts";
import { passwordSessions } from "./api/password_sessions.ts";
import { profileRefresh } from "./api/profile_refresh.ts";
import { purchases } from "./api/purchases.ts";
import { receiptSessions } from "./api/receipt_sessions.ts";
import { sessions } from "./api/sessions.ts";
import { apiDocuments } from "./docs/api_documents.ts";
import { problemTypes } from "./docs/problem_types.ts";
import { asksForPage } from "./http/accept.ts";
import { type AppContext, createRouter, type Router } from "./http/env.ts";
import { frame, notFound, sendWebhooks, smallBody } from "./http/middleware.ts";
import { isPage, pathOf } from "./http/paths.ts";
import { handleError, type RenderProblem, renderProblem } from "./http/problems.ts";
import { StaticRouter } from "./http/static_router.ts";
import { activationPages } from "./pages/activation.ts";
import { emailPages } from "./pages/email.ts";
import { deletionPages } from "./pages/deletion.ts";
import { passwordResetPages } from "./pages/reset.ts";
import { startPage } from "./pages/start.ts";

/**
 * Creates the app.
 *
 * @example
 * ```ts
 * Deno.serve(createApp(services).fetch);
 * ```
 */
export function createApp(services: Services): Router {
  const app = createRouter({ getPath: pathOf, router: new StaticRouter() });
  const render: RenderProblem = async (c, problem) => {
    if (!isPage(c.req.path) && !isMissingPage(c, problem)) return renderProblem(c, problem, services.config);
    const { renderProblemPage } = await import("./pages/problem_pages.tsx");
    return renderProblemPage(c, problem, services.config);
  };
  app.onError(handleError(services, render));
  app.notFound(notFound(app, render));
  app.use(frame(services, app, render));
  app.use("/v1/*", (c, next) => c.req.path === NOTIFICATIONS_PATH ? next() : smallBody(c, next));
  if (services.config.webhook !== null) app.use(sendWebhooks(services));

  app.route("/", amazonSessions(services));
  app.route("/", accounts(services));
  app.route("/", passwordSessions(services));
  app.route("/", activations(services));
  app.route("/", account(services));
  app.route("/", accountEvents(services));
  app.route("/", accountEmail(services));
  app.route("/", accountExport(services));
  app.route("/", profileRefresh(services));
  app.route("/", accessTokens(services));
  app.route("/", sessions(services));
  app.route("/", receiptSessions(services));
  app.route("/", purchases(services));
  app.route("/", notifications(services));
  app.route("/", passwordResets(services));
  app.route("/", activationPages(services));
  app.route("/", passwordResetPages(services));
  app.route("/", deletionPages(services));
  app.route("/", emailPages(services));
  app.route("/", startPage(services));
  app.route("/", problemTypes(services));
  app.route("/", health(services));
  app.route("/", apiDocuments(services, app));
  return app;
}

/** Tells whether a browser has opened a path that does not exist. Below `/v1` there are programs alone. */
function isMissingPage(c: AppContext, { code }: Problem): boolean {
  return code === "not_found" && !/^\/v1(?:\/|$)/.test(c.req.path) && asksForPage(c);
}
