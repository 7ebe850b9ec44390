/**
 * A replica of the database that does not receive changes.
 *
 * @module
 */
import { wrapKv } from "./kv_hooks.ts";

/** Answers eventually consistent reads with the records of an earlier moment. */
export class StaleReplica {
  #frozen: Map<string, Deno.KvEntry<unknown>> | null = null;

  /** Wraps a database. Until {@linkcode StaleReplica.freeze} every read goes to the database. */
  readonly wrap = (kv: Deno.Kv): Deno.Kv =>
    wrapKv(kv, {
      read: ({ keys, consistency }, perform) =>
        this.#frozen !== null && consistency === "eventual"
          ? Promise.resolve(keys.map((key) => this.#entry(key)))
          : perform(),
    });

  /** Keeps the records of `kv` as they are now, and answers with them from now on. */
  async freeze(kv: Deno.Kv): Promise<void> {
    const entries = await Array.fromAsync(kv.list({ prefix: [] }));
    this.#frozen = new Map(entries.map((entry) => [JSON.stringify(entry.key), entry]));
  }

  #entry(key: Deno.KvKey): Deno.KvEntryMaybe<unknown> {
    return this.#frozen?.get(JSON.stringify(key)) ?? { key, value: null, versionstamp: null };
  }
}
