/**
 * The path of a request, by which its route is found.
 *
 * @module
 */
import { getPath } from "hono/utils/url";

/** Matches the paths of the pages for customers. A problem is shown as a page there, and as JSON elsewhere. */
const PAGES = /^\/(?:reset|delete-account|activate|confirm-email)(?![\w-])/;
const DOCS = /^\/docs(?![\w-])/;

/**
 * Matches a page with a slash, punctuation or invisible marks behind its path or its token. A token has 43 or 64
 * characters, so a hyphen or a low line behind them is not part of it.
 */
const TRAILED =
  /^(\/(?:delete-account|activate|docs|(?:reset|delete-account|activate|confirm-email)\/(?:[\w-]{64}|[\w-]{43}|[\w-]+(?![\w-]))))[\p{P}\p{Z}\p{Cc}\p{Cf}\p{Sm}\p{Sc}\p{Sk}]+$/u;

/**
 * Returns the path of a request. The path of a page loses what programs leave at its end: a slash, or the full stop,
 * bracket or quote that followed the link in a text, percent-encoded or not. None of them is part of a path of ours.
 */
export function pathOf(request: Request): string {
  const path = getPath(request);
  if (!PAGES.test(path) && !DOCS.test(path)) return path;
  const [, page = path] = TRAILED.exec(decoded(path)) ?? [];
  return page;
}

/** Returns true for a path of the pages for customers. */
export function isPage(path: string): boolean {
  return PAGES.test(path);
}

/**
 * Returns true when a `Host` header is a host, with or without a port. Deno puts the header as it is into the URL of the
 * request, so any other text could change the path, or make a URL that cannot be parsed.
 */
export function isHost(host: string): boolean {
  return /^(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/.test(host) && URL.canParse(`http://${host}`);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
