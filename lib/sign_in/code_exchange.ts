/**
 * The life of one code here: claimed, then done. In between, Amazon's access token is kept beside it.
 *
 * Each step is one atomic write under SHA-256(code) that checks the claim, so one request at a time works on a code. When
 * a request dies, its lease ends, and the next request with the code continues from the kept token. After the code is
 * done, a request with the same code and the same `Idempotency-Key` gets the answer again.
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
import type { Database } from "../kv/database.ts";
import { hashSecret, type Keyring } from "../kv/keyring.ts";
import {
  type CodeResult,
  EXCHANGE,
  type ExchangeRecord,
  KEPT_TOKEN,
  type KeptTokenRecord,
} from "../kv/schema.ts";
import { StorageError, UnreadableRecordProblem } from "../kv/storage_failure.ts";
import type { Store } from "../kv/store.ts";
import type { Leftover, Leftovers } from "./leftovers.ts";
import type { Entry, Present, WriteBatch } from "../kv/write_batch.ts";
import { REPLAY_MS } from "../sessions/replay.ts";

/** The most milliseconds for which Amazon's access token is kept for a retry. */
export const KEPT_TOKEN_MS = 10 * 60_000;
/** Milliseconds by which a lease outlives the deadline of its request. The clocks of two instances can differ. */
export const LEASE_MARGIN_MS = 2000;

/** Milliseconds for which a code is remembered as spent. */
const SPENT_MEMORY_MS = 60 * 60_000;
/** Milliseconds for the write that releases a code. */
const RELEASE_MS = 1000;
/** The first and the last pause before a token is released again, in milliseconds. Each pause is twice the one before. */
const FIRST_RELEASE_AGAIN_MS = 1000;
const LAST_RELEASE_AGAIN_MS = 32_000;
const TOKEN = "token";

/** A code, with the key that its device made for it. */
export interface CodeRequest {
  /** 1 to 2048 bytes. */
  readonly code: string;
  /** 16 to 255 visible ASCII characters; null when the device sent none. */
  readonly idempotencyKey: string | null;
}

/** The services that an exchange uses. */
export interface ExchangeServices {
  /** Holds one record for each code. */
  readonly db: Database;
  /** Opens the answers that earlier versions have sealed. */
  readonly keyring: Keyring;
  /** Decides when a lease is over. */
  readonly clock: Clock;
  /** Is told when a token could not be kept or a code not released. */
  readonly log: Log;
  /** Counts the codes that are taken over. */
  readonly telemetry: Telemetry;
  /** The codes that requests of this process could not release. Nothing is remembered without it. */
  readonly leftovers?: Leftovers;
  /** Gets every exchange that this process works on. */
  readonly exchanges?: Set<CodeExchange>;
}

/** A code that was done before, for a request that may have its answer again. */
export type DoneCode =
  /** What {@linkcode CodeExchange.putResult} was given. */
  | { readonly result: CodeResult }
  /** The answer as JSON, from an earlier version of the service. */
  | { readonly answer: string };

/** The state of a code that a request works on. */
export type Claim = ExchangeRecord & { readonly state: "claimed" };

/**
 * Claims a code, before anything is sent to Amazon. A new code costs one write: the check of the commit tells that the
 * code is new.
 *
 * @returns The exchange; or what the code led to, when it is done and the request has the same code and key.
 * @throws {Problem} `code_in_progress`, `code_already_used` or `storage_unavailable`
 */
export async function claimCode(
  services: ExchangeServices,
  store: Store,
  request: CodeRequest,
): Promise<CodeExchange | DoneCode> {
  const { clock, db, leftovers, telemetry } = services;
  const codeHash = hashSecret(request.code);
  const claimId = newSecret();
  const requester = request.idempotencyKey === null ? null : hashSecret(proofOf(request));
  const left = leftovers?.get(codeHash);
  // The code is taken for new, unless there is a reason to think that an earlier request has claimed it.
  let firstRun = left === undefined && !db.recovering;
  let resumed = false;
  const claiming = store.transact(async (batch) => {
    const exchange: Entry<ExchangeRecord> = firstRun
      ? { key: [EXCHANGE.kind, codeHash], value: null, versionstamp: null }
      : await batch.get(EXCHANGE, [codeHash]);
    firstRun = false;
    const stored = exchange.value;
    if (stored?.state === "done") {
      return openDone(services, request, { key: exchange.key, stored, requester });
    }
    const now = clock.now();
    resumed = stored !== null;
    const kept = stored === null
      ? null
      : await takeOver(batch, { codeHash, claim: stored, requester, left, now });

    batch.check(exchange);
    const leaseUntil = now + store.deadline.remaining + LEASE_MARGIN_MS;
    const claim = batch.set(EXCHANGE, [codeHash], {
      v: 1 as const,
      state: "claimed" as const,
      claim_id: claimId,
      requester,
      lease_until: leaseUntil,
      expires_at: leaseUntil + KEPT_TOKEN_MS,
    });
    return new CodeExchange(services, store, { claim, kept });
  });
  try {
    const claimed = await claiming;
    if (left !== undefined) leftovers?.forget(codeHash, left.claimId);
    if (resumed && claimed instanceof CodeExchange) {
      telemetry.count("oneclick.codes.resumed", { "oneclick.token_kept": claimed.keptToken !== null });
    }
    return claimed;
  } catch (error) {
    // Unless the request was turned away before anything was sent, the claim may still be written.
    const unknown = error instanceof Problem && error.details.cause instanceof StorageError;
    if (left === undefined && unknown) leftovers?.put(codeHash, { claimId, token: null });
    throw error;
  }
}

/**
 * Tells what a done code led to.
 *
 * @throws {Problem} `code_already_used` when the request does not have the same key, or comes too late
 */
