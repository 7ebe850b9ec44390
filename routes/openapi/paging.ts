/**
 * The schemas of lists that are read page by page.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";

/**
 * The cursor of the next page.
 * @internal
 */
export const nextCursor = z.string().nullable().openapi({
  description: "The `cursor` of the next page. `null` on the last page",
});

/**
 * Makes the query for one page of a list.
 * @internal
 */
export const pageQuery = <Cursor extends z.ZodType>(cursor: Cursor) =>
  z.object({
    limit: z.string().regex(/^(?:[1-9]\d?|100)$/, "Must be from 1 to 100").default("50").transform(Number)
      .openapi({
        type: "integer",
        description: "The most of one page",
        default: 50,
        minimum: 1,
        maximum: 100,
      }),
    cursor: cursor.optional().openapi({ description: "The `next_cursor` of the page before" }),
  });
