/**
 * A database that takes 10 checks in one commit, as `denokv` does.
 *
 * @module
 */
import { wrapKv } from "./kv_hooks.ts";

const MOST_CHECKS = 10;

/** Wraps a database. A commit with more checks is refused as `denokv` refuses it, and `refused` is told its keys. */
export function fewChecks(kv: Deno.Kv, refused: (keys: readonly string[]) => void = () => {}): Deno.Kv {
  return wrapKv(kv, {
    commit({ checks }, perform) {
      if (checks.length <= MOST_CHECKS) return perform();
      refused(checks.map(({ key }) => key.join("/")));
      return Promise.reject(
        new Error(
          "KV Connect failed to call 'http://kv.test/v2/atomic_write' (status=400 Bad Request): " +
            "Too many checks included in atomic write.",
        ),
      );
    },
  });
}
