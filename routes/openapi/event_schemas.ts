/**
 * The schemas of events.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { EVENT_TYPES, SIGN_IN_METHODS } from "../../lib/kv/schema.ts";
import { deviceSchema } from "./device_schemas.ts";
import { ACCOUNT, EVENT } from "./examples.ts";
import { timestamp } from "./fields.ts";
import { nextCursor, pageQuery } from "./paging.ts";

/**
 * What happened to an account.
 * @internal
 */
export const eventSchema = z.object({
  id: z.string().openapi({ description: "The id of the event, also in its webhook", example: EVENT.id }),
  type: z.enum(EVENT_TYPES).openapi({ description: "What happened" }),
  at: timestamp.openapi({ description: "When it happened" }),
  data: z.object({
    account_id: z.string().optional().openapi({ description: "The account", example: ACCOUNT.id }),
    session_id: z.string().optional().openapi({ description: "The session, of events of sessions" }),
    method: z.enum(SIGN_IN_METHODS).optional().openapi({
      description: "How the customer signed in, of `session.created` and `account.created`",
    }),
    sku: z.string().optional().openapi({ description: "The product, of events of purchases" }),
    state: z.string().optional().openapi({ description: "The state of an entitlement" }),
    device: deviceSchema.optional().openapi({ description: "The device, of `session.created`" }),
  }).openapi("EventData"),
}).openapi("Event");

/**
 * One page of events.
 * @internal
 */
export const eventPageSchema = z.object({
  events: z.array(eventSchema).openapi({ description: "Newest first" }),
  next_cursor: nextCursor,
}).openapi("EventPage");

/**
 * The query for one page of events.
 * @internal
 */
export const eventQuerySchema = pageQuery(
  z.string().regex(/^evt_[0-9a-f]{32}$/, "Must be the id of an event"),
);
