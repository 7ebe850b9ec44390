/**
 * The bodies of responses, as tests read them.
 *
 * @module
 */
import type { Entitlement } from "../../lib/accounts/entitlements.ts";

/** The body of the answer to a sign-in. */
export interface SignedInBody {
  /** The bearer token. */
  session_token: string;
  /** `Bearer`. */
  token_type: string;
  /** The end of the session: RFC 3339, UTC. */
  expires_at: string;
  /** The same as a number of seconds. */
  expires_in: number;
  /** The new session. */
  session: { id: string; created_at: string; last_used_at: string; device: Record<string, string> };
  /** The account of the session. */
  account: Record<string, unknown> & { id: string; email: string; created: boolean };
  /** After a link ticket: what became of it. */
  link?: "linked" | "kept";
  /** What the account may use by the receipts of the request. */
  entitlements?: Entitlement[];
}

/** The body of a problem (RFC 9457). */
export interface ProblemBody {
  /** The URI of the kind of problem. */
  type: string;
  /** The title of the kind of problem. */
  title: string;
  /** The HTTP status. */
  status: number;
  /** What happened, for a developer. */
  detail: string;
  /** The stable code. */
  code: string;
  /** What a device does next, such as `retry`. */
  next: string;
  /** The same as `X-Request-Id`. */
  request_id: string;
  /** The faults of an `invalid_request`. */
  errors?: { path: string; message: string }[];
  /** The ticket of a `link_required`. */
  link_ticket?: string;
  /** The fields of the profile, in a `profile_incomplete`. */
  prefill?: Record<string, string>;
}
