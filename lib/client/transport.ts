/**
 * Requests to the service, each with a time-out.
 *
 * @module
 */
import type { Problem, SignedIn } from "./contract.ts";

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** A source of time. */
export interface Clock {
  /** Milliseconds since any moment. */
  now(): number;
  /** Calls `callback` after `ms` milliseconds. Gives a function that cancels it. */
  after(ms: number, callback: () => void): () => void;
}

/**
 * What came of a request. Without a problem there was no answer: no connection, none in time, or one that is not
 * the service's, like the page of a hotel's network.
 */
export type Answer =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly problem: Problem | null; readonly retryAfter: number };

/** One request. */
export interface ServiceRequest {
  /** The HTTP method. */
  readonly method: string;
  /** Begins with a slash. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Its `Idempotency-Key`. */
  readonly key?: string;
  /** The session's token. */
  readonly token?: string;
}

/** Sends a request. Never rejects. */
export type Send = (request: ServiceRequest) => Promise<Answer>;

/** The service answers within 10 seconds, whatever Amazon does; the rest is for the way. */
const TIMEOUT_MS = 15_000;
const NO_ANSWER: Answer = { ok: false, problem: null, retryAfter: 0 };

/**
 * Makes the way to the service.
 *
 * @param service Its URL, without a slash at the end.
 */
export function createSend(service: string, { fetch, clock }: { fetch: Fetch; clock: Clock }): Send {
  return (request) =>
    new Promise((resolve) => {
      const cancel = clock.after(TIMEOUT_MS, () => resolve(NO_ANSWER));
      exchange(fetch, service, request).catch(() => NO_ANSWER).then((answer) => {
        cancel();
        resolve(answer);
      });
    });
}

async function exchange(
  fetch: Fetch,
  service: string,
  { method, path, body, key, token }: ServiceRequest,
): Promise<Answer> {
  const response = await fetch(service + path, {
    method,
    headers: {
      ...(body ? { "Content-Type": "application/json" } : {}),
      ...(key ? { "Idempotency-Key": key } : {}),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
    // A code or a token goes nowhere else.
    redirect: "error",
  });
  if (response.status === 204) return { ok: true, body: null };
  const answered = await response.json();
  if (response.ok) return { ok: true, body: answered };
  return {
    ok: false,
    problem: answered.code && answered.next ? answered : null,
    retryAfter: Number(response.headers.get("Retry-After")) || 0,
  };
}

/** The session that an answer gives, or null when it is not one. */
export function sessionOf(answer: Answer): SignedIn | null {
  const body = answer.ok ? answer.body as Partial<SignedIn> | null : null;
  return body?.session_token && body.account ? body as SignedIn : null;
}
