/**
 * Leftovers: codes that a request of this process has claimed and could not release, because the database did not answer.
 * The request is gone, and this process knows it. So a retry with the code need not wait for the end of the lease, and goes
 * on with the token that the request had got from Amazon.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { KeptTokenRecord } from "../kv/schema.ts";

/** A code that a request which is gone may have claimed. */
export interface Leftover {
  /** The id of its claim. Nobody knows whether the claim was written. */
  readonly claimId: string;
  /** The token that Amazon gave to the request, or null. */
  readonly token: KeptTokenRecord | null;
}

/** Milliseconds for which a code is remembered: as long as a token is kept in the database. */
const REMEMBERED_MS = 10 * 60_000;
/** Codes that are remembered. The oldest is forgotten first. */
const MOST_CODES = 10_000;

/** Remembers codes by their hashes. */
export class Leftovers {
  readonly #clock: Pick<Clock, "now">;
  readonly #codes = new Map<string, Leftover & { readonly until: number }>();

  /** Remembers nothing yet. */
  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** The number of codes that are remembered. */
  get size(): number {
    return this.#codes.size;
  }

  /** Returns what is left of a code, or undefined. */
  get(codeHash: string): Leftover | undefined {
    const left = this.#codes.get(codeHash);
    return left !== undefined && left.until > this.#clock.now() ? left : undefined;
  }

  /** Remembers a code. */
  put(codeHash: string, leftover: Leftover): void {
    this.#codes.delete(codeHash);
    this.#codes.set(codeHash, { ...leftover, until: this.#clock.now() + REMEMBERED_MS });
    const [oldest] = this.#codes.keys();
    if (this.#codes.size > MOST_CODES && oldest !== undefined) this.#codes.delete(oldest);
  }

  /** Forgets a code, if the claim is the remembered one. */
  forget(codeHash: string, claimId: string): void {
    if (this.#codes.get(codeHash)?.claimId === claimId) this.#codes.delete(codeHash);
  }
}
