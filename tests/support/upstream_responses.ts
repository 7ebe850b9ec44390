/**
 * Answers of Amazon's endpoints that the simulator has no fault for: failures before the request is sent, and answers
 * with one changed field.
 *
 * @module
 */
import type { Endpoint, Json } from "../../lib/dev/simulator/faults.ts";

/** Answers one request to Amazon. `send` passes the request on to the simulator. */
export type Intercept = (url: string, send: () => Promise<Response>) => Promise<Response>;

/** The answers by name. */
export const UPSTREAM_ANSWERS: Readonly<Record<string, Intercept>> = {
  "refused": connectFailure("tcp connect error: Connection refused (os error 111)"),
  "refused, told as Deno before 2.9 did": olderConnectFailure("tcp connect error: Connection refused"),
  "tls failure": connectFailure("invalid peer certificate: UnknownIssuer"),
  "unknown name": connectFailure("dns error: failed to lookup address information"),
  "handshake closed": connectFailure("tls handshake eof"),
  "http/2 refused stream": streamError("refused stream before processing any application logic"),
  "http/2 enhance your calm": streamError("detected excessive load generating behavior"),
  "http/2 inadequate security": streamError("security properties do not meet minimum requirements"),
  "http/2 needs http/1.1": streamError("endpoint requires HTTP/1.1"),
  "lost on its way to Amazon": streamError("connection closed before message completed"),
  "http/2 cancel": streamError("stream no longer needed"),
  "complete, then reset": untidy(0),
  "complete, but shorter than declared": untidy(50),
  "complete error, then reset": untidy(0, true),
  "complete, and NULs": followed("\0\0\0\0"),
  "complete, and the end of a chunk": followed("\r\n0\r\n\r\n"),
  "complete, and a page": followed("\n<!-- edge-7 --><html>{}</html>"),
  "complete, and once more": followed('{"error":"invalid_grant"}'),
  "status 400 with the answer": restatused(400),
  "status 401 with the answer": restatused(401),
  "status 500 with the answer": restatused(500),
  "status 503 with the answer": restatused(503),
  "status 302 with the answer": restatused(302),
  "status 429 with the answer": restatused(429),
  "ServerError at status 200": changed(() => ({ error: "ServerError" })),
  "error beside the answer": changed((json) => ({ ...json, error: "ServerError" })),
  "408": replaced(408, ""),
  "421": replaced(421, "<html>"),
  "425": replaced(425, ""),
  "no type": changed(({ token_type: _, ...json }) => json),
  "type Bearer": changed((json) => ({ ...json, token_type: "Bearer" })),
  "empty token": changed((json) => ({ ...json, access_token: "" })),
  "token with a lone surrogate": changed((json) => ({ ...json, access_token: "Atza|\ud800" })),
  "token with a line feed": changed((json) => ({ ...json, access_token: "Atza|\n" })),
  "expires_in 0": changed((json) => ({ ...json, expires_in: 0 })),
  "error at status 200": changed((_, endpoint) => ({
    error: errorOf(endpoint),
  })),
  "unknown error 400": replaced(400, '{"error":"slow_down"}'),
  "unknown error 401": replaced(401, '{"error":"slow_down"}'),
  "unknown error 500": replaced(500, '{"error":"slow_down"}'),
  "error of another type": replaced(400, '{"error":["invalid_grant"]}'),
  "error of the other endpoint": replaced(
    400,
    (endpoint) => endpoint === "token" ? '{"error":"insufficient_scope"}' : '{"error":"invalid_grant"}',
  ),
  "error __proto__": replaced(400, '{"error":"__proto__"}'),
  "html 401": replaced(401, "<html>Sorry!</html>"),
  "retry-after as a date": replaced(503, "", { "retry-after": "Sun, 22 Nov 2026 10:00:02 GMT" }),
  "retry-after of a day": replaced(503, "", { "retry-after": "86400" }),
  "empty user_id": changed((json) => ({ ...json, user_id: "" })),
  "user_id null": changed((json) => ({ ...json, user_id: null })),
  "user_id of 1025 characters": changed((json) => ({ ...json, user_id: "u".repeat(1025) })),
  "email as number": changed((json) => ({ ...json, email: 5 })),
  "email null": changed((json) => ({ ...json, email: null })),
  "email without @": changed((json) => ({ ...json, email: "mork" })),
  "name as object": changed((json) => ({ ...json, name: { first: "Mork" } })),
  "postal_code null": changed((json) => ({ ...json, postal_code: null })),
};

/** Returns the endpoint of Amazon that a URL names. */
export function endpointOf(url: string): Endpoint {
  return new URL(url).pathname.endsWith("/token") ? "token" : "profile";
}

/** Rejects as `fetch` of Deno does: the cause holds the whole URL. */
function connectFailure(why: string): Intercept {
  return (url) => {
    const cause = new Error(`error sending request for url (${url}): client error (Connect): ${why}`);
    return Promise.reject(new TypeError("fetch failed", { cause }));
  };
}

/** Rejects as `fetch` of Deno before 2.9 did: the error itself holds the URL. */
function olderConnectFailure(why: string): Intercept {
  return (url) =>
    Promise.reject(new TypeError(`error sending request for url (${url}): client error (Connect): ${why}`));
}

/** Rejects as `fetch` of Deno does when the connection or the HTTP/2 stream ends before a response. */
function streamError(why: string): Intercept {
  return (url) => {
    const cause = new Error(
      `error sending request from 10.0.0.1:1 for ${url} (10.0.0.2:443): client error (SendRequest): http2 error: stream error received: ${why}`,
    );
    return Promise.reject(new TypeError("fetch failed", { cause }));
  };
}

/** Delivers the whole body, and then breaks off. `more`: bytes that are declared and never come. */
function untidy(more: number, error = false): Intercept {
  return async (url, send) => {
    const { status, text } = error
      ? { status: 400, text: JSON.stringify({ error: errorOf(endpointOf(url)) }) }
      : await send().then(async (response) => ({ status: response.status, text: await response.text() }));
    const bytes = new TextEncoder().encode(text);
    let sent = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent) controller.error(new TypeError("error reading a body from connection"));
        else controller.enqueue(bytes);
        sent = true;
      },
    }, { highWaterMark: 0 });
    const headers = more > 0 ? { "content-length": String(bytes.length + more) } : {};
    return new Response(body, { status, headers });
  };
}

/** Lets Amazon answer, and puts a text behind the answer. */
function followed(rest: string): Intercept {
  return async (_, send) => {
    const response = await send();
    const text = await response.text();
    return new Response(text + rest, { status: response.status });
  };
}

function errorOf(endpoint: Endpoint): string {
  return endpoint === "token" ? "invalid_grant" : "insufficient_scope";
}

/** Lets Amazon answer, and gives the answer another status. */
function restatused(status: number): Intercept {
  return async (_, send) => {
    const response = await send();
    return new Response(await response.text(), { status, headers: response.headers });
  };
}

/** Lets Amazon answer, and changes the JSON of the answer. */
function changed(change: (json: Json, endpoint: Endpoint) => Json): Intercept {
  return async (url, send) => {
    const response = await send();
    return Response.json(change(await response.json(), endpointOf(url)), { status: response.status });
  };
}

/** Answers in place of Amazon, which does not see the request. */
function replaced(
  status: number,
  body: string | ((endpoint: Endpoint) => string),
  headers: Record<string, string> = {},
): Intercept {
  return (url) =>
    Promise.resolve(
      new Response(typeof body === "string" ? body : body(endpointOf(url)), { status, headers }),
    );
}
