/**
 * `/v1/sessions`: what a session token is worth.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { describeAccount } from "../lib/accounts/accounts.ts";
import type { Services } from "../lib/services.ts";
import { revokeAllSessions, revokeCurrentSession, revokeSession } from "../lib/sessions/revocation.ts";
import { describeSession, listSessions } from "../lib/sessions/sessions.ts";
import { createRouter, type Router } from "./env.ts";
import { bearer } from "./middleware.ts";
import { problemResponses } from "./problems.ts";
import { currentSessionSchema, pageQuerySchema, sessionIdSchema, sessionPageSchema } from "./schemas.ts";

/** The sessions of the account whose token is presented. */
export function sessions(services: Services): Router {
  const middleware = bearer(services);
  const security = [{ session: [] }];
  const problems = problemResponses("invalid_session", "storage_unavailable", "internal");

  const list = createRoute({
    method: "get",
    path: "/v1/sessions",
    summary: "List the account's sessions, newest first",
    security,
    middleware,
    request: { query: pageQuerySchema },
    responses: {
      200: { description: "One page", content: { "application/json": { schema: sessionPageSchema } } },
      ...problemResponses("invalid_request"),
      ...problems,
    },
  });

  const current = createRoute({
    method: "get",
    path: "/v1/sessions/current",
    summary: "Check a session token",
    security,
    middleware,
    responses: {
      200: {
        description: "The token's session and account",
        content: { "application/json": { schema: currentSessionSchema } },
      },
      ...problems,
    },
  });

  const signOut = createRoute({
    method: "delete",
    path: "/v1/sessions/current",
    summary: "Sign this device out",
    security,
    middleware,
    responses: { 204: { description: "Signed out" }, ...problems },
  });

  const signOutOther = createRoute({
    method: "delete",
    path: "/v1/sessions/{session_id}",
    summary: "Sign another device out",
    security,
    middleware,
    request: { params: z.object({ session_id: sessionIdSchema }) },
    responses: {
      204: { description: "Signed out" },
      ...problemResponses("invalid_request", "not_found"),
      ...problems,
    },
  });

  const signOutEverywhere = createRoute({
    method: "delete",
    path: "/v1/sessions",
    summary: "Sign every device out",
    security,
    middleware,
    request: {
      query: z.object({
        keep: z.literal("current").optional().openapi({ description: "Leave this device signed in" }),
      }),
    },
    responses: { 204: { description: "Signed out" }, ...problemResponses("invalid_request"), ...problems },
  });

  return createRouter()
    .openapi(list, async (c) => c.json(await listSessions(services, c.var.auth, c.req.valid("query")), 200))
    .openapi(current, (c) => {
      const { accountId, sessionId, account, session } = c.var.auth;
      return c.json({
        session: { ...describeSession(sessionId, session.value), current: true as const },
        account: describeAccount(accountId, account.value),
      }, 200);
    })
    .openapi(signOut, async (c) => {
      await revokeCurrentSession(services, c.var.auth);
      return c.body(null, 204);
    })
    .openapi(signOutOther, async (c) => {
      await revokeSession(services, c.var.auth, c.req.valid("param").session_id);
      return c.body(null, 204);
    })
    .openapi(signOutEverywhere, async (c) => {
      await revokeAllSessions(services, c.var.auth, { keepCurrent: c.req.valid("query").keep === "current" });
      return c.body(null, 204);
    });
}
