/**
 * What a race has done so far, as its rules need it.
 *
 * @module
 */
import type { Process } from "./scheduler.ts";

/** One request of a device. */
export interface Request {
  readonly name: string;
  readonly process: Process;
  readonly code: string;
  readonly key: string | null;
  /**
   * Whether the process died during the request, an answer of Amazon was lost, or half a second passed at once. Then the
   * token that Amazon gave may be lost.
   */
  disturbed: boolean;
}

/** The history of one code. */
export interface CodeHistory {
  /** The requests with this code. */
  readonly requests: Request[];
  /** Whether Amazon gave a token for the code. */
  spent: boolean;
  /** Whether the token or an answer was ever stored. */
  kept: boolean;
  /** The request that stored the token or used the stored token last; undefined while there is none. */
  owner: Request | undefined;
  /** The request that finished the exchange, the time, and the record of it. */
  done: { readonly by: Request; readonly at: number; readonly record: unknown } | undefined;
  /** The token of the session that the code led to; undefined before a device got it. */
  token: string | undefined;
  /** The token request that is under way, and the time when it was sent. */
  out: { readonly by: Request; readonly at: number } | undefined;
}
