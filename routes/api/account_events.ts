/**
 * `/v1/account/events`: what happened to the account of a session token.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { listEvents } from "../../lib/events/events.ts";
import type { Services } from "../../lib/services.ts";
import { createRouter, type Router } from "../http/env.ts";
import { bearer } from "../http/middleware.ts";
import { EVENT } from "../openapi/examples.ts";
import { invalidParameter, problemResponses, SESSION_PROBLEMS } from "../openapi/problems.ts";
import { jsonResponse } from "../openapi/responses.ts";
import { eventPageSchema, eventQuerySchema } from "../openapi/event_schemas.ts";

/** Creates the route of `/v1/account/events`. */
export function accountEvents(services: Services): Router {
  return createRouter().openapi(
    createRoute({
      tags: ["Account"],
      security: [{ session: [] }],
      middleware: bearer(services),
      method: "get",
      path: "/v1/account/events",
      operationId: "listEvents",
      summary: "List what happened to the account, newest first",
      description:
        "Each event tells of one change. Events are kept for a time that the operator chooses, a year by default.",
      request: { query: eventQuerySchema },
      responses: {
        200: jsonResponse("One page of events", {
          schema: eventPageSchema,
          example: { events: [EVENT], next_cursor: null },
        }),
        ...problemResponses(
          services.config,
          invalidParameter("?limit", "Must be from 1 to 100"),
          ...SESSION_PROBLEMS,
        ),
      },
    }),
    async (c) => {
      const { accountId } = c.get("auth");
      return c.json(await listEvents(services, { accountId, ...c.req.valid("query") }), 200);
    },
  );
}
