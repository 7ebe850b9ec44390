/**
 * The schemas of sessions.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { accountSchema } from "./account_schemas.ts";
import { deviceSchema } from "./device_schemas.ts";
import { SESSION } from "./examples.ts";
import { timestamp } from "./fields.ts";
import { nextCursor, pageQuery } from "./paging.ts";

/**
 * A session: one device that is signed in.
 * @internal
 */
export const sessionSchema = z.object({
  id: z.string().openapi({ description: "The id of the session", example: SESSION.id }),
  created_at: timestamp.openapi({ description: "When the device signed in" }),
  last_used_at: timestamp.openapi({ description: "When the session was last used, exact to a day" }),
  device: deviceSchema,
  current: z.literal(true).optional().openapi({
    description: "Present only in the session of the request's own token",
  }),
}).openapi("Session");

/**
 * A session with its account.
 * @internal
 */
export const currentSessionSchema = z.object({ session: sessionSchema, account: accountSchema }).openapi(
  "CurrentSession",
);

/**
 * One page of sessions.
 * @internal
 */
export const sessionPageSchema = z.object({
  sessions: z.array(sessionSchema).openapi({ description: "Newest first" }),
  next_cursor: nextCursor,
}).openapi("SessionPage");

/**
 * The id of a session.
 * @internal
 */
export const sessionIdSchema = z.string().regex(/^ses_[0-9a-f]{32}$/, "Must be the id of a session").openapi({
  description: "The `id` of a session",
  example: SESSION.id,
});

/**
 * The query for one page of sessions.
 * @internal
 */
export const pageQuerySchema = pageQuery(sessionIdSchema);
