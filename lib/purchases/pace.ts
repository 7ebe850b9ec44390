/**
 * The pace at which tasks ask RVS: at most 5 times a second for the whole service. Amazon throttles at 10 a second, and the
 * other half is left for devices that wait.
 *
 * One instance at a time asks. A record holds its lease, so the instances need not agree on single calls. When the
 * instance ends or dies, another one goes on where it stood.
 *
 * @module
 */
import { type Clock, sleep } from "../base/clock.ts";
import { newSecret } from "../base/ids.ts";
import { type Database, STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { RECEIPT_RUNNER, type ReceiptRunnerRecord } from "../kv/schema.ts";
import type { Entry } from "../kv/write_batch.ts";

/**
 * Milliseconds between two calls. Five of them are more than a second, so that calls which are sent a little late do not
 * make six in a second.
 */
export const TURN_MS = 220;
/** Milliseconds of a lease. A dead instance keeps the others waiting for as long. */
const LEASE_MS = 20_000;
/** Milliseconds before the end of the lease from which on it is not used. The clocks of two instances can differ. */
const LEASE_MARGIN_MS = 5000;

/** Thrown when no further call may be made in this run. What is left stays due. */
export class PaceOverError extends Error {
  /** The class name, for the log. */
  override name = "PaceOverError";
}

/** The services that a pace uses. */
export interface PaceServices {
  /** Holds the lease. */
  readonly db: Database;
  /** Times the calls. */
  readonly clock: Clock;
}

/** The turns of the instance that asks RVS. */
export class Pace {
  readonly #services: PaceServices;
  readonly #until: number;
  #lease: Entry<ReceiptRunnerRecord> & { readonly value: ReceiptRunnerRecord };
  #renewing: Promise<void> | null = null;
  #nextAt: number;

  private constructor(
    services: PaceServices,
    until: number,
    lease: Entry<ReceiptRunnerRecord> & { readonly value: ReceiptRunnerRecord },
  ) {
    this.#services = services;
    this.#until = until;
    this.#lease = lease;
    this.#nextAt = lease.value.next_at;
  }

  /**
   * Takes the lease.
   *
   * @param until The end of the run, in milliseconds since the epoch.
   * @returns Null while another instance has the lease.
   * @throws {Problem} `storage_unavailable`
   */
  static async take(services: PaceServices, until: number): Promise<Pace | null> {
    const { db, clock } = services;
    using store = db.within(STORAGE_DEADLINE_MS);
    const holder = newSecret();
    return await store.transact(async (batch) => {
      const entry = await batch.get(RECEIPT_RUNNER, []);
      const now = clock.now();
      if (entry.value !== null && entry.value.lease_until > now) return null;
      batch.check(entry);
      const lease = {
        v: 1 as const,
        holder,
        lease_until: now + LEASE_MS,
        next_at: entry.value?.next_at ?? 0,
      };
      return new Pace(services, until, batch.set(RECEIPT_RUNNER, [], lease));
    });
  }

  /**
   * Resolves when the next call may be made.
   *
   * @throws {PaceOverError} when the run is over, or another instance has taken the lease
   * @throws {Problem} `storage_unavailable`
   */
  async turn(): Promise<void> {
    const { clock } = this.#services;
    for (;;) {
      const at = Math.max(clock.now(), this.#nextAt);
      if (at >= this.#until) throw new PaceOverError("The run is over");
      this.#nextAt = at + TURN_MS;
      if (at > this.#lease.value.lease_until - LEASE_MARGIN_MS) await (this.#renewing ??= this.#renew(at));
      if (at > clock.now()) await sleep(clock, at - clock.now());
      // A machine that stood still has missed its turn: its calls would come in a heap.
      if (clock.now() < at + TURN_MS) return;
    }
  }

  /** Gives the lease back. A failure does not reject: the lease ends by itself. */
  async release(): Promise<void> {
    const { db } = this.#services;
    using store = db.within(STORAGE_DEADLINE_MS);
    const batch = store.batch();
    batch.check(this.#lease);
    batch.set(RECEIPT_RUNNER, [], { ...this.#lease.value, lease_until: 0, next_at: this.#nextAt });
    await store.commit(batch).catch(() => {});
  }

  async #renew(at: number): Promise<void> {
    const { db } = this.#services;
    using store = db.within(STORAGE_DEADLINE_MS);
    const batch = store.batch();
    batch.check(this.#lease);
    const lease = { ...this.#lease.value, lease_until: at + LEASE_MS, next_at: this.#nextAt };
    const written = batch.set(RECEIPT_RUNNER, [], lease);
    if (!await store.commit(batch)) throw new PaceOverError("Another instance has taken the lease");
    this.#lease = written;
    this.#renewing = null;
  }
}
