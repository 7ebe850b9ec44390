/**
 * A service that kills itself with SIGKILL before or after one commit. `KILL_AT` names the commit, as "before 2
 * activation": the second one that writes an activation. Without a kind, as "before 2", the commits are counted from
 * the one that deletes an account.
 *
 * @module
 */
import type { Commit } from "../support/kv_hooks.ts";
import { serveHooked } from "../support/hooked_main.ts";

const { KILL_AT = "", ...env } = Deno.env.toObject();
const [when, number, kind] = KILL_AT.split(" ");
let commits = 0;

await serveHooked(env, {
  kvHooks: {
    async commit(commit, perform) {
      const counts = kind === undefined
        ? commits > 0 || has(commit, "delete", "account")
        : has(commit, "set", kind);
      if (counts) commits++;
      const isIt = counts && commits === Number(number);
      if (isIt && when === "before") die();
      const result = await perform();
      if (isIt && when === "after") die();
      return result;
    },
  },
});

function has({ mutations }: Commit, type: "set" | "delete", kind: string): boolean {
  return mutations.some((mutation) => mutation.type === type && mutation.key[0] === kind);
}

function die(): void {
  Deno.kill(Deno.pid, "SIGKILL");
}
