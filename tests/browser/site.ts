/**
 * A site for a browser to visit.
 *
 * @module
 */

/** A site that listens; dispose of it with `await using`. */
export interface Site extends AsyncDisposable {
  /** Where, without a slash at the end. */
  readonly origin: string;
}

/**
 * Serves on a free port of this machine.
 *
 * @param answer What answers each request; or the inside of the one page that there is.
 * @param policy The page's `Content-Security-Policy`.
 */
export function serveSite(
  answer: string | ((request: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>) => Promise<Response>),
  policy = "",
): Site {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request, info) => {
    // Browsers ask for it unasked.
    if (new URL(request.url).pathname === "/favicon.ico") return new Response(null, { status: 204 });
    if (typeof answer !== "string") return answer(request, info);
    const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": policy };
    return new Response(`<!DOCTYPE html><html lang="en">${answer}`, { headers });
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
