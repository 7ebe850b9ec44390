/**
 * `/v1/sessions`: the sessions of an account.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { describeAccount } from "../../lib/accounts/accounts.ts";
import type { Services } from "../../lib/services.ts";
import { revokeAllSessions, revokeCurrentSession, revokeSession } from "../../lib/sessions/revocation.ts";
import { describeSession, listSessions } from "../../lib/sessions/sessions.ts";
import { Problem } from "../../lib/base/problem.ts";
import { emptyResponse, jsonResponse } from "../openapi/responses.ts";
import { createRouter, type Router } from "../http/env.ts";
import { ACCOUNT, SESSION } from "../openapi/examples.ts";
import { bearer } from "../http/middleware.ts";
import { problemResponses, SESSION_PROBLEMS } from "../openapi/problems.ts";
import {
  currentSessionSchema,
  pageQuerySchema,
  sessionIdSchema,
  sessionPageSchema,
} from "../openapi/schemas.ts";

/** The sessions of the account of the token. */
export function sessions(services: Services): Router {
  const middleware = bearer(services);
  const security = [{ session: [] }];
  const { config } = services;
  const tags = ["Sessions"];

  return createRouter()
    .openapi(
      createRoute({
        method: "get",
        path: "/v1/sessions",
        operationId: "listSessions",
        tags,
        summary: "List the account's sessions, newest first",
        description: "Each session is a signed-in device. The session that asks has `current: true`.",
        security,
        middleware,
        request: { query: pageQuerySchema },
        responses: {
          200: jsonResponse("One page", {
            schema: sessionPageSchema,
            example: { sessions: [{ ...SESSION, current: true }], next_cursor: null },
          }),
          ...problemResponses(config, invalid("?limit", "Must be from 1 to 100"), ...SESSION_PROBLEMS),
        },
      }),
      async (c) => c.json(await listSessions(services, { ...c.get("auth"), ...c.req.valid("query") }), 200),
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/v1/sessions/current",
        operationId: "getCurrentSession",
        tags,
        summary: "Check a session token",
        description: "A device shows by it who is signed in, and another back end checks a token by it.",
        security,
        middleware,
        responses: {
          200: jsonResponse("The token's session and account", {
            schema: currentSessionSchema,
            example: { session: { ...SESSION, current: true }, account: ACCOUNT },
          }),
          ...problemResponses(config, ...SESSION_PROBLEMS),
        },
      }),
      (c) => {
        const { accountId, sessionId, account, session } = c.get("auth");
        return c.json({
          session: { ...describeSession(sessionId, session.value), current: true as const },
          account: describeAccount(accountId, account.value),
        }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/v1/sessions/current",
        operationId: "signOut",
        tags,
        summary: "Sign this device out",
        description: "Afterwards the token is not valid any more.",
        security,
        middleware,
        responses: { 204: emptyResponse("Signed out"), ...problemResponses(config, ...SESSION_PROBLEMS) },
      }),
      async (c) => {
        await revokeCurrentSession(services, c.get("auth"));
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/v1/sessions/{session_id}",
        operationId: "signOutDevice",
        tags,
        summary: "Sign another device out",
        description: "The device is named by the `id` of its session.",
        security,
        middleware,
        request: { params: z.object({ session_id: sessionIdSchema }) },
        responses: {
          204: emptyResponse("Signed out"),
          ...problemResponses(
            config,
            invalid("session_id", "Must be the id of a session"),
            "not_found",
            ...SESSION_PROBLEMS,
          ),
        },
      }),
      async (c) => {
        await revokeSession(services, c.get("auth"), c.req.valid("param").session_id);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/v1/sessions",
        operationId: "signOutEverywhere",
        tags,
        summary: "Sign every device out",
        description: "This device is signed out too, unless `keep=current`.",
        security,
        middleware,
        request: {
          query: z.object({
            keep: z.literal("current").optional().openapi({ description: "Leave this device signed in" }),
          }),
        },
        responses: {
          204: emptyResponse("Signed out"),
          ...problemResponses(
            config,
            invalid("?keep", 'Invalid input: expected "current"'),
            ...SESSION_PROBLEMS,
          ),
        },
      }),
      async (c) => {
        await revokeAllSessions(services, c.get("auth"), {
          keepCurrent: c.req.valid("query").keep === "current",
        });
        return c.body(null, 204);
      },
    );
}

function invalid(path: string, message: string): Problem {
  return new Problem("invalid_request", { errors: [{ path, message }] });
}
