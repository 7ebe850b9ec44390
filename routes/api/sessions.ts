/**
 * `/v1/sessions`: the list of sessions, the check of a session token, and sign-out.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { describeAccount } from "../../lib/accounts/accounts.ts";
import type { Services } from "../../lib/services.ts";
import { revokeAllSessions, revokeCurrentSession, revokeSession } from "../../lib/sessions/revocation.ts";
import { listSessions } from "../../lib/sessions/session_list.ts";
import { describeSession } from "../../lib/sessions/sessions.ts";
import { emptyResponse, jsonResponse } from "../openapi/responses.ts";
import { createRouter, type Router } from "../http/env.ts";
import { ACCOUNT, SESSION } from "../openapi/examples.ts";
import { bearer, bearerOfEnding } from "../http/middleware.ts";
import { invalidParameter, problemResponses, SESSION_PROBLEMS } from "../openapi/problems.ts";
import {
  currentSessionSchema,
  pageQuerySchema,
  sessionIdSchema,
  sessionPageSchema,
} from "../openapi/session_schemas.ts";

/** Creates the routes of `/v1/sessions` that need a session token. */
export function sessions(services: Services): Router {
  const { config } = services;
  const common = { tags: ["Sessions"], security: [{ session: [] }], middleware: bearer(services) };

  return createRouter()
    .openapi(
      createRoute({
        ...common,
        method: "get",
        path: "/v1/sessions",
        operationId: "listSessions",
        summary: "List the account's sessions, newest first",
        description:
          "Each session is a device that is signed in. The session of the request's own token has `current: true`.",
        request: { query: pageQuerySchema },
        responses: {
          200: jsonResponse("One page of sessions", {
            schema: sessionPageSchema,
            example: { sessions: [{ ...SESSION, current: true }], next_cursor: null },
          }),
          ...problemResponses(
            config,
            invalidParameter("?limit", "Must be from 1 to 100"),
            ...SESSION_PROBLEMS,
          ),
        },
      }),
      async (c) => c.json(await listSessions(services, { ...c.get("auth"), ...c.req.valid("query") }), 200),
    )
    .openapi(
      createRoute({
        ...common,
        method: "get",
        path: "/v1/sessions/current",
        operationId: "getCurrentSession",
        summary: "Check a session token",
        description:
          "A device finds out in this way who is signed in. Another back end of the app checks a session token in this way.",
        responses: {
          200: jsonResponse("The session and the account of the token", {
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
        ...common,
        middleware: bearerOfEnding(services, () => true),
        method: "delete",
        path: "/v1/sessions/current",
        operationId: "signOut",
        summary: "Sign this device out",
        description:
          "The session token is not valid any more. The same request again is answered 204 for 10 minutes.",
        responses: {
          204: emptyResponse("This device is signed out"),
          ...problemResponses(config, ...SESSION_PROBLEMS),
        },
      }),
      async (c) => {
        await revokeCurrentSession(services, c.get("auth"));
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        ...common,
        middleware: bearerOfEnding(
          services,
          (by, sessionId, c) => by === "sign_out" && c.req.param("session_id") === sessionId,
        ),
        method: "delete",
        path: "/v1/sessions/{session_id}",
        operationId: "signOutDevice",
        summary: "Sign another device out",
        description: "The `id` of the session is in the list of sessions.",
        request: { params: z.object({ session_id: sessionIdSchema }) },
        responses: {
          204: emptyResponse("That device is signed out"),
          ...problemResponses(
            config,
            invalidParameter("session_id", "Must be the id of a session"),
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
        ...common,
        middleware: bearerOfEnding(
          services,
          (by, _, c) => by === "sign_out_everywhere" && c.req.query("keep") === undefined,
        ),
        method: "delete",
        path: "/v1/sessions",
        operationId: "signOutEverywhere",
        summary: "Sign every device out",
        description: "This device is signed out too, except with `keep=current`.",
        request: {
          query: z.object({
            keep: z.literal("current").optional().openapi({ description: "Keeps this device signed in" }),
          }),
        },
        responses: {
          204: emptyResponse("The devices are signed out"),
          ...problemResponses(
            config,
            invalidParameter("?keep", 'Invalid input: expected "current"'),
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
