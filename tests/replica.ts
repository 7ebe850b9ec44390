/**
 * A replica that is behind.
 *
 * @module
 */

/** Answers eventually consistent reads as the database was when it was frozen. */
export class Replica {
  #frozen: Map<string, Deno.KvEntry<unknown>> | null = null;

  /** Wraps a database: until {@linkcode Replica.freeze} every read goes to it. */
  readonly wrap = (kv: Deno.Kv): Deno.Kv =>
    new Proxy(kv, {
      get: (target, name) => {
        if (name === "get") {
          return (key: Deno.KvKey, options?: { consistency?: Deno.KvConsistencyLevel }) =>
            this.#answers(options) ? Promise.resolve(this.#entry(key)) : target.get(key, options);
        }
        if (name === "getMany") {
          return (keys: Deno.KvKey[], options?: { consistency?: Deno.KvConsistencyLevel }) =>
            this.#answers(options)
              ? Promise.resolve(keys.map((key) => this.#entry(key)))
              : target.getMany(keys, options);
        }
        const method = Reflect.get(target, name, target);
        return typeof method === "function" ? method.bind(target) : method;
      },
    });

  /** From now on it does not hear of any change of `kv`. */
  async freeze(kv: Deno.Kv): Promise<void> {
    const entries = await Array.fromAsync(kv.list({ prefix: [] }));
    this.#frozen = new Map(entries.map((entry) => [JSON.stringify(entry.key), entry]));
  }

  #answers(options?: { consistency?: Deno.KvConsistencyLevel }): boolean {
    return this.#frozen !== null && options?.consistency === "eventual";
  }

  #entry(key: Deno.KvKey): Deno.KvEntryMaybe<unknown> {
    return this.#frozen?.get(JSON.stringify(key)) ?? { key, value: null, versionstamp: null };
  }
}
