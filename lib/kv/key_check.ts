/**
 * The check of the key ring against what is stored, once for each connection and before anything is read or written. With
 * a key that is wrong, mistyped or gone, nothing that it indexed is found: every known customer would look new.
 *
 * Each key that seals leaves a record with bytes that only this key opens. A database of a version before has no such
 * records. There the oldest and the newest accounts, their indexes, and sessions are compared with the ring.
 *
 * @module
 */
import { type Clock, Deadline } from "../base/clock.ts";
import { parseEmail } from "../base/email.ts";
import type { Log } from "../base/log.ts";
import { Problem } from "../base/problem.ts";
import { keyIdOf, type Keyring } from "./keyring.ts";
import { parseRecord } from "./records.ts";
import {
  ACCOUNT,
  type AccountRecord,
  AMAZON_USER,
  DATA_KEY,
  EMAIL,
  type PointerRecord,
  SESSION,
} from "./schema.ts";

/** The id of the record that stands in the place of a key while a backup is being restored. No key has such an id. */
export const RESTORING = "#restoring";

/** What a {@linkcode KeyCheck} is made of. */
export interface KeyCheckOptions {
  /** The database of the platform. */
  readonly kv: Deno.Kv;
  /** The ring to check. */
  readonly keyring: Keyring;
  /** Ends an attempt that takes too long. */
  readonly clock: Clock;
  /** Is told what is wrong with the ring. */
  readonly log: Log;
}

/** Accounts, and sessions, from either end of their list that are looked at when a key has left no record yet. */
const SAMPLE = 100;
const WITHIN_MS = 3000;
/** Milliseconds for which a fault counts, before the check is made again. */
const FAULT_MS = 10_000;
const TEXT = "oneclick data key";

/** A fault of the ring, in words for the operator. */
interface Fault {
  /** The id of the key, as `DATA_KEYS` names it; absent when nothing tells it. */
  readonly key?: string;
  /** What is wrong, and what mends it. */
  readonly detail: string;
}

interface SampledAccount {
  readonly id: string;
  /** The record, as it was opened. */
  readonly text: string;
  readonly record: AccountRecord;
}

/** Checks the key ring against one database. */
export class KeyCheck {
  readonly #options: KeyCheckOptions;
  #passed = false;
  #running: Promise<void> | null = null;
  #fault: { readonly problem: Problem; readonly until: number } | null = null;

  /** Checks nothing yet. */
  constructor(options: KeyCheckOptions) {
    this.#options = options;
  }

  /** Whether the ring was found to be right. */
  get passed(): boolean {
    return this.#passed;
  }

