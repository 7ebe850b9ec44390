/**
 * The life of one code here: claimed → token held → done.
 *
 * Every step is one atomic write under SHA-256(code) that checks the step before. So a code has one holder at a
 * time; a holder that died is replaced when its lease ends, and goes on from the token it kept; and the answer of
 * a code that is done can be asked for again by who holds both the code and its `Idempotency-Key`.
 *
 * @module
 */
import { type Clock, Deadline } from "../clock.ts";
import { newSecret } from "../ids.ts";
import { type Database, type Entry, type Transaction, unreadable } from "../kv/database.ts";
import { hashSecret, type Keyring } from "../kv/keyring.ts";
import { EXCHANGE, type ExchangeRecord } from "../kv/schema.ts";
import { Problem } from "../problem.ts";
import type { AccessToken } from "./answers.ts";

/** Milliseconds for which the same code and key give the same answer. */
export const REPLAY_MS = 10 * 60_000;
/** Milliseconds for which a code is remembered as spent. */
export const SPENT_MEMORY_MS = 60 * 60_000;
/** Milliseconds for which Amazon's token is kept at most, for a retry to go on from. */
export const KEPT_TOKEN_MS = 10 * 60_000;
/** Milliseconds by which a lease outlives the deadline of its holder, for clocks that differ. */
export const LEASE_MARGIN_MS = 2000;

/** Of the writes beside the way: keeping the token, and giving the code up. */
const SIDE_WRITE_MS = 1000;
const MOST_CLAIMS = 20;

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
    claim_id: newSecret(),
    requester: presented.idempotencyKey === null ? null : hashSecret(proofOf(presented)),
  } as const;
  let before: Entry<ExchangeRecord> = { key: [EXCHANGE.kind, codeHash], value: null, versionstamp: null };
  for (let tries = 1; tries <= MOST_CLAIMS; tries++) {
    const leaseUntil = clock.now() + deadline.remaining + LEASE_MARGIN_MS;
    const kept = before.value === null
      ? null
      : takeOver(services, before.value, { presented, mine, codeHash });
    if (typeof kept === "string") return { replayed: kept };
    const record: ExchangeRecord = kept === null
      ? { ...mine, state: "claimed", expires_at: leaseUntil }
      : { ...kept, ...mine, lease_until: leaseUntil, expires_at: Math.max(kept.expires_at, leaseUntil) };
    const versionstamp = await db.commit(
      db.transaction().check(before).set(EXCHANGE, [codeHash], record),
      deadline,
    );
    if (versionstamp !== null) {
      return new CodeExchange(services, presented, { ...before, value: record, versionstamp });
    }
    before = await db.get(EXCHANGE, [codeHash], { consistency: "strong", deadline });
    if (before.value?.claim_id === mine.claim_id) return new CodeExchange(services, presented, before);
  }
  throw new Problem("storage_unavailable", { retryAfter: 1 });
}

type Held = Extract<ExchangeRecord, { state: "held" }>;

/**
 * What another request left of this code: the answer to repeat, or the token to go on from.
 *
 * @throws {Problem} when it is nothing for this request.
 */
function takeOver(
  { keyring, clock }: ExchangeServices,
  left: ExchangeRecord,
  { presented, mine, codeHash }: {
    readonly presented: Presented;
    readonly mine: Pick<ExchangeRecord, "requester">;
    readonly codeHash: string;
  },
): Held | string {
  const now = clock.now();
  const leaseEnd = left.state === "claimed" ? left.expires_at : left.state === "held" ? left.lease_until : 0;
  // Most often the holder is alive and done in a moment: a device need not wait for the lease to end.
  if (leaseEnd > now) throw new Problem("code_in_progress", { retryAfter: 1 });
  const sameRequester = left.requester === mine.requester;
  // A first request without a key leaves its token to whoever holds the code; one with a key, to that key alone.
  if (left.state === "held" && (left.requester === null || sameRequester)) return left;
  if (left.state === "done" && left.answer !== null && sameRequester && left.answer_until > now) {
    const { answer } = left;
    return readSealed(() => keyring.open(answer, placeOf(codeHash, "answer"), proofOf(presented)));
  }
  throw new Problem("code_already_used");
}

/** A code that this request has claimed. */
export class CodeExchange {
  readonly #services: ExchangeServices;
  readonly #presented: Presented;
  /** SHA-256 of the code. */
  readonly codeHash: string;
  #entry: Entry<ExchangeRecord> & { readonly value: ExchangeRecord };
  /** The token, sealed: written already, or still to be. */
  #held: Held | null;
  #keeping: Promise<void> = Promise.resolve();

