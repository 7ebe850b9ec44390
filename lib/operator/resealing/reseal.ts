/**
 * Resealing: what another key of the ring sealed or indexed is rewritten under the first one, while traffic runs. Each
 * record is moved in one commit that checks everything that it was made from. So a customer who changes a record
 * meanwhile wins, and the next pass looks at that record again. Stopped and started again, it goes on with what is left.
 *
 * @module
 */
import { type Clock, sleep } from "../../base/clock.ts";
import { keyIdOf, type Keyring } from "../../kv/keyring.ts";
import { forEach, patiently, readKeys, walkPages } from "../walk.ts";
import { look, type Looked } from "./needs.ts";
import { count, Needs, survey } from "./survey.ts";

/** What resealing uses. */
export interface ResealServices {
  /** The database. */
  readonly kv: Deno.Kv;
  /** Opens with all keys, and seals with the first. */
  readonly keyring: Keyring;
  /** Tells what has expired. */
  readonly clock: Clock;
}

/** How resealing goes on. */
export interface ResealOptions {
  /** The most records that are rewritten in a second. */
  readonly perSecond: number;
  /** Keeps that pace. */
  readonly pace: Clock;
  /** Is told the entries that were read in this pass, and the records that were rewritten in all. */
  readonly progress: (read: number, resealed: number) => void;
}

/** What has come of it. */
export interface Resealed {
  /** Records that were rewritten. */
  readonly resealed: number;
  /** What is still needed. */
  readonly needs: Needs;
}

/** Passes after which what keeps changing is left. */
const MOST_PASSES = 10;
/** Milliseconds after which the database removes a record that has expired already. */
const EXPIRED_MS = 3_600_000;
/** Bounds of one commit: it takes at most 100 checks, in a `denokv` 10, and 800 KiB. */
const MOST_CHECKS = 90;
const FEW_CHECKS = 10;
const MOST_BYTES = 400 * 1024;

/** The change of one record: checks and writes that take effect together. */
interface Move {
  readonly checks: Deno.AtomicCheck[];
  readonly mutations: Deno.KvMutation[];
  /** Entries that the move rewrites. */
  readonly records: number;
  readonly bytes: number;
}

/** Rewrites everything under the first key of the ring, in passes, until one finds nothing to do. */
export async function reseal(services: ResealServices, options: ResealOptions): Promise<Resealed> {
  const committer = new Committer(services);
  let resealed = 0;
  for (let pass = 1; pass <= MOST_PASSES; pass++) {
    const needs = new Needs();
    let [read, found] = [0, 0];
    for await (const entries of walkPages(services.kv)) {
      const began = options.pace.now();
      const page = entries.map((entry) => look(services, entry));
      const moves = await findMoves(services, page);
      if (moves.length === 0) await count(services, page, needs);
      const moved = await committer.commitAll(moves);
      const records = moved.reduce((sum, move) => sum + move.records, 0);
      found += moves.length;
      resealed += records;
      read += page.length;
      options.progress(read, resealed);
      const pause = (records / options.perSecond) * 1000 - (options.pace.now() - began);
      if (pause > 0) await sleep(options.pace, pause);
    }
    if (found === 0) return { resealed, needs };
  }
  return { resealed, needs: await survey(services, (read) => options.progress(read, resealed)) };
}

/** Finds what has to be moved of a page of entries. */
async function findMoves(services: ResealServices, page: readonly Looked[]): Promise<Move[]> {
  const { kv, keyring } = services;
  const [first = "", ...others] = keyring.ids;
  const steps = page.flatMap((looked) =>
    looked.indexes.flatMap(({ keys }) =>
      others.flatMap((id) =>
        (keys.get(id) ?? []).map((from, i) => ({ looked, from, to: keys.get(first)?.[i] ?? from }))
      )
    )
  );
  const sources = await readKeys(kv, steps.map(({ from }) => from));
  const due = steps.filter(({ from }) => sources.has(from.join("/")));
  const targets = await readKeys(kv, due.map(({ to }) => to));
  const moves = new Map<Looked, MoveBuilder>();
  const moveOf = (looked: Looked) => {
    const move = moves.get(looked) ?? new MoveBuilder(services, looked);
    moves.set(looked, move);
    return move;
  };
  for (const { looked, from, to } of due) {
    const source = sources.get(from.join("/"));
    if (source === undefined) continue;
    if (targets.has(to.join("/"))) moveOf(looked).drop(source);
    else moveOf(looked).rename(source, to);
  }
  for (const looked of page) {
    const { sealedBy, text, place } = looked;
    if (sealedBy === null || sealedBy === first || text === null) continue;
    if (moves.get(looked)?.touches(place) !== true) moveOf(looked).rewrite(looked);
  }
  return [...moves.values()];
}

