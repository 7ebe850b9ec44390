/**
 * The life of one code here: claimed → done, with Amazon's token kept beside it in between.
 *
 * Every step is one atomic write under SHA-256(code) that checks the claim. So a code has one holder at a time; a
 * holder that died is replaced when its lease ends, by who goes on from the token it kept; and the answer of a code
 * that is done can be asked for again by who holds both the code and its `Idempotency-Key`.
 *
 * @module
 */
import { type Clock, Deadline } from "../base/clock.ts";
import { newSecret } from "../base/ids.ts";
import { type Database, type Entry, type Transaction, UnreadableProblem } from "../kv/database.ts";
import { hashSecret, type Keyring } from "../kv/keyring.ts";
import { EXCHANGE, type ExchangeRecord, KEPT_TOKEN, type KeptTokenRecord } from "../kv/schema.ts";
import { Problem } from "../base/problem.ts";
import type { AccessToken } from "../amazon/endpoints.ts";

/** Milliseconds for which the same code and key give the same answer. */
export const REPLAY_MS = 10 * 60_000;
/** Milliseconds for which Amazon's token is kept at most, for a retry to go on from. */
export const KEPT_TOKEN_MS = 10 * 60_000;
/** Milliseconds by which a lease outlives the deadline of its holder, for clocks that differ. */
export const LEASE_MARGIN_MS = 2000;

/** For which a code is remembered as spent. */
const SPENT_MEMORY_MS = 60 * 60_000;
/** Of the write that gives a code up. */
const RELEASE_MS = 1000;
const MOST_CLAIMS = 20;
const TOKEN = "token";

/** What a request presents: the code, and the key its device made for it. */
export interface Presented {
  /** 1 to 2048 bytes. */
  readonly code: string;
  /** 16 to 255 visible ASCII characters; null when the device sent none. */
  readonly idempotencyKey: string | null;
}

/** What an exchange needs of the services. */
export interface ExchangeServices {
  /** Holds one record for each code. */
  readonly db: Database;
  /** Seals the kept token and the answer. */
  readonly keyring: Keyring;
  /** Decides when a lease is over. */
  readonly clock: Clock;
}

/** The answer of a code that was settled before, as it was staged. */
export interface Replay {
  /** The text that {@linkcode CodeExchange.stageAnswer} was given. */
  readonly replayed: string;
}

/**
 * Claims a code for this request, by one write when no one had it before.
 *
 * @param deadline Of the request. The lease outlives it by {@linkcode LEASE_MARGIN_MS}.
 * @returns The exchange, or the answer to repeat.
 * @throws {Problem} `code_in_progress`, `code_already_used` or `storage_unavailable`
 */
export async function claimCode(
  services: ExchangeServices,
  presented: Presented,
  deadline: Deadline,
): Promise<CodeExchange | Replay> {
  const { db, clock } = services;
  const codeHash = hashSecret(presented.code);
  const mine = {
    v: 1,
    state: "claimed",
    claim_id: newSecret(),
    requester: presented.idempotencyKey === null ? null : hashSecret(proofOf(presented)),
  } as const;
  let left: Left = { exchange: { key: [EXCHANGE.kind, codeHash], value: null, versionstamp: null } };
  for (let tries = 1; tries <= MOST_CLAIMS; tries++) {
    const kept = takeOver(services, left, { presented, mine });
    if (typeof kept === "string") return { replayed: kept };
    const leaseUntil = clock.now() + deadline.remaining + LEASE_MARGIN_MS;
    const value = { ...mine, lease_until: leaseUntil, expires_at: leaseUntil + KEPT_TOKEN_MS };
    const tx = db.transaction().check(left.exchange).set(EXCHANGE, [codeHash], value);
    // What a dead holder wrote can come late: a token that is kept after it was looked for.
    if (left.token !== undefined) tx.check(left.token);
    const versionstamp = await db.commit(tx, deadline);
    if (versionstamp !== null) {
      return new CodeExchange(services, presented, {
        claim: { ...left.exchange, value, versionstamp },
        kept,
      });
    }
    const [exchange, token] = await db.getMany<[ExchangeRecord, KeptTokenRecord]>(
      [[EXCHANGE, [codeHash]], [KEPT_TOKEN, [codeHash, TOKEN]]],
      { consistency: "strong", deadline },
    );
    // The commit had taken effect and only its success was lost.
    if (isClaim(exchange) && exchange.value.claim_id === mine.claim_id) {
      return new CodeExchange(services, presented, { claim: exchange, kept });
    }
    left = { exchange, token };
  }
  throw new Problem("storage_unavailable", { retryAfter: 1 });
}

/** What is stored of a code; `token` is undefined when nobody looked for it. */
interface Left {
  readonly exchange: Entry<ExchangeRecord>;
  readonly token?: Entry<KeptTokenRecord>;
}

type Claim = Entry<ExchangeRecord> & { readonly value: ExchangeRecord & { state: "claimed" } };

function isClaim(entry: Entry<ExchangeRecord>): entry is Claim {
  return entry.value?.state === "claimed";
}

/**
 * What another request left of this code: the answer to repeat, the token to go on from, or nothing.
 *
 * @throws {Problem} when it is not for this request.
 */
