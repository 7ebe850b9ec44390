/**
 * Group commits. While commits are in flight the next ones gather, and then go as one atomic operation. At 16 and 64
 * sign-ins at once, the service without groups reached 0.6 to 0.8 times its speed with them: a local database syncs once
 * for each operation, however much is in it, and a remote one answers once.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { type Connection, EverythingFailsError } from "./connection.ts";

/** One caller's checks and writes. They take effect together or not at all. */
export interface CommitUnit {
  /** The records that must be unchanged since they were read. */
  readonly checks: readonly Deno.AtomicCheck[];
  /** The writes and removals. */
  readonly mutations: readonly Deno.KvMutation[];
}

/**
 * The result of a commit. When `ok` is false, nothing was written: a check failed, or the unit was `withdrawn` in time.
 */
export type CommitResult = Deno.KvCommitResult | (Deno.KvCommitError & { readonly withdrawn?: true });

/** The checks that every database takes in one commit. Local ones take 100, a `denokv` no more than these. */
const FEW_CHECKS = 10;

/**
 * Bounds of one group. An atomic operation of Deno KV takes at most 100 checks, 1000 mutations, 800 KiB and 80 KiB of keys;
 * one of a `denokv` takes {@linkcode FEW_CHECKS}.
 */
const MOST_UNITS = 32;
const MOST_CHECKS = 100;
const MOST_BYTES = 400 * 1024;
/** The most keys of one read. */
const MOST_KEYS = 10;
/** A group of so few units is parted into single units when one of its checks fails. */
const FEW_UNITS = 4;
/**
 * A unit is sent at once while at most this many units are in flight, so a single client never waits. With more in
 * flight the next units gather: larger groups save more than a second stream to the database brings. When the database has
 * a queue, units gather beside any other: then each commit less serves all instances sooner.
 */
const MOST_IN_FLIGHT_BESIDE = 1;
/**
 * The milliseconds that a unit waits in the gathering group when nothing comes back meanwhile. A database that is far away
 * takes groups side by side, so a longer wait would only add to its way.
 */
const GATHER_MS = 5;
/** The most milliseconds that a unit waits for a commit that comes back, unless none comes back at all. */
const MOST_GATHER_MS = 3000;

interface Waiting {
  readonly unit: CommitUnit;
  readonly keys: readonly string[];
  readonly bytes: number;
  readonly since: number;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Groups the commits of one connection to the database. */
export class CommitQueue {
  readonly #connection: Connection;
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #unitsInFlight = 0;
  /** The most checks of one group, as far as the database has shown. */
  #mostChecks = MOST_CHECKS;
  readonly #unwanted = new WeakSet<CommitUnit>();
  /** Units that were sent once. One whose connection was given up waits again, and may have taken effect. */
  readonly #sentOnce = new WeakSet<CommitUnit>();
  #cancelGathering: (() => void) | null = null;

  /** The most checks that a unit may have, as far as the database has shown. */
  get mostChecks(): number {
    return this.#mostChecks;
  }

  /** Commits by `connection`; `clock` ends the gathering. */
  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
    connection.commits.listen(() => this.#failWaiting());
  }

