/**
 * A database in memory that is JavaScript alone. Deno's own answers from another thread in its own time, so one run of a
 * simulation would differ from the next. `tests/support/memory_kv_test.ts` compares the two.
 *
 * It has the operations that the service uses: reads, lists and commits. Keys consist of text without zeros. `expireIn`
 * is ignored, since the service looks at `expires_at` by itself.
 *
 * @module
 */

/** Limits of Deno KV. */
const MOST_KEYS = 10;
const MOST_CHECKS = 100;
const MOST_MUTATIONS = 1000;
const MOST_VALUE_BYTES = 65_536;

const utf8 = new TextEncoder();

interface Stored {
  readonly key: Deno.KvKey;
  readonly value: unknown;
  readonly versionstamp: string;
}

type Absent = { readonly key: Deno.KvKey; readonly value: null; readonly versionstamp: null };

/** Opens an empty database. */
export function openMemoryKv(): Deno.Kv {
  return new MemoryKv() as unknown as Deno.Kv;
}

class MemoryKv {
  readonly #records = new Map<string, Stored>();
  /** The keys in their order; null after one has come or gone. */
  #sorted: string[] | null = [];
  #version = 0;
  #closed = false;

  async get(key: Deno.KvKey): Promise<Stored | Absent> {
    this.#assertOpen();
    return await this.#read(key);
  }

  async getMany(keys: readonly Deno.KvKey[]): Promise<(Stored | Absent)[]> {
    this.#assertOpen();
    if (keys.length > MOST_KEYS) throw new TypeError(`Too many ranges (max ${MOST_KEYS})`);
    return await Promise.all(keys.map((key) => this.#read(key)));
  }

  async *list(
    selector: Deno.KvListSelector,
    { limit = Infinity, reverse = false }: Deno.KvListOptions = {},
  ): AsyncGenerator<Stored> {
    this.#assertOpen();
    const [start, end] = rangeOf(selector);
    const keys = this.#keys().filter((key) => start <= key && key < end);
    const wanted = (reverse ? keys.reverse() : keys).slice(0, limit);
    const entries = wanted.map((key) => this.#records.get(key)!).map(copy);
    for (const entry of entries) yield await entry;
  }

  async set(key: Deno.KvKey, value: unknown): Promise<Deno.KvCommitResult> {
    return await this.#commit([], [{ type: "set", key, value }]) as Deno.KvCommitResult;
  }

  async delete(key: Deno.KvKey): Promise<void> {
    await this.#commit([], [{ type: "delete", key }]);
  }

  atomic() {
    const checks: Deno.AtomicCheck[] = [];
    const mutations: Deno.KvMutation[] = [];
    const operation = {
      check: (...more: Deno.AtomicCheck[]) => (checks.push(...more), operation),
      mutate: (...more: Deno.KvMutation[]) => (mutations.push(...more), operation),
      set: (key: Deno.KvKey, value: unknown) => operation.mutate({ type: "set", key, value }),
      delete: (key: Deno.KvKey) => operation.mutate({ type: "delete", key }),
      commit: async () => await this.#commit(checks, mutations),
    };
    return operation;
  }

  close(): void {
    this.#assertOpen();
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #read(key: Deno.KvKey): Stored | Absent {
    const stored = this.#records.get(encode(key));
    return stored === undefined ? { key, value: null, versionstamp: null } : copy(stored);
  }

  #commit(
    checks: readonly Deno.AtomicCheck[],
    mutations: readonly Deno.KvMutation[],
  ): Deno.KvCommitResult | Deno.KvCommitError {
    this.#assertOpen();
    if (checks.length > MOST_CHECKS) throw new TypeError(`Too many checks (max ${MOST_CHECKS})`);
    if (mutations.length > MOST_MUTATIONS) {
      throw new TypeError(`Too many mutations (max ${MOST_MUTATIONS})`);
    }
    for (const { key, versionstamp } of checks) {
      if ((this.#records.get(encode(key))?.versionstamp ?? null) !== versionstamp) return { ok: false };
    }
    const versionstamp = `${(this.#version + 1).toString(16).padStart(16, "0")}0000`;
    const written = mutations.map((mutation) => record(mutation, versionstamp));
    this.#version++;
    for (const [key, stored] of written) {
      if (this.#records.has(key) !== (stored !== null)) this.#sorted = null;
      if (stored === null) this.#records.delete(key);
      else this.#records.set(key, stored);
    }
    return { ok: true, versionstamp };
  }

  #keys(): readonly string[] {
    return this.#sorted ??= [...this.#records.keys()].sort();
  }

  #assertOpen(): void {
    if (this.#closed) throw new Deno.errors.BadResource("Bad resource ID");
  }
}

/** Returns the encoded key of a mutation with what is stored under it from now on. */
function record(mutation: Deno.KvMutation, versionstamp: string): [string, Stored | null] {
  if (mutation.key.length === 0) throw new TypeError("key cannot be empty");
  const key = encode(mutation.key);
  if (mutation.type === "delete") return [key, null];
  if (mutation.type !== "set") throw new TypeError(`The service does not ${mutation.type}`);
  const { value } = mutation;
  if (value instanceof Uint8Array && value.length > MOST_VALUE_BYTES) {
    throw new TypeError(`Value too large (max ${MOST_VALUE_BYTES} bytes)`);
  }
  return [key, copy({ key: [...mutation.key], value, versionstamp })];
}

/** Copies a record: nobody can change what is stored. */
function copy({ key, value, versionstamp }: Stored): Stored {
  return { key, value: value instanceof Uint8Array ? value.slice() : structuredClone(value), versionstamp };
}

/**
 * Writes a key as text that sorts as Deno sorts keys: part by part, each by its bytes in UTF-8, and a key before those
 * that go on after it.
 */
function encode(key: Deno.KvKey): string {
  let encoded = "";
  for (const part of key) {
    if (typeof part !== "string" || part.includes("\0")) throw new TypeError("The service has keys of text");
    encoded += `\x02${/^[ -~]*$/.test(part) ? part : String.fromCharCode(...utf8.encode(part))}\0`;
  }
  return encoded;
}

/** Returns the first key of a range, and the first one after it. */
function rangeOf(selector: Deno.KvListSelector): [string, string] {
  const { prefix, start, end } = selector as { prefix?: Deno.KvKey; start?: Deno.KvKey; end?: Deno.KvKey };
  // A list has what is under its prefix, but not the prefix itself. A part begins with 2.
  const first = prefix === undefined ? "" : `${encode(prefix)}\x00`;
  const last = prefix === undefined ? "" : `${encode(prefix)}\xff`;
  const range: [string, string] = [
    start === undefined ? first : encode(start),
    end === undefined ? last : encode(end),
  ];
  for (const [i, name] of ["Start", "End"].entries()) {
    const given = (i === 0 ? start : end) !== undefined;
    const inside = prefix === undefined || !given ||
      range[i]!.startsWith(encode(prefix)) && range[i] !== encode(prefix);
    if (!inside) throw new TypeError(`${name} key is not in the keyspace defined by prefix`);
  }
  if (range[0] > range[1]) throw new TypeError("Start key is greater than end key");
  return range;
}
