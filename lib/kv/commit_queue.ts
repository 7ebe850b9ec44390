/**
 * Commits in groups, as they come: while one commit is on its way the next ones gather and then go as one. A local
 * database syncs once for a commit however much is in it, and a remote one answers once.
 *
 * @module
 */
import type { Clock } from "../clock.ts";

/** What takes effect together or not at all. */
export interface CommitUnit {
  /** What must be as it was read. */
  readonly checks: readonly Deno.AtomicCheck[];
  /** What is written when it is. */
  readonly mutations: readonly Deno.KvMutation[];
}

interface Waiting {
  readonly unit: CommitUnit;
  readonly keys: readonly string[];
  readonly resolve: (result: Deno.KvCommitResult | Deno.KvCommitError) => void;
  readonly reject: (error: unknown) => void;
}

/** Of the 100 checks, 1000 mutations and 800 KiB that one atomic operation may have. */
const MOST_UNITS = 32;
const MOST_CHECKS = 100;
const MOST_MUTATIONS = 1000;
/** Milliseconds that a unit waits at most for a commit that is on its way: a far database takes longer. */
const GATHER_MS = 2;

/** Groups the commits of one connection. */
export class CommitQueue {
  readonly #kv: Deno.Kv;
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #onTheirWay = 0;
  #cancelGathering: (() => void) | null = null;

  /** Commits to `kv`; `clock` ends the gathering. */
  constructor(kv: Deno.Kv, clock: Clock) {
    this.#kv = kv;
    this.#clock = clock;
  }

  /**
   * Commits a unit, at once when no other commit is on its way. It succeeds or fails for itself: when a group fails
   * its checks, each of its units goes alone. Rejects as the database does; whether the unit took effect is then
   * not known.
   */
  commit(unit: CommitUnit): Promise<Deno.KvCommitResult | Deno.KvCommitError> {
    const { promise, resolve, reject } = Promise.withResolvers<Deno.KvCommitResult | Deno.KvCommitError>();
    const keys = [...unit.checks, ...unit.mutations].map(({ key }) => key.join("/"));
    this.#waiting.push({ unit, keys, resolve, reject });
    if (this.#onTheirWay === 0) this.#send();
    else this.#cancelGathering ??= this.#clock.after(GATHER_MS, () => this.#send());
    return promise;
  }

  #send(): void {
    this.#cancelGathering?.();
    this.#cancelGathering = null;
    const group = this.#takeGroup();
    if (group.length === 0) return;
    this.#onTheirWay++;
    this.#commitGroup(group).finally(() => {
      this.#onTheirWay--;
      this.#send();
    });
    if (this.#waiting.length > 0) this.#cancelGathering = this.#clock.after(GATHER_MS, () => this.#send());
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
    let mutations = 0;
    for (const waiting of this.#waiting) {
      const { unit, keys } = waiting;
      const fits = group.length === 0 ||
        (group.length < MOST_UNITS && checks + unit.checks.length <= MOST_CHECKS &&
          mutations + unit.mutations.length <= MOST_MUTATIONS && !keys.some((key) => taken.has(key)));
      if (!fits) {
        left.push(waiting);
        continue;
      }
      group.push(waiting);
      checks += unit.checks.length;
      mutations += unit.mutations.length;
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
    for (const waiting of group) {
      await this.#commitTogether([waiting]).then(waiting.resolve, waiting.reject);
    }
  }

  #commitTogether(group: readonly Waiting[]): Promise<Deno.KvCommitResult | Deno.KvCommitError> {
    const operation = this.#kv.atomic();
    for (const { unit } of group) operation.check(...unit.checks).mutate(...unit.mutations);
    return operation.commit();
  }
}
