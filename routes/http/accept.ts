/**
 * What a client wants to read: a page in a browser, or JSON.
 *
 * @module
 */
import { parseAccept } from "hono/utils/accept";
import type { AppContext } from "./env.ts";

/** Browsers send fewer than two hundred. */
const MOST_CHARACTERS = 500;

const PAGE = /^(?:text\/html|application\/xhtml\+xml)$/i;
const JSON_TYPE = /^(?:\*\/\*|application\/(?:\*|json|[\w.-]+\+json))$/i;

/**
 * Tells whether a request asks for a page rather than for JSON, by its `Accept` (RFC 9110, 12.5.1). A client that takes
 * everything gets JSON. The response depends on the header, so caches are told.
 */
export function asksForPage(c: AppContext): boolean {
  c.header("Vary", "Accept", { append: true });
  return prefersPage(c.req.header("accept"));
}

/** Tells whether an `Accept` names HTML, and before everything that JSON is good for. */
export function prefersPage(accept: string | undefined): boolean {
  const wanted = parseAccept(accept?.slice(0, MOST_CHARACTERS) ?? "").filter(({ q }) => q > 0);
  const [best] = wanted.filter(({ type }) => PAGE.test(type) || JSON_TYPE.test(type));
  return best !== undefined && PAGE.test(best.type);
}
