/**
 * Commits in groups, as they come: while commits are on their way the next ones gather, and then go as one. A local
 * database syncs once for a commit however much is in it, and a remote one answers once.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";

/** What takes effect together or not at all. */
export interface CommitUnit {
  /** What must be as it was read. */
  readonly checks: readonly Deno.AtomicCheck[];
  /** What is written when it is. */
  readonly mutations: readonly Deno.KvMutation[];
}

/** What a commit came to: `ok` is false when a check failed, and nothing was written. */
export type CommitResult = Deno.KvCommitResult | Deno.KvCommitError;

/** Of the 100 checks, 1000 mutations, 800 KiB and 80 KiB of keys that one atomic operation may have. */
const MOST_UNITS = 32;
const MOST_CHECKS = 100;
const MOST_BYTES = 400 * 1024;
/**
 * Units on their way beside which another goes at once: who is alone never waits, not even for a write of their own.
 * With more on their way the next ones gather, as larger groups cost less than a busier database gains.
 */
const MOST_BESIDE = 1;
/** Milliseconds that a unit gathers at most, however long those on their way take: a far database, or one that hangs. */
const GATHER_MS = 5;

interface Waiting {
  readonly unit: CommitUnit;
  readonly keys: readonly string[];
  readonly bytes: number;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Groups the commits of one connection. */
export class CommitQueue {
  readonly #kv: Deno.Kv;
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #unitsOnTheirWay = 0;
  #cancelGathering: (() => void) | null = null;

  /** Commits to `kv`; `clock` ends the gathering. */
  constructor(kv: Deno.Kv, clock: Clock) {
    this.#kv = kv;
    this.#clock = clock;
  }

  /**
   * Commits a unit, at once when no more than one other is on its way. It succeeds or fails by its own checks: when
   * a group fails, each of its units goes alone. Rejects as the database does; whether the unit took effect is then not
   * known.
   */
  commit(unit: CommitUnit): Promise<CommitResult> {
    const { promise, resolve, reject } = Promise.withResolvers<CommitResult>();
    const keys = [...unit.checks, ...unit.mutations].map(({ key }) => key.join("/"));
    this.#waiting.push({ unit, keys, bytes: sizeOf(unit), resolve, reject });
    if (this.#unitsOnTheirWay <= MOST_BESIDE) this.#send();
    else this.#gather();
    return promise;
  }

  /** Takes a unit back if it still waits; it then counts as one whose check failed. Gives whether it did. */
  withdraw(unit: CommitUnit): boolean {
    const index = this.#waiting.findIndex((waiting) => waiting.unit === unit);
    const [withdrawn] = index < 0 ? [] : this.#waiting.splice(index, 1);
    withdrawn?.resolve({ ok: false });
    return withdrawn !== undefined;
  }

  #gather(): void {
    this.#cancelGathering ??= this.#clock.after(GATHER_MS, () => this.#send());
  }

  #send(): void {
    this.#cancelGathering?.();
    this.#cancelGathering = null;
    const group = this.#takeGroup();
    if (group.length === 0) return;
    this.#unitsOnTheirWay += group.length;
    this.#commitGroup(group).finally(() => {
      this.#unitsOnTheirWay -= group.length;
      this.#send();
    });
    if (this.#waiting.length > 0) this.#gather();
  }

  /**
   * Takes units that share no key: checks are made before any of the group's own writes, so that two units which
   * create the same record if it is absent would both pass.
   */
  #takeGroup(): Waiting[] {
    const group: Waiting[] = [];
    const left: Waiting[] = [];
    const taken = new Set<string>();
    let checks = 0;
    let bytes = 0;
    for (const waiting of this.#waiting) {
      const { unit, keys } = waiting;
      const fits = group.length === 0 ||
        (group.length < MOST_UNITS && checks + unit.checks.length <= MOST_CHECKS &&
          bytes + waiting.bytes <= MOST_BYTES &&
          !keys.some((key) => taken.has(key)));
      if (!fits) {
        left.push(waiting);
        continue;
      }
      group.push(waiting);
      checks += unit.checks.length;
      bytes += waiting.bytes;
      for (const key of keys) taken.add(key);
    }
    this.#waiting = left;
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
      for (const { reject } of group) reject(error);
      return;
    }
    await Promise.all(group.map((alone) => this.#commitTogether([alone]).then(alone.resolve, alone.reject)));
  }

  async #commitTogether(group: readonly Waiting[]): Promise<CommitResult> {
    const operation = this.#kv.atomic();
    for (const { unit } of group) operation.check(...unit.checks).mutate(...unit.mutations);
    return await operation.commit();
  }
}

/**
 * About how much a unit writes, a KiB for each mutation: 400 of those are allowed, so that mutations need no count of
 * their own, and half of the bytes is left for keys and for records that are not sealed.
 */
function sizeOf({ mutations }: CommitUnit): number {
  let bytes = 0;
  for (const mutation of mutations) {
    const value = "value" in mutation ? mutation.value : null;
    bytes += value instanceof Uint8Array ? value.length + 1024 : 1024;
  }
  return bytes;
}
