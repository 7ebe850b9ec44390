/**
 * The claim of a code. Before anything goes to Amazon, a request claims its code, so one request at a time works on it.
 *
 * When a request dies, the lease of its claim ends. Then the next request with the code takes over, and goes on from the
 * token that was kept. When the code is done, a request with the same code and the same `Idempotency-Key` gets the answer
 * again.
 *
 * @module
 */
import { newSecret } from "../base/ids.ts";
import { Problem } from "../base/problem.ts";
import { progressIds } from "../kv/codes.ts";
import { hashSecret, type Keyring } from "../kv/keyring.ts";
import {
  CODE_PROGRESS,
  type CodeProgressRecord,
  type CodeResult,
  EXCHANGE,
  type ExchangeRecord,
  type KeptTokenRecord,
} from "../kv/schema.ts";
import { StorageError, UnreadableRecordProblem } from "../kv/storage_failure.ts";
import type { Store } from "../kv/store.ts";
import type { Entry, WriteBatch } from "../kv/write_batch.ts";
import { CodeExchange, type ExchangeServices, leaseTime, SPENT_MEMORY_MS } from "./code_exchange.ts";
import type { Leftover } from "./leftovers.ts";

/** Milliseconds by which a lease outlives the deadline of its request. The clocks of two instances can differ. */
export const LEASE_MARGIN_MS = 2000;

/** A code, with the key that its device made for it. */
export interface CodeRequest {
  /** 1 to 2048 bytes. */
  readonly code: string;
  /** 16 to 255 visible ASCII characters; null when the device sent none. */
  readonly idempotencyKey: string | null;
}

/** The services that a claim uses. */
export interface ClaimServices extends ExchangeServices {
  /** Opens the answers that earlier versions have sealed. */
  readonly keyring: Keyring;
}

/** A code that was done before, for a request that may have its answer again. */
export type DoneCode =
  /** What {@linkcode CodeExchange.putResult} was given. */
  | { readonly result: CodeResult }
  /** The answer as JSON, from an earlier version of the service. */
  | { readonly answer: string };

/** What is stored of a code. */
interface StoredCode {
  /** Who works on it. */
  readonly claim: Entry<ExchangeRecord>;
  /** How far it is. */
  readonly progress: Entry<CodeProgressRecord>;
}

/**
 * Claims a code, before anything is sent to Amazon. A new code costs one write: the check of the commit tells that the
 * code is new.
 *
 * @returns The exchange; or what the code led to, when it is done and the request has the same code and key.
 * @throws {Problem} `code_in_progress`, `code_already_used` or `storage_unavailable`
 */
export async function claimCode(
  services: ClaimServices,
  store: Store,
  request: CodeRequest,
): Promise<CodeExchange | DoneCode> {
  const { db, leftovers, telemetry } = services;
  const codeHash = hashSecret(request.code);
  const claimId = newSecret();
  const requester = request.idempotencyKey === null ? null : hashSecret(proofOf(request));
  const left = leftovers?.get(codeHash);
  // The code is taken for new, unless there is a reason to think that an earlier request has claimed it.
  let firstRun = left === undefined && !db.recovering;
  let resumed = false;
  const claiming = store.transact(async (batch) => {
    const stored = firstRun ? newCode(codeHash) : await readCode(batch, codeHash);
    firstRun = false;
    const done = findResult(services, request, { stored, requester });
    if (done !== null) return done;
    const now = leaseTime(services);
    resumed = stored.claim.value !== null;
    const kept = takeOver(batch, { stored, requester, left, now });
    const leaseUntil = now + store.deadline.remaining + LEASE_MARGIN_MS;
    const claim = batch.set(EXCHANGE, [codeHash], {
      v: 1 as const,
      state: "claimed" as const,
      claim_id: claimId,
      requester,
      lease_until: leaseUntil,
      // A code without a claim counts as new. So the claim outlives all that can be stored of the code's progress.
      expires_at: leaseUntil + SPENT_MEMORY_MS,
    });
    return new CodeExchange(services, store, { claim, progress: stored.progress, kept });
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

function newCode(codeHash: string): StoredCode {
  const absent = { value: null, versionstamp: null };
  return {
    claim: { key: [EXCHANGE.kind, codeHash], ...absent },
    progress: { key: [CODE_PROGRESS.kind, ...progressIds(codeHash)], ...absent },
  };
}

async function readCode(batch: WriteBatch, codeHash: string): Promise<StoredCode> {
  const [claim, progress] = await batch.getMany([
    [EXCHANGE, [codeHash]],
    [CODE_PROGRESS, progressIds(codeHash)],
  ]);
  return { claim, progress };
}

/**
 * Finds what a done code led to.
 *
 * @returns Null when the code is not done.
 * @throws {Problem} `code_already_used` when the request does not have the same key, or comes too late
 */
function findResult(
  { keyring, clock }: ClaimServices,
  request: CodeRequest,
  { stored: { claim: { key, value: claim }, progress }, requester }: {
    readonly stored: StoredCode;
    readonly requester: string | null;
  },
): DoneCode | null {
  if (claim === null) return null;
  const done = claim.state === "done" ? claim : progress.value;
  if (done === null || !("answer_until" in done)) return null;
  const { result, answer_until } = done;
  const answer = "answer" in done ? done.answer : null;
  const mayAsk = requester !== null && claim.requester === requester && answer_until > clock.now();
  if (mayAsk && result) return { result };
  if (!mayAsk || answer === null) throw new Problem("code_already_used");
  try {
    return { answer: keyring.open(answer, [...key, "answer"].join("/"), proofOf(request)) };
  } catch {
    // Another instance may have the key, so the record stays as it is.
    throw new UnreadableRecordProblem(EXCHANGE);
  }
}

/**
 * Takes a code that is new, or whose earlier request is gone: its lease is over, or this process knows it.
 *
 * @returns The token that the earlier request kept, or null.
 * @throws {Problem} `code_in_progress` while the lease runs; `code_already_used` when the token is for another key
 */
function takeOver(
  batch: WriteBatch,
  { stored: { claim, progress }, requester, left, now }: {
    readonly stored: StoredCode;
    readonly requester: string | null;
    readonly left: Leftover | undefined;
    readonly now: number;
  },
): KeptTokenRecord | null {
  batch.check(claim);
  if (claim.value?.state !== "claimed") {
    // If the code is not new, the next run needs both records.
    batch.readAgain(progress.key);
    return null;
  }
  // Most often the earlier request is alive and done in a moment, so a device need not wait for the end of the lease.
  const own = left?.claimId === claim.value.claim_id ? left : undefined;
  const { lease_until } = claim.value;
  if (own === undefined && lease_until > now) throw new Problem("code_in_progress", { retryAfter: 1 });
  // A request that seemed dead can still write its token, or the end of the code. Then the commit here fails.
  batch.check(progress);
  // A request without a key leaves its token to every request with the code; one with a key, only to that key.
  const stored = progress.value !== null && "result" in progress.value ? null : progress.value;
  const kept = stored ?? own?.token ?? null;
  const mayTake = kept === null || claim.value.requester === null || claim.value.requester === requester;
  if (!mayTake) throw new Problem("code_already_used");
  return kept;
}

/** Joins code and key. The length in front keeps the two from being cut at another place. */
function proofOf({ code, idempotencyKey }: CodeRequest): string {
  return `${code.length}:${code}${idempotencyKey}`;
}
