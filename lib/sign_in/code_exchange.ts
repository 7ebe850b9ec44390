/**
 * The life of a claimed code: its token is kept, then it is done or released.
 *
 * Two records tell of it, both under SHA-256(code). The claim says which request works on the code. The progress says how
 * far the code is: it holds Amazon's access token, and in its place, later, what the code led to. Each write of the progress
 * checks the claim.
 *
 * @module
 */
import type { AccessToken } from "../amazon/endpoints.ts";
import type { Clock } from "../base/clock.ts";
import { newSecret } from "../base/ids.ts";
import { describeError, type Log } from "../base/log.ts";
import { Problem } from "../base/problem.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { LINK_TICKET_LIFE_MS } from "../accounts/link_tickets.ts";
import { progressIds } from "../kv/codes.ts";
import type { Database } from "../kv/database.ts";
import {
  CODE_PROGRESS,
  type CodeProgressRecord,
  type CodeResult,
  EXCHANGE,
  type ExchangeRecord,
  type KeptTokenRecord,
} from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import type { Leftovers } from "./leftovers.ts";
import type { Entry, Present, WriteBatch } from "../kv/write_batch.ts";
import { REPLAY_MS } from "../sessions/replay.ts";

/** The most milliseconds for which Amazon's access token is kept for a retry. */
export const KEPT_TOKEN_MS = 10 * 60_000;
/** Milliseconds for which a code is remembered as spent. */
export const SPENT_MEMORY_MS = 60 * 60_000;

/** Milliseconds for the write that releases a code. */
const RELEASE_MS = 1000;
/** The first and the last pause before a token is released again, in milliseconds. Each pause is twice the one before. */
const FIRST_RELEASE_AGAIN_MS = 1000;
const LAST_RELEASE_AGAIN_MS = 32_000;

/** The services that an exchange uses. */
export interface ExchangeServices {
  /** Holds two records for each code. */
  readonly db: Database;
  /** Decides when a lease is over. */
  readonly clock: Clock;
  /** Tells how far the clock is from Amazon's. Without it, the clock is taken as it is. */
  readonly appstore?: { readonly clockAheadMs: number };
  /** Is told when a token could not be kept or a code not released. */
  readonly log: Log;
  /** Counts the codes that are taken over, and times the write of a token. */
  readonly telemetry: Telemetry;
  /** The codes that requests of this process could not release. Nothing is remembered without it. */
  readonly leftovers?: Leftovers;
  /** Gets every exchange that this process works on. */
  readonly exchanges?: Set<CodeExchange>;
}

/** The state of a code that a request works on. */
export type Claim = ExchangeRecord & { readonly state: "claimed" };

/** What a {@linkcode CodeExchange} is made of. */
export interface ClaimedCode {
  /** The claim, as it was written. */
  readonly claim: Present<Claim>;
  /** The progress, as the claim found it. */
  readonly progress: Entry<CodeProgressRecord>;
  /** The token that an earlier request left, or null. */
  readonly kept: KeptTokenRecord | null;
}

/** A code that this request has claimed. */
export class CodeExchange {
  readonly #services: ExchangeServices;
  readonly #store: Store;
  readonly #claim: Present<Claim>;
  /** Amazon's token: kept already, or being written. */
  #token: KeptTokenRecord | null;
  /** The progress, as it is stored while no token is on its way. */
  #progress: Entry<CodeProgressRecord>;
  /** The write of a token that is on its way. One that has failed can still take effect. */
  #keeping: WriteBatch | null = null;
  #ended = false;

  /** Exchanges are made by `claimCode`. */
  constructor(services: ExchangeServices, store: Store, { claim, progress, kept }: ClaimedCode) {
    this.#services = services;
    this.#store = store;
    this.#claim = claim;
    this.#progress = progress;
    this.#token = kept;
  }

  /** SHA-256 of the code. */
  get codeHash(): string {
    return this.#claim.key[1] ?? "";
  }

  /** The token that an earlier request kept, or null. */
  get keptToken(): string | null {
    return this.#token?.token ?? null;
  }

  /** Amazon's refresh token, when it was given with the token and the operator keeps them. */
  get refreshToken(): string | null {
    return this.#token?.refresh_token ?? null;
  }

