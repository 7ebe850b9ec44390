/**
 * Oneclick as `main.ts` composes it, but for this: it kills itself before or after the commit that `DIES` names, as
 * "before 2", counted from the one that deletes an account.
 *
 * @module
 */
import { systemClock as clock } from "../../lib/base/clock.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { createLog } from "../../lib/base/log.ts";
import { serve } from "../../lib/base/serve.ts";
import { createServices } from "../../lib/services.ts";
import { createApp } from "../../routes/mod.ts";
import { wrapKv } from "../support/kv_hooks.ts";

const { DIES, ...env } = Deno.env.toObject();
const config = parseConfig(env);
const log = createLog({ level: config.logLevel, clock, write: console.log });
let commits = 0;
const kv = wrapKv(await Deno.openKv(config.kvPath), {
  commit: async (commit, perform) => {
    const deletes = commit.mutations.some(({ type, key }) => type === "delete" && key[0] === "account");
    if (commits > 0 || deletes) commits++;
    const number = commits;
    if (`before ${number}` === DIES) die();
    const result = await perform();
    if (`after ${number}` === DIES) die();
    return result;
  },
});
const services = createServices({ config, kv, clock, log, fetch, cores: 1 });
await serve(createApp(services).fetch, {
  host: config.host,
  port: config.port,
  clock,
  log,
  background: services.background,
});

function die(): void {
  Deno.kill(Deno.pid, "SIGKILL");
}