function openDone(
  { keyring, clock }: ExchangeServices,
  request: CodeRequest,
  { key, stored, requester }: {
    readonly key: readonly string[];
    readonly stored: ExchangeRecord & { readonly state: "done" };
    readonly requester: string | null;
  },
): DoneCode {
  const { answer, answer_until, result } = stored;
  const mayAsk = requester !== null && stored.requester === requester && answer_until > clock.now();
  if (mayAsk && result !== undefined) return { result };
  if (!mayAsk || answer === null) throw new Problem("code_already_used");
  try {
    return { answer: keyring.open(answer, [...key, "answer"].join("/"), proofOf(request)) };
  } catch {
    // Another instance may have the key, so the record stays as it is.
    throw new UnreadableRecordProblem(EXCHANGE);
  }
}

/**
 * Takes over the claim of an earlier request whose lease is over, or that is known to be gone.
 *
 * @returns The token that the earlier request kept, or null.
 * @throws {Problem} `code_in_progress` while the lease runs; `code_already_used` when the token is for another key
 */
async function takeOver(
  batch: WriteBatch,
  { codeHash, claim, requester, left, now }: {
    readonly codeHash: string;
    readonly claim: Claim;
    readonly requester: string | null;
    readonly left: Leftover | undefined;
    readonly now: number;
  },
): Promise<KeptTokenRecord | null> {
  // Most often the earlier request is alive and done in a moment, so a device need not wait for the end of the lease.
  const own = left?.claimId === claim.claim_id ? left : undefined;
  if (own === undefined && claim.lease_until > now) throw new Problem("code_in_progress", { retryAfter: 1 });
  const token = await batch.get(KEPT_TOKEN, [codeHash, TOKEN]);
  // A request that seemed dead can still write its token. The check lets one of the two commits fail.
  batch.check(token);
  // A request without a key leaves its token to every request with the code; one with a key, only to that key.
  const kept = token.value ?? own?.token ?? null;
  const mayTake = kept === null || claim.requester === null || claim.requester === requester;
  if (!mayTake) throw new Problem("code_already_used");
  return kept;
}

/** What a {@linkcode CodeExchange} is made of. */
export interface ClaimedCode {
  /** The claim, as it was written. */
  readonly claim: Present<Claim>;
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
  /** The write that keeps the token; null when there is none, or when it was taken back. */
  #keeping: WriteBatch | null = null;
  /** Whether a token can be stored beside the claim. */
  #stored: boolean;
  #ended = false;

  /** Exchanges are made by {@linkcode claimCode}. */
  constructor(services: ExchangeServices, store: Store, { claim, kept }: ClaimedCode) {
    this.#services = services;
    this.#store = store;
    this.#claim = claim;
    this.#token = kept;
    this.#stored = kept !== null;
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
    const { v, claim_id, requester } = this.#claim.value;
    const now = this.#services.clock.now();
    // A record that names an account without a session of it must not outlive the ticket, by which a deletion finds it.
    const memoryMs = result.outcome === "signed_in" ? SPENT_MEMORY_MS : LINK_TICKET_LIFE_MS;
    batch.check(this.#claim);
    batch.set(EXCHANGE, [this.codeHash], {
      v,
      claim_id,
      requester,
      state: "done",
      answer: null,
      answer_until: now + REPLAY_MS,
      expires_at: now + memoryMs,
      ...(requester === null ? {} : { result }),
    });
    if (this.#stored) batch.delete(this.#tokenKey);
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

  /** Commits the release. It does nothing when another request has taken over. */
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
      batch.set(EXCHANGE, [this.codeHash], {
        ...this.#claim.value,
        lease_until: this.#services.clock.now(),
        // After a long standstill the token outlives the claim as it was made.
        expires_at: Math.max(this.#claim.value.expires_at, this.#token.expires_at),
      });
      batch.set(KEPT_TOKEN, [this.codeHash, TOKEN], this.#token);
    }
  }

  /** Prepares the commit that ends this request. A second run of its transaction reads the claim again first. */
  async #end(batch: WriteBatch): Promise<void> {
    if (this.#ended) await this.#confirm(batch);
    else if (this.#keeping !== null && this.#store.withdraw(this.#keeping)) {
      this.#keeping = null;
      this.#stored = false;
    }
    this.#ended = true;
  }

  /** Reads the claim again after a failed commit, and writes the token if that commit had taken its place. */
  async #confirm(batch: WriteBatch): Promise<void> {
    const { value } = await batch.get(EXCHANGE, [this.codeHash]);
    if (value?.claim_id !== this.#claim.value.claim_id) {
      throw new Problem("code_in_progress", { retryAfter: 1 });
    }
    if (this.#token !== null && this.#keeping === null) this.#keep(this.#token);
  }

  #keep(token: KeptTokenRecord): void {
    // A claim that ends before its token is written again with the token, when it is released.
    if (token.expires_at > this.#claim.value.expires_at) return;
    const batch = this.#store.batch();
    batch.check(this.#claim);
    batch.set(KEPT_TOKEN, [this.codeHash, TOKEN], token);
    this.#keeping = batch;
    this.#stored = true;
    this.#services.telemetry.span("keep", () => this.#store.commit(batch)).then((kept) => {
      if (!kept && this.#keeping === batch) this.#keeping = null;
    }, (error) => this.#services.log("warning", "token_not_kept", describeError(error)));
  }

  get #tokenKey(): readonly string[] {
    return [KEPT_TOKEN.kind, this.codeHash, TOKEN];
  }
}

/** Joins code and key. The length in front keeps the two from being cut at another place. */
function proofOf({ code, idempotencyKey }: CodeRequest): string {
  return `${code.length}:${code}${idempotencyKey}`;
}
