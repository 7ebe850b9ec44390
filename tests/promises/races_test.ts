/**
 * Random races of sign-ins (design, section 4, promises 1 to 5). A plan draws the devices, codes and processes, the
 * faults and deaths, and the order of all operations on the database and at Amazon.
 *
 * A failure prints its seed and path. `deno task test:races 20000` draws so many new plans;
 * `deno task test:races 1 <seed> <path>` repeats one.
 */
import { assert, assertMatch } from "@std/assert";
import fc from "fast-check";
import { hashSecret, Keyring } from "../../lib/kv/keyring.ts";
import { plans, play } from "./model/races.ts";
import type { ExchangeRecord } from "../../lib/kv/schema.ts";
import { keyring } from "./model/rings.ts";
import type { Sabotage } from "./model/world.ts";
import { numRuns } from "../support/num_runs.ts";
import { isClaim, isProgress, type Operation, operationOf, wrapKv } from "../support/kv_hooks.ts";

const [runs, seed, path] = Deno.args;
const DRAWN = runs === undefined ? { numRuns: numRuns({ quick: 200, full: 2000 }), seed: 20261122 } : {
  numRuns: Number(runs),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
  ...(path === undefined ? {} : { path }),
};

Deno.test("signInWithAmazon keeps its promises however operations interleave", async () => {
  using kv = await Deno.openKv(":memory:");
  await fc.assert(fc.asyncProperty(plans, (plan) => play(plan, kv)), DRAWN);
});

/** Derives secrets from its first key, and not from the key that the record names. */
class ForgetfulRing extends Keyring {
  override deriveSecret(_: string, purpose: string, texts: readonly string[]): string | null {
    return super.deriveSecret(this.firstId, purpose, texts);
  }
}

/** Derives secrets from the texts alone. */
class KeylessRing extends Keyring {
  override deriveSecret(_: string, purpose: string, texts: readonly string[]): string {
    return hashSecret(JSON.stringify([purpose, ...texts]));
  }
}

/** Each mechanism that is removed from the service, and the broken rule that the model then reports. */
const SABOTAGE: Readonly<Record<string, Sabotage & { readonly seen: RegExp }>> = {
  "every check": { kv: (kv) => withoutChecks(kv, () => true), seen: /asks for a token while/ },
  "the check of the claim": {
    kv: (kv) => withoutChecks(kv, ({ key }, operation) => isClaim(key) && operation === "claim"),
    seen: /asks for a token while/,
  },
  "the check of the claim where the token is kept": {
    kv: (kv) => withoutChecks(kv, (_, operation) => operation === "keep"),
    seen: /kept a token of a code that .* had settled/,
  },
  "the checks of the indexes": {
    kv: (kv) => withoutChecks(kv, ({ key }) => key[0] === "amazon_user" || key[0] === "email"),
    seen: /is not its own/,
  },
  "the check of the claim in the final commit": {
    kv: (kv) => withoutChecks(kv, ({ key }, operation) => isClaim(key) && operation === "commit"),
    seen: /settled a code that was settled before/,
  },
  "the new claim of a final commit that a token could follow": {
    kv: (kv) => withoutWrites(kv, ({ key }, operation) => isClaim(key) && operation === "commit"),
    seen: /kept a token of a code that .* had settled/,
  },
  "the check of the progress at a take-over": {
    kv: (kv) => withoutChecks(kv, ({ key }, operation) => isProgress(key) && operation === "claim"),
    seen: /settled a code that was settled before|its code is not claimed/,
  },
  "the check of the progress at a release": {
    kv: (kv) => withoutChecks(kv, ({ key }, operation) => isProgress(key) && operation === "release"),
    seen: /settled a code that was settled before/,
  },
  "the check of the requester": { kv: withoutRequesters, seen: /The token belongs to|took the token of/ },
  "the name of the key from which a secret came": {
    Ring: ForgetfulRing,
    seen: /came to code_already_used|is not given again|without its key/,
  },
  "a secret that needs the key": { Ring: KeylessRing, seen: /The secret of a session was guessed/ },
  "the check of expiry": { databaseNow: () => 0, seen: /outlived/ },
};

for (const [mechanism, { seen, ...sabotage }] of Object.entries(SABOTAGE)) {
  Deno.test(`the model notices a service without ${mechanism}`, async () => {
    using kv = await Deno.openKv(":memory:");
    const property = fc.asyncProperty(plans, (plan) => play(plan, kv, sabotage));
    const options = { numRuns: 2000, seed: 20261122, endOnFailure: true };
    const { failed, errorInstance } = await fc.check(property, options);
    assert(failed, "Not noticed");
    assert(errorInstance instanceof Error);
    assertMatch(errorInstance.message, seen);
  });
}

function withoutChecks(
  kv: Deno.Kv,
  dropped: (check: Deno.AtomicCheck, operation: Operation) => boolean,
): Deno.Kv {
  return wrapKv(kv, {
    commit(commit, perform) {
      const operation = operationOf(commit);
      return perform({ ...commit, checks: commit.checks.filter((check) => !dropped(check, operation)) });
    },
  });
}

function withoutWrites(
  kv: Deno.Kv,
  dropped: (mutation: Deno.KvMutation, operation: Operation) => boolean,
): Deno.Kv {
  return wrapKv(kv, {
    commit(commit, perform) {
      const operation = operationOf(commit);
      const mutations = commit.mutations.filter((mutation) => !dropped(mutation, operation));
      return perform({ ...commit, mutations });
    },
  });
}

/** Wraps a database whose claims have no requester: any request with the code may take such a claim over. */
function withoutRequesters(kv: Deno.Kv): Deno.Kv {
  return wrapKv(kv, {
    async read(_, perform) {
      const entries = await perform();
      const isDone = ({ key, value }: Deno.KvEntryMaybe<unknown>) =>
        isProgress(key) && value !== null &&
        "result" in JSON.parse(keyring.open(value as Uint8Array, key.join("/")));
      // The requester of a done code is not looked at to take it over.
      if (entries.some(isDone)) return entries;
      return entries.map((entry) =>
        (entry.value as Partial<ExchangeRecord> | null)?.state === "claimed"
          ? { ...entry, value: { ...entry.value as ExchangeRecord, requester: null } } as typeof entry
          : entry
      );
    },
  });
}
