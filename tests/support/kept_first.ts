/**
 * An Amazon that is farther away than the database: the token is stored before the profile comes.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { operationOf, wrapKv } from "./kv_hooks.ts";
import { endpointOf } from "./upstream_responses.ts";

/** The options of a test service whose tokens are stored before Amazon answers with the profile. */
export interface KeptFirst {
  /** Sees when a token is stored. */
  readonly wrapKv: (kv: Deno.Kv) => Deno.Kv;
  /** Holds the profile until then. */
  readonly wrapFetch: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch;
}

/** Makes the options for one service. */
export function keptFirst(): KeptFirst {
  let kept: Promise<unknown> = Promise.resolve();
  return {
    wrapKv: (kv) =>
      wrapKv(kv, {
        commit(commit, perform) {
          const result = perform();
          if (operationOf(commit) === "keep") kept = result;
          return result;
        },
      }),
    wrapFetch: (fetch) => async (input, init) => {
      const response = await fetch(input, init);
      if (endpointOf(String(input)) !== "profile") return response;
      await kept;
      // The service has to hear of it, too.
      await new Promise<void>((resolve) => setImmediate(resolve));
      return response;
    },
  };
}