  /**
   * Checks the ring. Calls at the same time share one check, and a ring that has passed is not checked again.
   *
   * @throws {Problem} `storage_unavailable` when a key is wrong or missing; the log names the key
   * @throws {Error} the database's own error
   */
  pass(): Promise<void> {
    if (this.#passed) return Promise.resolve();
    const { clock } = this.#options;
    if (this.#fault !== null && clock.now() < this.#fault.until) return Promise.reject(this.#fault.problem);
    return this.#running ??= this.#run().finally(() => this.#running = null);
  }

  /**
   * Checks a ring again that has passed: another instance may have begun to seal with a key that is not in it. An answer
   * that does not come changes nothing.
   */
  async again(): Promise<void> {
    try {
      await (this.#running ??= this.#run().finally(() => this.#running = null));
    } catch (error) {
      if (error instanceof Problem) this.#passed = false;
    }
  }

  /**
   * Looks whether the ring fits, and writes nothing.
   *
   * @returns What is wrong, for the operator; null when nothing is.
   * @throws {Error} the database's own error
   */
  async look(): Promise<string | null> {
    return (await this.#findFault({ leaveRecord: false }))?.detail ?? null;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    using deadline = new Deadline(clock, WITHIN_MS);
    const fault = await deadline.race(this.#findFault({ leaveRecord: true }));
    this.#fault = null;
    this.#passed = fault === null;
    if (fault === null) return;
    log("error", "data_key_fault", { key: fault.key, detail: fault.detail });
    const problem = new Problem("storage_unavailable", { retryAfter: 60, internal: fault.detail });
    this.#fault = { problem, until: clock.now() + FAULT_MS };
    throw problem;
  }

  /** Compares the ring with what is stored, and leaves the record of the first key. */
  async #findFault({ leaveRecord }: { readonly leaveRecord: boolean }): Promise<Fault | null> {
    const { kv, keyring, clock } = this.#options;
    for (;;) {
      const entries = await Array.fromAsync(kv.list<unknown>({ prefix: [DATA_KEY.kind] }));
      for (const { key, value } of entries) {
        const fault = this.#faultOf(String(key[1]), value);
        if (fault !== null) return fault;
      }
      const first = entries.find(({ key }) => key[1] === keyring.firstId);
      if (first !== undefined && checkOf(first.value) !== null) return null;

      const found = await this.#lookAround();
      if ("detail" in found) return found;
      if (!leaveRecord) return null;
      const operation = kv.atomic();
      // A database without these records was written by a version before. It may need every key of the ring.
      const ids = entries.length > 0 || found.empty ? [keyring.firstId] : keyring.ids;
      for (const id of ids) {
        const key = [DATA_KEY.kind, id];
        const versionstamp = entries.find((entry) => entry.key[1] === id)?.versionstamp ?? null;
        const proved = id === keyring.firstId || found.proved.has(id);
        const check = proved ? keyring.sealWith(id, TEXT, key.join("/")) : null;
        const value = { v: 1, check, created_at: clock.now() };
        operation.check({ key, versionstamp }).mutate({ type: "set", key, value });
      }
      if ((await operation.commit()).ok) return null;
    }
  }

  /** Compares the ring with the record of one key. */
  #faultOf(id: string, value: unknown): Fault | null {
    const { keyring } = this.#options;
    if (id === RESTORING) {
      return { detail: "A restore was cut short: run `deno task restore` again to its end" };
    }
    if (!keyring.ids.includes(id)) return missing(id);
    return checkFaultOf(keyring, id, value) === null ? null : wrong(id);
  }

  /** Looks for accounts and sessions that the ring does not open, and for accounts whose indexes it does not find. */
  async #lookAround(): Promise<Fault | { readonly empty: boolean; readonly proved: Set<string> }> {
    const { kv, keyring } = this.#options;
    const list = (kind: string, reverse: boolean) =>
      Array.fromAsync(kv.list<unknown>({ prefix: [kind] }, { limit: SAMPLE, reverse }));
    const lists = [ACCOUNT.kind, SESSION.kind].flatMap((kind) => [list(kind, false), list(kind, true)]);
    const ends = (await Promise.all(lists)).flat();
    const sample = [...new Map(ends.map((entry) => [entry.key.join("/"), entry])).values()];
    const proved = new Set<string>();
    const unopened = new Set<string>();
    const accounts: SampledAccount[] = [];
    for (const { key, value } of sample) {
      const sealedBy = value instanceof Uint8Array ? keyIdOf(value) : null;
      if (sealedBy === null) continue;
      if (!keyring.ids.includes(sealedBy)) return missing(sealedBy);
      try {
        const text = keyring.open(value as Uint8Array, key.join("/"));
        proved.add(sealedBy);
        if (key[0] === ACCOUNT.kind) {
          accounts.push({ id: String(key[1]), text, record: parseRecord(ACCOUNT, JSON.parse(text)) });
        }
      } catch {
        if (!proved.has(sealedBy)) unopened.add(sealedBy);
      }
    }
    // One damaged record among others of its key is no fault of the ring.
    for (const id of unopened) if (!proved.has(id)) return wrong(id);
    for (const account of accounts) {
      for (const id of await this.#indexKeysOf(account)) {
        if (id !== null) proved.add(id);
        else if (await this.#isUnchanged(account)) {
          const ring = keyring.ids.join(", ");
          const detail =
            `A known account is not found by the keys ${ring}: a key has other bytes or is missing`;
          return { detail: `${detail}. Set DATA_KEYS as it was before` };
        }
      }
    }
    return { empty: sample.length === 0, proved };
  }

  /** Returns the keys that indexed an account, one for each index; null for an index that no key finds. */
  async #indexKeysOf({ id, record }: SampledAccount): Promise<(string | null)[]> {
    const { kv, keyring } = this.#options;
    const email = parseEmail(record.email)?.canonical;
    const wanted = [
      ...(email === undefined ? [] : [[EMAIL.kind, "email", email] as const]),
      ...(record.amazon_user_id === null
        ? []
        : [[AMAZON_USER.kind, "amazon_user", record.amazon_user_id] as const]),
    ];
    const keys = wanted.flatMap(([kind, name, value]) =>
      keyring.blindIndexes(name, value).map((index) => [kind, index])
    );
    const entries = await kv.getMany<PointerRecord[]>(keys);
    const ids = keyring.ids;
    return wanted.map((_, i) => {
      const own = entries.slice(i * ids.length, (i + 1) * ids.length);
      return ids[own.findIndex(({ value }) => value?.account_id === id)] ?? null;
    });
  }

  /** Tells whether an account was neither changed nor deleted while its indexes were read. */
  async #isUnchanged({ id, text }: SampledAccount): Promise<boolean> {
    const { kv, keyring } = this.#options;
    const key = [ACCOUNT.kind, id];
    const { value } = await kv.get<Uint8Array>(key);
    return value !== null && keyring.open(value, key.join("/")) === text;
  }
}

/**
 * Compares a key of the ring with the record that a key of this name has left.
 *
 * @returns What is wrong, for the operator; null when the key is the right one, or nothing is known of it.
 */
export function checkFaultOf(keyring: Keyring, id: string, value: unknown): string | null {
  const check = checkOf(value);
  return check === null || opens(keyring, check, [DATA_KEY.kind, id].join("/")) ? null : wrong(id).detail;
}

function checkOf(value: unknown): Uint8Array | null {
  try {
    return parseRecord(DATA_KEY, value).check;
  } catch {
    return null;
  }
}

function opens(keyring: Keyring, sealed: Uint8Array, place: string): boolean {
  try {
    return keyring.open(sealed, place) === TEXT;
  } catch {
    return false;
  }
}

function missing(key: string): Fault {
  const detail = `DATA_KEYS has no key "${key}", which has sealed or indexed what is stored`;
  return { key, detail: `${detail}. Put it back behind the first key` };
}

function wrong(key: string): Fault {
  const detail = `The key "${key}" of DATA_KEYS is not the key of that name which sealed what is stored`;
  return { key, detail: `${detail}. Set its value as it was before` };
}
