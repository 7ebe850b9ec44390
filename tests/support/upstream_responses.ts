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
  "no type": changed(({ token_type: _, ...json }) => json),
  "type Bearer": changed((json) => ({ ...json, token_type: "Bearer" })),
  "empty token": changed((json) => ({ ...json, access_token: "" })),
  "token with a lone surrogate": changed((json) => ({ ...json, access_token: "Atza|\ud800" })),
  "token with a line feed": changed((json) => ({ ...json, access_token: "Atza|\n" })),
  "expires_in 0": changed((json) => ({ ...json, expires_in: 0 })),
  "error at status 200": changed((_, endpoint) => ({
    error: endpoint === "token" ? "invalid_grant" : "insufficient_scope",
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
