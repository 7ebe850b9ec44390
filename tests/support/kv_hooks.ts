/**
 * Hooks around the operations of a real database. Tests count operations, order them, let them fail, or kill the process in
 * the middle of one.
 *
 * @module
 */
import { EXCHANGE, type ExchangeRecord } from "../../lib/kv/schema.ts";
import { SPENT_MEMORY_MS } from "../../lib/sign_in/code_exchange.ts";

/** A read. */
export interface Read {
  readonly name: "get" | "getMany" | "list";
  /** The keys; of a list, its prefix or its start. */
  readonly keys: readonly Deno.KvKey[];
  readonly consistency: Deno.KvConsistencyLevel;
}

/** The result of a read. The entries of a list come all at once. */
export type Entries = Deno.KvEntryMaybe<unknown>[];

/** A commit. */
export interface Commit {
  readonly checks: readonly Deno.AtomicCheck[];
  readonly mutations: readonly Deno.KvMutation[];
}

/** The result of a commit. */
export type CommitResult = Deno.KvCommitResult | Deno.KvCommitError;

/** The hooks. An operation without a hook goes straight to the database. */
export interface KvHooks {
  /** Is called for each read. */
  readonly read?: (read: Read, perform: () => Promise<Entries>) => Promise<Entries>;
  /** Is called for each commit. `perform` makes the commit, or another one in its place. */
  readonly commit?: (
    commit: Commit,
    perform: (commit?: Commit) => Promise<CommitResult>,
  ) => Promise<CommitResult>;
}

/** Wraps a database with hooks. The wrapped database has only the operations that the service uses. */
export function wrapKv(
  kv: Deno.Kv,
  { read = (_, perform) => perform(), commit = (_, perform) => perform() }: KvHooks,
): Deno.Kv {
  const wrapped = {
    async get(...[key, options]: Parameters<Deno.Kv["get"]>) {
      const { consistency = "strong" } = options ?? {};
      const perform = async () => [await kv.get(key, options)];
      return (await read({ name: "get", keys: [key], consistency }, perform))[0];
    },
    getMany(keys: readonly Deno.KvKey[], options?: { consistency?: Deno.KvConsistencyLevel }) {
      const { consistency = "strong" } = options ?? {};
      return read({ name: "getMany", keys, consistency }, () => kv.getMany([...keys], options));
    },
    async *list(...[selector, options]: Parameters<Deno.Kv["list"]>) {
      const { consistency = "strong" } = options ?? {};
      const key = "prefix" in selector ? selector.prefix : selector.start;
      yield* await read(
        { name: "list", keys: [key], consistency },
        () => Array.fromAsync(kv.list(selector, options)),
      );
    },
    atomic() {
      const asked = { checks: [] as Deno.AtomicCheck[], mutations: [] as Deno.KvMutation[] };
      const operation = {
        check: (...checks: Deno.AtomicCheck[]) => (asked.checks.push(...checks), operation),
        mutate: (...mutations: Deno.KvMutation[]) => (asked.mutations.push(...mutations), operation),
        commit: () =>
          commit(
            asked,
            ({ checks, mutations } = asked) =>
              kv.atomic().check(...checks).mutate(...mutations).commit() as Promise<CommitResult>,
          ),
      };
      return operation;
    },
  };
  return wrapped as unknown as Deno.Kv;
}

/** The name of an operation. */
export type KvCall = Read["name"] | "commit";

/** A hook for every operation; `call` makes it. */
export type Around = <T>(name: KvCall, call: () => Promise<T>) => Promise<T>;

/** Wraps a database with one hook for every operation. */
export function aroundKv(kv: Deno.Kv, around: Around): Deno.Kv {
  return wrapKv(kv, {
    read: ({ name }, perform) => around(name, perform),
    commit: (_, perform) => around("commit", () => perform()),
  });
}

/** Wraps a database so that no commit checks records of some kinds. */
export function withoutChecks(kv: Deno.Kv, kinds: readonly string[]): Deno.Kv {
  return wrapKv(kv, {
    commit: ({ checks, mutations }, perform) =>
      perform({ checks: checks.filter(({ key }) => !kinds.includes(String(key[0]))), mutations }),
  });
}

/** Counts of operations. */
export interface KvCounts {
  /** Reads that a near replica may serve. */
  eventualReads: number;
  /** Reads of the primary, with lists. */
  strongReads: number;
  /** Commits, also those that fail. */
  commits: number;
}

/** Wraps a database and counts the operations. */
export function countingKv(kv: Deno.Kv, counts: KvCounts): Deno.Kv {
  return wrapKv(kv, {
    read({ consistency }, perform) {
      counts[consistency === "eventual" ? "eventualReads" : "strongReads"]++;
      return perform();
    },
    commit(_, perform) {
      counts.commits++;
      return perform();
    },
  });
}

/** Tells whether a commit writes a record of a kind. */
export function writes({ mutations }: Commit, kind: string): boolean {
  return mutations.some(({ type, key }) => type === "set" && key[0] === kind);
}

/** Tells whether a key is that of the claim of a code. */
export function isClaim(key: Deno.KvKey): boolean {
  return key[0] === EXCHANGE.kind && key.length === 2;
}

/** Tells whether a key is that of the progress of a code. */
export function isProgress(key: Deno.KvKey): boolean {
  return key[0] === EXCHANGE.kind && key.length === 3;
}

/** The five operations of a sign-in, the release of a code, the two reads of a replay, and all others. */
export type Operation =
  | "claim"
  | "keep"
  | "owners"
  | "account"
  | "commit"
  | "release"
  | "code"
  | "session"
  | "other";

/** Finds out which operation of a sign-in a commit is. */
export function operationOf({ mutations }: Commit): Operation {
  const sets = mutations.filter((mutation) => mutation.type === "set");
  const claim = sets.find(({ key }) => isClaim(key));
  const progress = sets.find(({ key }) => isProgress(key));
  if (claim !== undefined && progress !== undefined) {
    return mutations.length === 2 || endsEarly(claim) ? "release" : "commit";
  }
  if (claim !== undefined) return "claim";
  if (progress !== undefined) return mutations.length === 1 ? "keep" : "commit";
  return mutations.some(({ key }) => key[0] === EXCHANGE.kind) ? "release" : "other";
}

/** Tells whether the lease of a claim ends early, as it does when a code is released while its request is in time. */
function endsEarly({ value }: { readonly value: unknown }): boolean {
  const { lease_until, expires_at } = value as Extract<ExchangeRecord, { readonly state: "claimed" }>;
  return expires_at - lease_until > SPENT_MEMORY_MS;
}