  /**
   * Starts to write the token, sealed, and returns at once: the write overlaps the next steps, and none of them waits for
   * it. If the write fails, {@linkcode CodeExchange.release} keeps the token. If it comes after the end of the exchange,
   * its check of the claim fails.
   */
  keepToken({ value, expiresInMs, refreshToken }: AccessToken): void {
    const { lease_until } = this.#claim.value;
    const until = Math.max(this.#services.clock.now() + Math.min(expiresInMs, KEPT_TOKEN_MS), lease_until);
    const refresh = refreshToken === null ? {} : { refresh_token: refreshToken };
    this.#token = { v: 1, token: value, expires_at: until, ...refresh };
    this.#keep(this.#token);
  }

  /**
   * Writes the end of the exchange with what the code led to, for a request with the same code and key. The caller commits
   * at once, so a token that still waits to be written is taken back.
   *
   * When the transaction runs again, the claim is read again first, and the token is written at once.
   *
   * @throws {Problem} `code_in_progress` when another request has taken over, or `storage_unavailable`
   */
  async putResult(batch: WriteBatch, result: CodeResult): Promise<void> {
    await this.#end(batch);
    const claim = this.#claim.value;
    const now = this.#services.clock.now();
    // A record that names an account without a session of it must not outlive the ticket, by which a deletion finds it.
    const memoryMs = result.outcome === "signed_in" ? SPENT_MEMORY_MS : LINK_TICKET_LIFE_MS;
    batch.check(this.#claim);
    batch.set(CODE_PROGRESS, progressIds(this.codeHash), {
      v: 1 as const,
      token: "" as const,
      result: claim.requester === null ? null : result,
      answer_until: now + REPLAY_MS,
      expires_at: now + memoryMs,
    });
    // A token that comes later would take the place of the result. A new claim lets that write fail, or this one.
    if (this.#keeping !== null) batch.set(EXCHANGE, [this.codeHash], { ...claim, claim_id: newSecret() });
  }

  /**
   * Writes the release of the code with its token, beside what the caller writes: the profile at Amazon can change before a
   * retry.
   *
   * @throws {Problem} `code_in_progress` when another request has taken over, or `storage_unavailable`
   */
  async putRelease(batch: WriteBatch): Promise<void> {
    await this.#end(batch);
    this.#putReleased(batch);
  }

  /**
   * Releases the code for the next request: with its token when there is one, otherwise as new. A failure is logged and
   * does not reject; then the lease ends by itself. A token is so dear that its release is tried again for a while.
   */
  async release(): Promise<void> {
    const { log, leftovers } = this.#services;
    try {
      await this.#release();
    } catch (error) {
      log("warning", "code_not_released", describeError(error));
      if (leftovers === undefined) return;
      leftovers.put(this.codeHash, { claimId: this.#claim.value.claim_id, token: this.#token });
      if (this.#token !== null) this.#releaseLater(leftovers, FIRST_RELEASE_AGAIN_MS);
    }
  }

  /** Ends the time of the request, as the process is about to end. Only a token request that is under way goes on. */
  cutShort(): void {
    this.#store.deadline.end();
  }

  /** Commits the release. It does nothing when another request has taken over, or when the code is done after all. */
  async #release(): Promise<void> {
    using store = this.#services.db.within(RELEASE_MS, "started");
    const batch = store.batch();
    this.#putReleased(batch);
    await store.commit(batch);
  }

  #releaseLater(leftovers: Leftovers, pauseMs: number): void {
    if (pauseMs > LAST_RELEASE_AGAIN_MS) return;
    const { claim_id } = this.#claim.value;
    this.#services.clock.after(pauseMs, () => {
      // A retry has gone on with the token meanwhile.
      if (leftovers.get(this.codeHash)?.claimId !== claim_id) return;
      this.#release().then(
        () => leftovers.forget(this.codeHash, claim_id),
        () => this.#releaseLater(leftovers, pauseMs * 2),
      );
    });
  }

  #putReleased(batch: WriteBatch): void {
    batch.check(this.#claim);
    if (this.#token === null) batch.delete(this.#claim.key);
    else {
      // A final commit that was given up can take effect. It changes the claim, or the progress as it is known here.
      if (this.#keeping === null) batch.check(this.#progress);
      batch.set(EXCHANGE, [this.codeHash], {
        ...this.#claim.value,
        lease_until: leaseTime(this.#services),
        // After a long standstill the token outlives the claim as it was made.
        expires_at: Math.max(this.#claim.value.expires_at, this.#token.expires_at),
      });
      batch.set(CODE_PROGRESS, progressIds(this.codeHash), this.#token);
    }
  }

  /** Prepares the commit that ends this request. A second run of its transaction reads the claim again first. */
  async #end(batch: WriteBatch): Promise<void> {
    if (this.#ended) await this.#confirm(batch);
    else if (this.#keeping !== null && this.#store.withdraw(this.#keeping)) this.#keeping = null;
    this.#ended = true;
  }

  /** Reads the claim again after a failed commit, and writes the token if that commit had taken its place. */
  async #confirm(batch: WriteBatch): Promise<void> {
    const { value } = await batch.get(EXCHANGE, [this.codeHash]);
    if (value?.claim_id !== this.#claim.value.claim_id) {
      throw new Problem("code_in_progress", { retryAfter: 1 });
    }
    const stored = this.#keeping !== null || this.#progress.value !== null;
    if (this.#token !== null && !stored) this.#keep(this.#token);
  }

  #keep(token: KeptTokenRecord): void {
    // A claim that ends before its token is written again with the token, when it is released.
    if (token.expires_at > this.#claim.value.expires_at) return;
    const batch = this.#store.batch();
    batch.check(this.#claim);
    const kept = batch.set(CODE_PROGRESS, progressIds(this.codeHash), token);
    this.#keeping = batch;
    this.#services.telemetry.span("keep", () => this.#store.commit(batch)).then((done) => {
      if (!done) return;
      this.#progress = kept;
      this.#keeping = null;
    }, (error) => this.#services.log("warning", "token_not_kept", describeError(error)));
  }
}

/**
 * Returns the time that leases go by: Amazon's, as far as it is known. Processes whose clocks differ would take codes from
 * each other.
 */
export function leaseTime({ clock, appstore }: Pick<ExchangeServices, "clock" | "appstore">): number {
  return clock.now() - (appstore?.clockAheadMs ?? 0);
}