  /**
   * Commits a unit, at once when at most one other unit is in flight. The unit succeeds or fails by its own checks: when
   * a group fails, its units are sent again without those whose check failed, or in smaller groups. The promise rejects
   * with the database's error; then the unit may have taken effect or not.
   */
  commit(unit: CommitUnit): Promise<CommitResult> {
    if (this.#connection.disk?.full === true) return Promise.reject(new Error("The disk is full"));
    const { promise, resolve, reject } = Promise.withResolvers<CommitResult>();
    const keys = [...unit.checks, ...unit.mutations].map(({ key }) => key.join("/"));
    this.#waiting.push({ unit, keys, bytes: sizeOf(unit), since: this.#clock.now(), resolve, reject });
    this.#connection.commits.wait(1);
    const { silent, pauseMs } = this.#connection.commits;
    const beside = this.#connection.commits.hasQueue ? 0 : MOST_IN_FLIGHT_BESIDE;
    if (this.#unitsInFlight <= beside || (silent && pauseMs === 0)) this.#send();
    else this.#gather();
    return promise;
  }

  /**
   * Takes a waiting unit back: its commit ends as `withdrawn`. Returns false when the unit was sent already and may take
   * effect; then it is not sent again, if it fails for another unit of its group, and ends as `withdrawn` too.
   */
  withdraw(unit: CommitUnit): boolean {
    const index = this.#waiting.findIndex((waiting) => waiting.unit === unit);
    const [withdrawn] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (withdrawn === undefined) {
      this.#unwanted.add(unit);
      return false;
    }
    this.#connection.commits.wait(-1);
    withdrawn.resolve({ ok: false, withdrawn: true });
    if (this.#waiting.length === 0) this.#cancelTimer();
    return !this.#sentOnce.has(unit);
  }

  #gather(): void {
    this.#cancelGathering ??= this.#clock.after(this.#gatherMs, () => this.#send());
  }

  /** Milliseconds to wait for a commit that comes back, before the gathering group is sent beside those in flight. */
  get #gatherMs(): number {
    const { hasQueue, quietMs, pauseMs } = this.#connection.commits;
    return hasQueue ? Math.max(MOST_GATHER_MS, pauseMs) : Math.max(GATHER_MS, quietMs, pauseMs);
  }

  #send(): void {
    this.#cancelTimer();
    // Into a silence one unit is enough to find out whether the database is back.
    const { silent, pauseMs } = this.#connection.commits;
    const group = pauseMs > 0 ? [] : this.#takeGroup(silent ? 1 : MOST_UNITS);
    if (group.length > 0) {
      this.#connection.commits.wait(-group.length);
      this.#unitsInFlight += group.length;
      this.#commitGroup(group).finally(() => {
        this.#unitsInFlight -= group.length;
        this.#send();
      });
    }
    if (this.#waiting.length > 0) this.#gather();
  }