/** Collects the change of one record. */
class MoveBuilder implements Move {
  readonly checks: Deno.AtomicCheck[];
  readonly mutations: Deno.KvMutation[] = [];
  records = 0;
  bytes = 0;
  readonly #services: ResealServices;
  readonly #own: string;
  readonly #removed = new Set<string>();

  constructor(services: ResealServices, { entry: { key, versionstamp }, place }: Looked) {
    this.#services = services;
    this.#own = place;
    this.checks = [{ key, versionstamp }];
  }

  /** Tells whether the entry of a place gets another key, or is removed. */
  touches(place: string): boolean {
    return this.#removed.has(place);
  }

  /** Removes an entry in whose new place a newer one stands already. */
  drop({ key, versionstamp }: Deno.KvEntry<unknown>): void {
    const place = key.join("/");
    this.#removed.add(place);
    if (place !== this.#own) this.checks.push({ key, versionstamp });
    this.mutations.push({ type: "delete", key });
    this.records++;
  }

  /** Moves an entry to another key, where nothing stands. */
  rename(source: Deno.KvEntry<unknown>, target: readonly string[]): void {
    const { keyring } = this.#services;
    const { key, value } = source;
    const sealed = value instanceof Uint8Array && keyIdOf(value) !== null;
    const text = sealed ? keyring.open(value, key.join("/")) : null;
    const { expires_at } = (text === null ? value : JSON.parse(text)) as { readonly expires_at?: number };
    this.drop(source);
    this.records--;
    this.checks.push({ key: [...target], versionstamp: null });
    this.#set(target, text === null ? value : keyring.seal(text, target.join("/")), expires_at ?? null);
  }

  /** Seals the record again, in its place. */
  rewrite({ entry: { key }, text, expiresAt, place }: Looked): void {
    this.#set(key as readonly string[], this.#services.keyring.seal(text ?? "", place), expiresAt);
  }

  #set(key: readonly string[], value: unknown, expiresAt: number | null): void {
    const left = expiresAt === null ? null : expiresAt - this.#services.clock.now();
    // The database has not removed this one yet. It does so later, even if the clock here is wrong.
    const expireIn = left === null ? {} : { expireIn: left > 0 ? left : EXPIRED_MS };
    this.mutations.push({ type: "set", key: [...key], value, ...expireIn });
    this.records++;
    this.bytes += value instanceof Uint8Array ? value.length + 1024 : 1024;
  }
}

/** Commits moves, many together; those that fail together, alone. */
class Committer {
  readonly #services: ResealServices;
  #mostChecks = MOST_CHECKS;

  constructor(services: ResealServices) {
    this.#services = services;
  }

  /** Commits moves. Returns those that took effect. */
  async commitAll(moves: readonly Move[]): Promise<Move[]> {
    const done: Move[] = [];
    await forEach(this.#group(moves), async (group) => {
      if (await this.#commit(group)) done.push(...group);
      else if (group.length > 1) {
        for (const move of group) if (await this.#commit([move])) done.push(move);
      }
    });
    return done;
  }

  #group(moves: readonly Move[]): Move[][] {
    const groups: Move[][] = [];
    let [checks, bytes] = [Infinity, 0];
    for (const move of moves) {
      if (checks + move.checks.length > this.#mostChecks || bytes + move.bytes > MOST_BYTES) {
        groups.push([]);
        [checks, bytes] = [0, 0];
      }
      groups.at(-1)?.push(move);
      checks += move.checks.length;
      bytes += move.bytes;
    }
    return groups;
  }

  async #commit(moves: readonly Move[]): Promise<boolean> {
    const { kv, clock } = this.#services;
    const operation = kv.atomic();
    for (const { checks, mutations } of moves) operation.check(...checks).mutate(...mutations);
    try {
      return (await patiently(clock, () => operation.commit())).ok;
    } catch (error) {
      if (moves.length === 1 || !/too many checks/i.test(String(error))) throw error;
      this.#mostChecks = FEW_CHECKS;
      return false;
    }
  }
}
