/**
 * A database with something put around each of its operations: to order them, to make them fail, to kill the
 * process in the middle of one.
 *
 * @module
 */
import type { ExchangeRecord } from "../lib/kv/schema.ts";

/** What a commit was asked to do. */
export interface Commit {
  readonly checks: readonly Deno.AtomicCheck[];
  readonly mutations: readonly Deno.KvMutation[];
}

/** What a commit resolves with. */
export type CommitResult = Deno.KvCommitResult | Deno.KvCommitError;

/** What is put around; an operation without it goes straight through. */
export interface KvHooks {
  /** Around `get` and `getMany`. */
  readonly read?: (
    keys: readonly Deno.KvKey[],
    perform: () => Promise<Deno.KvEntryMaybe<unknown>[]>,
  ) => Promise<Deno.KvEntryMaybe<unknown>[]>;
  /** Around the commit of an atomic operation, which it may change. */
  readonly commit?: (
    commit: Commit,
    perform: (commit: Commit) => Promise<CommitResult>,
  ) => Promise<CommitResult>;
}

/** The five operations of a sign-in and what gives a code up, as a commit or its first key tells them. */
export type Operation = "claim" | "keep" | "owners" | "account" | "commit" | "release" | "other";

/** Wraps a database. Only what the service uses is wrapped: `get`, `getMany`, and `atomic` with `check` and `mutate`. */
export function wrapKv(
  kv: Deno.Kv,
  { read = (_, perform) => perform(), commit = (asked, perform) => perform(asked) }: KvHooks,
): Deno.Kv {
  const get = async (...[key, options]: Parameters<Deno.Kv["get"]>) =>
    (await read([key], async () => [await kv.get(key, options)]))[0];
  const getMany = (...[keys, options]: Parameters<Deno.Kv["getMany"]>) =>
    read(keys as Deno.KvKey[], () => kv.getMany(keys as Deno.KvKey[], options));
  const perform = ({ checks, mutations }: Commit) =>
    kv.atomic().check(...checks).mutate(...mutations).commit() as Promise<CommitResult>;
  const atomic = () => {
    const asked = { checks: [] as Deno.AtomicCheck[], mutations: [] as Deno.KvMutation[] };
    return {
      check(...checks: Deno.AtomicCheck[]) {
        asked.checks.push(...checks);
        return this;
      },
      mutate(...mutations: Deno.KvMutation[]) {
        asked.mutations.push(...mutations);
        return this;
      },
      commit: () => commit(asked, perform),
    };
  };
  const wrapped: Record<PropertyKey, unknown> = { get, getMany, atomic };
  return new Proxy(kv, {
    get(target, name) {
      if (name in wrapped) return wrapped[name];
      const member = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** The exchange record that a commit writes, if it does. */
export function exchangeIn({ mutations }: Commit): ExchangeRecord | undefined {
  for (const mutation of mutations) {
    if (isExchange(mutation.key) && mutation.type === "set") return mutation.value as ExchangeRecord;
  }
  return undefined;
}

/** Whether a key is that of an exchange, and not of the token beside it. */
export function isExchange(key: Deno.KvKey): boolean {
  return key[0] === "exchange" && key.length === 2;
}

/** Which operation of a sign-in a commit is. */
export function operationOf(commit: Commit, now: number): Operation {
  const record = exchangeIn(commit);
  if (record?.state === "claimed") return record.lease_until > now ? "claim" : "release";
  if (record?.state === "done") return "commit";
  const [mutation] = commit.mutations.filter(({ key }) => key[0] === "exchange");
  return mutation === undefined ? "other" : mutation.type === "set" ? "keep" : "release";
}
