/**
 * Serves a web site for the browser.
 *
 * @module
 */

/** A listening site. Dispose of it with `await using`. */
export interface Site extends AsyncDisposable {
  /** The origin, without a slash at the end. */
  readonly origin: string;
}

/**
 * Serves a site on a free port of this machine.
 *
 * @param content Responds to each request; or the HTML of the site's only page.
 * @param policy The `Content-Security-Policy` of that page.
 */
export function serveSite(
  content: string | ((request: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>) => Promise<Response>),
  policy = "",
): Site {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request, info) => {
    // Browsers request this icon for every site.
    if (new URL(request.url).pathname === "/favicon.ico") return new Response(null, { status: 204 });
    if (typeof content !== "string") return content(request, info);
    const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": policy };
    return new Response(`<!DOCTYPE html><html lang="en">${content}`, { headers });
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