  #cancelTimer(): void {
    this.#cancelGathering?.();
    this.#cancelGathering = null;
  }

  /**
   * Takes waiting units that share no key. The database makes all checks before the writes of the group, so two units
   * that each create a record if it is absent would both pass.
   */
  #takeGroup(mostUnits: number): Waiting[] {
    const group: Waiting[] = [];
    const remaining: Waiting[] = [];
    const taken = new Set<string>();
    let checks = 0;
    let bytes = 0;
    for (const waiting of this.#waiting) {
      const { unit, keys } = waiting;
      const fits = group.length === 0 ||
        (group.length < mostUnits && checks + unit.checks.length <= this.#mostChecks &&
          bytes + waiting.bytes <= MOST_BYTES &&
          !keys.some((key) => taken.has(key)));
      if (!fits) {
        remaining.push(waiting);
        continue;
      }
      group.push(waiting);
      checks += unit.checks.length;
      bytes += waiting.bytes;
      for (const key of keys) taken.add(key);
    }
    this.#waiting = remaining;
    return group;
  }

  async #commitGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const result = await this.#commitTogether(group);
      if (result.ok || group.length === 1) {
        for (const { resolve } of group) resolve(result);
        return;
      }
    } catch (error) {
      const tooMany = /too many checks/i.test(String(error));
      if (tooMany) this.#mostChecks = FEW_CHECKS;
      if (tooMany && group.length > 1) {
        // The database has refused the whole group, and takes smaller ones.
        await Promise.all(group.map((alone) => this.#commitGroup([alone])));
        return;
      }
      for (const { reject } of group) reject(error);
      return;
    }
    const wanted = group.filter(({ unit, resolve }) => {
      const unwanted = this.#unwanted.has(unit);
      if (unwanted) resolve({ ok: false, withdrawn: true });
      return !unwanted;
    });
    const passing = await this.#withoutFailed(wanted);
    // Without a unit whose check failed, the rest goes through as one group.
    const parts = passing.length < wanted.length ? [passing] : partsOf(wanted);
    await Promise.all(parts.filter(({ length }) => length > 0).map((part) => this.#commitGroup(part)));
  }

  /** While everything fails, those who wait are told: a probe finds out when that has ended. */
  #failWaiting(): void {
    const { commits } = this.#connection;
    if (!commits.failing || !commits.silent) return;
    const waiting = this.#waiting.splice(0);
    commits.wait(-waiting.length);
    this.#cancelTimer();
    for (const { reject } of waiting) reject(new EverythingFailsError());
  }

  /**
   * Finds out by reads which units of a group fail their checks, and ends those. Several records are read at once, so that
   * costs less than commits which fail.
   *
   * @returns The other units: all of them when nothing was found, or when the reads fail.
   */
  async #withoutFailed(group: readonly Waiting[]): Promise<readonly Waiting[]> {
    const checks = group.flatMap(({ unit }) => unit.checks);
    let entries: Deno.KvEntryMaybe<unknown>[];
    try {
      entries = await this.#read(checks.map(({ key }) => key));
    } catch {
      return group;
    }
    const failed = new Set(checks.filter(({ versionstamp }, i) => entries[i]?.versionstamp !== versionstamp));
    return group.filter(({ unit, resolve }) => {
      const fails = unit.checks.some((check) => failed.has(check));
      if (fails) resolve({ ok: false });
      return !fails;
    });
  }

  async #read(keys: readonly Deno.KvKey[]): Promise<Deno.KvEntryMaybe<unknown>[]> {
    const connection = this.#connection;
    const sending = { units: 1, since: this.#clock.now() };
    const chunks = Array.from(
      { length: Math.ceil(keys.length / MOST_KEYS) },
      (_, i) => keys.slice(i * MOST_KEYS, (i + 1) * MOST_KEYS),
    );
    const read = (chunk: readonly Deno.KvKey[]) =>
      connection.perform(connection.reads, sending, (kv) => kv.getMany<unknown[]>([...chunk]));
    return (await Promise.all(chunks.map(read))).flat();
  }

  /** Sends a group as one atomic operation. It rejects also when the connection is given up. */
  #commitTogether(group: readonly Waiting[]): Promise<Deno.KvCommitResult | Deno.KvCommitError> {
    const since = Math.min(...group.map(({ since }) => since));
    for (const { unit } of group) this.#sentOnce.add(unit);
    return this.#connection.perform(this.#connection.commits, { units: group.length, since }, (kv) => {
      const operation = kv.atomic();
      for (const { unit } of group) operation.check(...unit.checks).mutate(...unit.mutations);
      return operation.commit();
    });
  }
}

/**
 * Parts a group in which a check has failed, into about as many parts as each has units. A part without a failing unit
 * goes through whole: one failing unit among 32 costs 12 operations more, and not 32. The large units, which end the work
 * of a request, are kept from the small ones, which begin it and fail more often.
 */
function partsOf(group: readonly Waiting[]): Waiting[][] {
  const size = group.length <= FEW_UNITS ? 1 : Math.ceil(Math.sqrt(group.length));
  const sorted = group.toSorted((a, b) => b.unit.mutations.length - a.unit.mutations.length);
  return Array.from(
    { length: Math.ceil(group.length / size) },
    (_, i) => sorted.slice(i * size, (i + 1) * size),
  );
}

/**
 * Estimates the bytes that a unit writes: its sealed records, and 1 KiB more for each mutation. So 400 mutations fill a
 * group and need no bound of their own, and half of the 800 KiB is left for keys and for records that are not sealed.
 */
function sizeOf({ mutations }: CommitUnit): number {
  let bytes = 0;
  for (const mutation of mutations) {
    const value = "value" in mutation ? mutation.value : null;
    bytes += value instanceof Uint8Array ? value.length + 1024 : 1024;
  }
  return bytes;
}
