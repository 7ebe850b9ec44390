/**
 * A service that kills itself with SIGKILL before or after one commit. `KILL_AT` names the commit, as "before 2": 1 is
 * the commit that deletes an account.
 *
 * @module
 */
import { serveHooked } from "../support/hooked_main.ts";

const { KILL_AT, ...env } = Deno.env.toObject();
let commits = 0;

await serveHooked(env, {
  kvHooks: {
    async commit(commit, perform) {
      const deletes = commit.mutations.some(({ type, key }) => type === "delete" && key[0] === "account");
      if (commits > 0 || deletes) commits++;
      const number = commits;
      if (`before ${number}` === KILL_AT) die();
      const result = await perform();
      if (`after ${number}` === KILL_AT) die();
      return result;
    },
  },
});

function die(): void {
  Deno.kill(Deno.pid, "SIGKILL");
}
