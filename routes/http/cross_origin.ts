/**
 * Web apps of other origins: the browser asks whether they may call the API (CORS).
 *
 * @module
 */
import { cors } from "hono/cors";
import type { Middleware } from "./env.ts";

/** Seconds for which a browser keeps the answer to a preflight request. */
const MAX_AGE = 7200;

/**
 * Creates the middleware that lets web apps of some origins call the API and read its answers. They send the session token
 * in a header, so no cookie and no other credential of the browser is taken. Every answer to them gets the headers,
 * problems as well.
 *
 * @param origins The origins; none: null is returned, as no web app of another origin may call.
 */
export function crossOrigin(origins: readonly string[]): Middleware | null {
  if (origins.length === 0) return null;
  const answer: Middleware = cors({
    origin: [...origins],
    allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
    allowHeaders: ["Authorization", "Content-Type", "Idempotency-Key"],
    exposeHeaders: ["Retry-After", "X-Request-Id", "Idempotency-Replayed"],
    maxAge: MAX_AGE,
  });
  return async (c, next) => {
    const asks = c.req.header("origin") !== undefined && c.req.path.startsWith("/v1/");
    if (asks) return await answer(c, next);
    // The result of `next` is not returned: its type says that it is a response, and it is none.
    await next();
  };
}