function takeOver(
  { keyring, clock }: ExchangeServices,
  { exchange: { key, value: left }, token }: Left,
  { presented, mine }: {
    readonly presented: Presented;
    readonly mine: Pick<ExchangeRecord, "requester">;
  },
): KeptTokenRecord | string | null {
  if (left === null) return null;
  const now = clock.now();
  // Most often the holder is alive and done in a moment: a device need not wait for the lease to end.
  if (left.state === "claimed" && left.lease_until > now) {
    throw new Problem("code_in_progress", { retryAfter: 1 });
  }
  const kept = token?.value ?? null;
  const sameRequester = left.requester === mine.requester;
  // A first request without a key leaves its token to whoever holds the code; one with a key, to that key alone.
  if (left.state === "claimed" && (kept === null || left.requester === null || sameRequester)) return kept;
  if (left.state === "done" && left.answer !== null && sameRequester && left.answer_until > now) {
    const { answer } = left;
    return readSealed(() => keyring.open(answer, placeOfAnswer(key), proofOf(presented)));
  }
  throw new Problem("code_already_used");
}

/** A code that this request has claimed. */
export class CodeExchange {
  readonly #services: ExchangeServices;
  readonly #presented: Presented;
  readonly #claim: Claim;
  /** The token: kept already, or on its way. */
  #token: KeptTokenRecord | null;
  /** The write that keeps it; null when there is none, or none any more. */
  #keeping: Transaction | null = null;

  /**
   * Made by {@linkcode claimCode} alone.
   *
   * @param held `claim`: as it was written. `kept`: the token that an earlier request left, or null.
   */
  constructor(
    services: ExchangeServices,
    presented: Presented,
    { claim, kept }: { readonly claim: Claim; readonly kept: KeptTokenRecord | null },
  ) {
    this.#services = services;
    this.#presented = presented;
    this.#claim = claim;
    this.#token = kept;
  }

  /** The token that an earlier request kept, or null. */
  get keptToken(): string | null {
    return this.#token?.token ?? null;
  }

  /**
   * Starts to keep the token, sealed, and returns at once: the write overlaps whatever comes next, and nothing waits
   * for it. Should it fail, {@linkcode CodeExchange.release} keeps the token; should it come after the end of the
   * exchange, the check of its claim fails.
   */
  keepToken({ value, expiresInMs }: AccessToken, deadline: Deadline): void {
    const { lease_until } = this.#claim.value;
    const until = Math.max(this.#services.clock.now() + Math.min(expiresInMs, KEPT_TOKEN_MS), lease_until);
    this.#token = { v: 1, token: value, expires_at: until };
    this.#keep(this.#token, deadline);
  }

  #keep(token: KeptTokenRecord, deadline: Deadline): void {
    const { db } = this.#services;
    this.#keeping = db.transaction().check(this.#claim).set(KEPT_TOKEN, this.#tokenIds, token);
    db.commit(this.#keeping, deadline).catch(() => {});
  }

  /**
   * Stages the end of the exchange with its answer, which only the requester's code and key can open. The caller
   * commits at once: a token that still waits to be kept is not written any more, as the commit is no later.
   */
  stageAnswer(tx: Transaction, answer: string): void {
    const { keyring, clock, db } = this.#services;
    if (this.#keeping !== null && db.withdraw(this.#keeping)) this.#keeping = null;
    const { key, value: { v, claim_id, requester } } = this.#claim;
    const now = clock.now();
    tx.check(this.#claim).set(EXCHANGE, [this.codeHash], {
      v,
      claim_id,
      requester,
      state: "done",
      answer: this.#presented.idempotencyKey === null
        ? null
        : keyring.seal(answer, placeOfAnswer(key), proofOf(this.#presented)),
      answer_until: now + REPLAY_MS,
      expires_at: now + SPENT_MEMORY_MS,
    }).delete([KEPT_TOKEN.kind, ...this.#tokenIds]);
  }

  /**
   * Reads the exchange again after a commit that failed a check, and keeps the token if that commit took its place.
   *
   * @returns Whether it is done: the commit had taken effect and only its success was lost.
   * @throws {Problem} `code_in_progress` when another request has taken over, or `storage_unavailable`
   */
  async refresh(deadline: Deadline): Promise<boolean> {
    const { db } = this.#services;
    const { value } = await db.get(EXCHANGE, [this.codeHash], { consistency: "strong", deadline });
    if (value?.claim_id !== this.#claim.value.claim_id) {
      throw new Problem("code_in_progress", { retryAfter: 1 });
    }
    if (value.state === "done") return true;
    if (this.#token !== null && this.#keeping === null) this.#keep(this.#token, deadline);
    return false;
  }

  /**
   * Gives the code up for the next request: with its token when there is one, as new otherwise. Never rejects;
   * when it fails, the lease ends by itself.
   */
  async release(): Promise<void> {
    const { clock, db } = this.#services;
    using deadline = new Deadline(clock, RELEASE_MS);
    const tx = db.transaction().check(this.#claim);
    if (this.#token === null) {
      tx.delete(this.#claim.key).delete([KEPT_TOKEN.kind, ...this.#tokenIds]);
    } else {
      const free = { ...this.#claim.value, lease_until: clock.now() };
      tx.set(EXCHANGE, [this.codeHash], free).set(KEPT_TOKEN, this.#tokenIds, this.#token);
    }
    await db.commit(tx, deadline).catch(() => {});
  }

  /** SHA-256 of the code. */
  get codeHash(): string {
    return this.#claim.key[1] ?? "";
  }

  get #tokenIds(): [string, string] {
    return [this.codeHash, TOKEN];
  }
}

/** A record that this instance has no key for may be readable to the next: it is kept as it is. */
function readSealed(open: () => string): string {
  try {
    return open();
  } catch {
    throw new UnreadableProblem(EXCHANGE);
  }
}

function placeOfAnswer(key: readonly string[]): string {
  return [...key, "answer"].join("/");
}

/** The length keeps a code and key from being cut at another place. */
function proofOf({ code, idempotencyKey }: Presented): string {
  return `${code.length}:${code}${idempotencyKey}`;
}
