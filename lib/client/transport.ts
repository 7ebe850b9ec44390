/**
 * Sends requests to the service, each with a time limit.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import type { Problem, SignedIn } from "./contract.ts";
import { isText, random } from "./foreign.ts";

/** The part of the engine's `fetch` that the client uses. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/**
 * The service's response to a request. `ok: false` with `problem: null` means that there was no usable response:
 * no connection, no response in time, or a response from another server, as the login page of a hotel's network.
 */
export type ServiceResponse =
  | { readonly ok: true; readonly body: unknown }
  | {
    readonly ok: false;
    readonly problem: Problem | null;
    /** Seconds of the `Retry-After` header; 0 without one. */
    readonly retryAfter: number;
  };

/** One request to the service. */
export interface ServiceRequest {
  /** The HTTP method. */
  readonly method: string;
  /** The path, with its slash at the start. */
  readonly path: string;
  /** The body, which is sent as JSON. */
  readonly body?: unknown;
  /** The `Idempotency-Key` header. */
  readonly key?: string;
  /** The session token, which is sent as a bearer token. */
  readonly token?: string;
}

/** Sends a request and returns the service's response. Never rejects. */
export type Send = (request: ServiceRequest) => Promise<ServiceResponse>;

/**
 * Milliseconds for a request. The service answers within 10 seconds, also while Amazon is slow. The rest is for the
 * network.
 */
export const REQUEST_MS = 15_000;
const MAX_PAUSE_S = 8;
const NO_RESPONSE: ServiceResponse = { ok: false, problem: null, retryAfter: 0 };

/**
 * Creates the function that sends requests to the service.
 *
 * @param service The service's URL, without a slash at the end.
 */
export function createSend(service: string, { fetch, clock }: { fetch: Fetch; clock: Clock }): Send {
  return (request) =>
    new Promise((resolve) => {
      const cancel = clock.after(REQUEST_MS, () => resolve(NO_RESPONSE));
      exchange(fetch, service, request).catch(() => NO_RESPONSE).then((response) => {
        cancel();
        resolve(response);
      });
    });
}

async function exchange(
  fetch: Fetch,
  service: string,
  { method, path, body, key, token }: ServiceRequest,
): Promise<ServiceResponse> {
  const response = await fetch(service + path, {
    method,
    headers: {
      ...(body ? { "Content-Type": "application/json" } : {}),
      ...(key ? { "Idempotency-Key": key } : {}),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
    // A redirect would send the code or the token to another server.
    redirect: "error",
  });
  if (response.status === 204) return { ok: true, body: null };
  const json = await response.json();
  if (response.ok) return { ok: true, body: json };
  return {
    ok: false,
    problem: isText(json.code) && isText(json.next) ? json : null,
    retryAfter: Math.max(Number(response.headers.get("Retry-After")) || 0, 0),
  };
}

/** Returns the session in a response, or null when the response holds none. */
export function sessionOf(response: ServiceResponse): SignedIn | null {
  const body = response.ok ? response.body as Partial<SignedIn> | null : null;
  return isText(body?.session_token) && isText(body.account?.id) ? body as SignedIn : null;
}

/** The pause before a request is sent again: what the service asks for, or longer from try to try. */
export function pauseAfter(response: ServiceResponse, tries: number): number {
  const retryAfter = response.ok ? 0 : response.retryAfter;
  const seconds = retryAfter || Math.min(2 ** (tries - 1), MAX_PAUSE_S);
  // The random part spreads devices that were turned away at the same moment.
  return seconds * 1000 * (1 + random() / 2);
}