  /**
   * Made by {@linkcode claimCode} alone.
   *
   * @param entry The claim as it was written.
   */
  constructor(services: ExchangeServices, presented: Presented, entry: Entry<ExchangeRecord>) {
    if (entry.value === null) throw new TypeError("A claim needs its record");
    this.#services = services;
    this.#presented = presented;
    this.codeHash = entry.key[1] ?? "";
    this.#entry = { ...entry, value: entry.value };
    this.#held = entry.value.state === "held" ? entry.value : null;
  }

  /**
   * The token that an earlier request kept, or null.
   *
   * @throws {Problem} `storage_unavailable` when no key of the ring opens it
   */
  keptToken(): string | null {
    const held = this.#held;
    const place = placeOf(this.codeHash, "token");
    return held && readSealed(() => this.#services.keyring.open(held.token, place));
  }

  /**
   * Starts to keep the token, sealed, and returns at once: the write overlaps whatever comes next. Should it fail,
   * the sign-in goes on, and {@linkcode CodeExchange.release} tries once more.
   */
  keepToken(token: AccessToken, deadline: Deadline): void {
    const { clock, keyring } = this.#services;
    const { v, claim_id, requester, expires_at } = this.#entry.value;
    this.#held = {
      v,
      claim_id,
      requester,
      state: "held",
      lease_until: expires_at,
      token: keyring.seal(token.value, placeOf(this.codeHash, "token")),
      expires_at: Math.max(clock.now() + Math.min(token.expiresInMs, KEPT_TOKEN_MS), expires_at),
    };
    this.#keeping = this.#keep(this.#held, deadline).catch(() => {});
  }

  /** Within its own deadline, as the end waits for it: a write that hangs must not take the sign-in with it. */
  async #keep(held: Held, { remaining }: Deadline): Promise<void> {
    using deadline = new Deadline(this.#services.clock, Math.min(SIDE_WRITE_MS, remaining));
    await this.#write(held, deadline);
  }

  /** Stages the end of the exchange with its answer, which only the requester's code and key can open. */
  async stageAnswer(tx: Transaction, answer: string): Promise<void> {
    await this.#keeping;
    const { keyring, clock } = this.#services;
    const { v, claim_id, requester } = this.#entry.value;
    const now = clock.now();
    const place = placeOf(this.codeHash, "answer");
    tx.check(this.#entry).set(EXCHANGE, [this.codeHash], {
      v,
      claim_id,
      requester,
      state: "done",
      answer: this.#presented.idempotencyKey === null
        ? null
        : keyring.seal(answer, place, proofOf(this.#presented)),
      answer_until: now + REPLAY_MS,
      expires_at: now + SPENT_MEMORY_MS,
    });
  }

  /**
   * Reads the exchange again after a commit that failed a check.
   *
   * @returns Whether it is done: the commit had taken effect and only its success was lost.
   * @throws {Problem} `code_in_progress` when another request has taken over, or `storage_unavailable`
   */
  async refresh(deadline: Deadline): Promise<boolean> {
    const { db } = this.#services;
    const entry = await db.get(EXCHANGE, [this.codeHash], { consistency: "strong", deadline });
    if (entry.value?.claim_id !== this.#entry.value.claim_id) {
      throw new Problem("code_in_progress", { retryAfter: 1 });
    }
    this.#entry = { ...entry, value: entry.value };
    return entry.value.state === "done";
  }

  /**
   * Gives the code up for the next request: with its token when there is one, as new otherwise. Never rejects;
   * when it fails, the lease ends by itself.
   */
  async release(): Promise<void> {
    const { clock, db } = this.#services;
    await this.#keeping;
    using deadline = new Deadline(clock, SIDE_WRITE_MS);
    try {
      if (this.#held !== null) await this.#write({ ...this.#held, lease_until: clock.now() }, deadline);
      else await db.commit(db.transaction().check(this.#entry).delete(this.#entry.key), deadline);
    } catch { /* The lease ends by itself. */ }
  }

  async #write(value: ExchangeRecord, deadline: Deadline): Promise<void> {
    const { db } = this.#services;
    const tx = db.transaction().check(this.#entry).set(EXCHANGE, [this.codeHash], value);
    const versionstamp = await db.commit(tx, deadline);
    if (versionstamp !== null) this.#entry = { ...this.#entry, value, versionstamp };
    else await this.refresh(deadline);
  }
}

/** A record that this instance has no key for may be readable to the next: it is kept as it is. */
function readSealed(open: () => string): string {
  try {
    return open();
  } catch {
    throw unreadable(EXCHANGE);
  }
}

function placeOf(codeHash: string, part: "token" | "answer"): string {
  return `${EXCHANGE.kind}/${codeHash}/${part}`;
}

/** The length keeps a code and key from being cut at another place. */
function proofOf({ code, idempotencyKey }: Presented): string {
  return `${code.length}:${code}${idempotencyKey}`;
}
