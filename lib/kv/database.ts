/**
 * The one way to the database. A use case opens a handle with a deadline, and reads and writes through it:
 *
 * ```ts
 * using store = db.within(3000);
 * const account = await store.get(ACCOUNT, [accountId]);
 * await store.transact(async (batch) => {
 *   const account = await batch.get(ACCOUNT, [accountId]);
 *   batch.check(account);
 *   batch.set(ACCOUNT, [accountId], { ...account.value, name });
 * });
 * ```
 *
 * The handle seals and opens records, takes expired records for absent, tries again what failed for a moment, and fails
 * with one problem, `storage_unavailable`, when its time is over.
 *
 * @module
 */
import { type Clock, Deadline } from "../base/clock.ts";
import { Problem } from "../base/problem.ts";
import type { Log } from "../base/log.ts";
import { NO_TELEMETRY, type Telemetry } from "../base/telemetry.ts";
import { Admission, type Precedence } from "./admission.ts";
import { CommitQueue } from "./commit_queue.ts";
import type { Disk } from "./disk_reserve.ts";
import type { KeyCheck } from "./key_check.ts";
import { Connection, PROBE_KEY } from "./connection.ts";
import type { Keyring } from "./keyring.ts";
import { OpenedRecords } from "./opened_records.ts";
import { ReadQueue } from "./read_queue.ts";
import { Store, type StoreServices } from "./store.ts";
import { Turn } from "./turn.ts";

/** Milliseconds that a use case other than a sign-in gives the database. */
export const STORAGE_DEADLINE_MS = 3000;

const PING_DEADLINE_MS = 1000;
/** The least milliseconds between two writes of {@linkcode Database.ping}. */
const PING_WRITES_EVERY_MS = 5000;

/** What a {@linkcode Database} is made of. */
export interface DatabaseOptions {
  /** The database of the platform. The caller opens it. */
  readonly kv: Deno.Kv;
  /** The connection to it, when others use it too; by default, one of the database's own. */
  readonly connection?: Connection;
  /** Seals and opens the records whose type is sealed. */
  readonly keyring: Keyring;
  /** Decides when records expire and handles end. */
  readonly clock: Clock;
  /** Checks the key ring before the first operation. Without it nothing is checked. */
  readonly keyCheck?: KeyCheck;
  /** Opens the same database again, when nothing comes back from `kv` any more. Undefined: it is never opened again. */
  readonly openKv?: (() => Promise<Deno.Kv>) | undefined;
  /** The disk of a database file. Without it, nobody looks after the disk. */
  readonly disk?: Disk | undefined;
  /** Is told when the database goes silent, and when it is back. Nobody is told by default. */
  readonly log?: Log;
  /** Takes the operations, the retries and the conflicts; nobody by default. */
  readonly telemetry?: Telemetry;
  /** Returns numbers from 0 up to 1, which spread retries; `Math.random` by default. */
  readonly random?: () => number;
}

/** The database of the service. */
export class Database {
  readonly #services: StoreServices;
  readonly #admission: Admission;
  /** The last write of {@linkcode Database.ping}, with its failure or null. */
  #pingWrite: { readonly at: number; readonly failure: Promise<unknown> };

  /** Reads and writes `kv`. */
  constructor(options: DatabaseOptions) {
    const { clock, random = Math.random, telemetry = NO_TELEMETRY } = options;
    const { connection = new Connection(options) } = options;
    this.#admission = new Admission({ connection, clock, random });
    this.#pingWrite = { at: clock.now(), failure: Promise.resolve(null) };
    this.#services = {
      ...options,
      connection,
      telemetry,
      random,
      opened: new OpenedRecords(),
      reads: new ReadQueue(connection, clock),
      commits: new CommitQueue(connection, clock),
    };
  }

  /**
   * Opens a handle for one use case. Dispose of it with `using`. The first operation of the handle is refused with
   * `overloaded` when the database has as much as it can do.
   *
   * @param ms Milliseconds until every operation of the handle fails.
   * @param precedence What the handle is for, when not all can be admitted.
   */
  within(ms: number, precedence: Precedence = "new"): Store {
    const deadline = new Deadline(this.#services.clock, ms);
    const turn = new Turn(this.#admission, { deadline, precedence });
    return new Store(this.#services, turn, "strong");
  }

  /** Milliseconds for which nothing has come back from the database; 0 while it answers. */
  get silentMs(): number {
    return this.#services.connection.silentMs;
  }

  /** Whether the database was silent lately: a commit that was given up then may have taken effect. */
  get recovering(): boolean {
    return this.#services.connection.commits.recovering;
  }

  /** Returns the problem of a request that is turned away because too much is under way already. */
  overloaded(): Problem {
    return this.#admission.overloaded();
  }

  /** Closes the present connection to the database. */
  close(): void {
    this.#services.connection.close();
  }

  /**
   * Asks the database for any key, and now and then lets it write: a full disk can be read as before.
   *
   * @throws {Problem} `storage_unavailable` when it does not answer within a second, is silent, or its disk is full
   */
  async ping(): Promise<void> {
    const { connection, clock } = this.#services;
    connection.mend();
    if (connection.disk?.full === true) {
      throw new Problem("storage_unavailable", { internal: "The disk of the database is full" });
    }
    using store = this.within(PING_DEADLINE_MS, "check");
    await store.ping();
    const now = clock.now();
    if (now - this.#pingWrite.at >= PING_WRITES_EVERY_MS) {
      const batch = store.batch();
      batch.delete(PROBE_KEY);
      const failure = store.commit(batch).then(() => null, (error) => error);
      this.#pingWrite = { at: now, failure };
    }
    const failure = await this.#pingWrite.failure;
    if (failure !== null) throw failure;
  }
}
