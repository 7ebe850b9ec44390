/**
 * A real database with something around its operations: to count them, to order them, to make them fail, to kill the
 * process in the middle of one.
 *
 * @module
 */
import type { ExchangeRecord } from "../../lib/kv/schema.ts";

/** What a read asks for. */
export interface Read {
  readonly name: "get" | "getMany" | "list";
  /** Of a list its prefix, or where it starts. */
  readonly keys: readonly Deno.KvKey[];
  readonly consistency: Deno.KvConsistencyLevel;
}

/** What a read resolves with; a list's entries come all at once. */
export type Entries = Deno.KvEntryMaybe<unknown>[];

/** What a commit was asked to do. */
export interface Commit {
  readonly checks: readonly Deno.AtomicCheck[];
  readonly mutations: readonly Deno.KvMutation[];
}

/** What a commit resolves with. */
export type CommitResult = Deno.KvCommitResult | Deno.KvCommitError;

/** What is put around; an operation without it goes straight through. */
export interface KvHooks {
  /** Around each read. */
  readonly read?: (read: Read, perform: () => Promise<Entries>) => Promise<Entries>;
  /** Around the commit of an atomic operation: `perform` makes it, or another in its place. */
  readonly commit?: (
    commit: Commit,
    perform: (commit?: Commit) => Promise<CommitResult>,
  ) => Promise<CommitResult>;
}

/** Wraps a database. What the service does not use is not there. */
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

/** An operation that goes to the database and comes back. */
export type KvCall = Read["name"] | "commit";

/** Stands around one call; `call` makes it. */
export type Around = <T>(name: KvCall, call: () => Promise<T>) => Promise<T>;

/** Wraps a database so that the same stands around every call. */
export function aroundKv(kv: Deno.Kv, around: Around): Deno.Kv {
  return wrapKv(kv, {
    read: ({ name }, perform) => around(name, perform),
    commit: (_, perform) => around("commit", () => perform()),
  });
}

/** What a test counts of a database. */
export interface KvCounts {
  /** Reads that a near replica may serve. */
  eventualReads: number;
  /** Reads that go to the primary, lists included. */
  strongReads: number;
  /** Writes, whether they take effect or not. */
  commits: number;
}

/** Wraps a database so that the trips to it are counted. */
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

/** Wraps a database whose commits of an account take effect and then, while `loses` says so, report a failed check. */
export function losingCommits(kv: Deno.Kv, loses: () => boolean = () => true): Deno.Kv {
  return wrapKv(kv, {
    async commit(commit, perform) {
      const result = await perform();
      return writes(commit, "account") && loses() ? { ok: false } : result;
    },
  });
}

/** Whether something is written under a kind of key. */
export function writes({ mutations }: Commit, kind: string): boolean {
  return mutations.some(({ type, key }) => type === "set" && key[0] === kind);
}

/** Whether a key is that of an exchange, and not of the token beside it. */
export function isExchange(key: Deno.KvKey): boolean {
  return key[0] === "exchange" && key.length === 2;
}

/** The five operations of a sign-in and what gives a code up, as a commit or its first key tells them. */
export type Operation = "claim" | "keep" | "owners" | "account" | "commit" | "release" | "other";

/** Which operation of a sign-in a commit is. */
export function operationOf({ mutations }: Commit, now: number): Operation {
  const exchange = mutations.find(({ type, key }) => type === "set" && isExchange(key));
  const record = (exchange as { readonly value?: ExchangeRecord } | undefined)?.value;
  if (record?.state === "claimed") return record.lease_until > now ? "claim" : "release";
  if (record?.state === "done") return "commit";
  const mutation = mutations.find(({ key }) => key[0] === "exchange");
  return mutation === undefined ? "other" : mutation.type === "set" ? "keep" : "release";
}
