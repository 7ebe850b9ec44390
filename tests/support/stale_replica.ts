/**
 * A replica that is behind.
 *
 * @module
 */
import { wrapKv } from "./kv_hooks.ts";

/** Answers eventually consistent reads as the database was when it was frozen. */
export class Replica {
  #frozen: Map<string, Deno.KvEntry<unknown>> | null = null;

  /** Wraps a database: until {@linkcode Replica.freeze} every read goes to it. */
  readonly wrap = (kv: Deno.Kv): Deno.Kv =>
    wrapKv(kv, {
      read: ({ keys, consistency }, perform) =>
        this.#frozen !== null && consistency === "eventual"
          ? Promise.resolve(keys.map((key) => this.#entry(key)))
          : perform(),
    });

  /** From now on it does not hear of any change of `kv`. */
  async freeze(kv: Deno.Kv): Promise<void> {
    const entries = await Array.fromAsync(kv.list({ prefix: [] }));
    this.#frozen = new Map(entries.map((entry) => [JSON.stringify(entry.key), entry]));
  }

  #entry(key: Deno.KvKey): Deno.KvEntryMaybe<unknown> {
    return this.#frozen?.get(JSON.stringify(key)) ?? { key, value: null, versionstamp: null };
  }
}
