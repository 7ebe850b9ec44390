/**
 * The survey of the data keys: how many records still need each one.
 *
 * @module
 */
import { readKeys, walkPages } from "../walk.ts";
import { look, type Looked, type NeedServices } from "./needs.ts";

/** The number of records that need a key, by its id. */
export class Needs {
  readonly #records = new Map<string, number>();
  readonly #replays = new Map<string, number>();
  /** Records that are found by no key of the ring. */
  lost = 0;

  /** Counts a record. `replay`: whether only the replay of an answer needs the key. */
  add(id: string, { replay = false }: { readonly replay?: boolean } = {}): void {
    const counts = replay ? this.#replays : this.#records;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }

  /** The records that need a key, with those that only a replay of an answer needs. */
  of(id: string): number {
    return this.lasting(id) + (this.#replays.get(id) ?? 0);
  }

  /** The records that need a key until they are resealed. */
  lasting(id: string): number {
    return this.#records.get(id) ?? 0;
  }

  /** The ids of all keys that something needs. */
  get ids(): string[] {
    return [...new Set([...this.#records.keys(), ...this.#replays.keys()])];
  }
}

/**
 * Counts what each key is needed for.
 *
 * @param progress Is told the number of entries that were read.
 */
export async function survey(
  services: NeedServices & { readonly kv: Deno.Kv },
  progress: (read: number) => void,
): Promise<Needs> {
  const needs = new Needs();
  let read = 0;
  for await (const page of walkPages(services.kv)) {
    await count(services, page.map((entry) => look(services, entry)), needs);
    read += page.length;
    progress(read);
  }
  return needs;
}

/** Counts the needs of some entries. */
export async function count(
  { kv, keyring, clock }: NeedServices & { readonly kv: Deno.Kv },
  page: readonly Looked[],
  needs: Needs,
): Promise<void> {
  const alive = page.filter(({ expired }) => !expired);
  const indexes = alive.flatMap((looked) => looked.indexes.map((index) => ({ ...index, looked })));
  const stored = await readKeys(kv, indexes.flatMap(({ keys }) => [...keys.values()].flat()));
  for (const { sealedBy, replayedBy, unreadable } of alive) {
    if (sealedBy !== null) needs.add(sealedBy);
    for (const id of replayedBy) if (id !== sealedBy) needs.add(id, { replay: true });
    if (unreadable) needs.lost++;
  }
  for (const { looked: { entry, place, sealedBy, text }, keys, required } of indexes) {
    let found = false;
    for (const [id, own] of keys) {
      const places = own.map((key) => key.join("/")).filter((at) => stored.has(at));
      found ||= places.length > 0;
      // The record itself was counted above when the same key has sealed it.
      for (const at of places) if (at !== place || id !== sealedBy) needs.add(id);
    }
    if (found || !required) continue;
    // The record can have been changed or removed while its indexes were read.
    const now = look({ keyring, clock }, await kv.get(entry.key) as Deno.KvEntry<unknown>);
    if (now.text === text) needs.lost++;
  }
}
