/**
 * Serves the service as `main.ts` does, with hooks around the database and the way to Amazon.
 *
 * @module
 */
import { systemClock as clock } from "../../lib/base/clock.ts";
import { createLog } from "../../lib/base/log.ts";
import { serve } from "../../lib/base/serve.ts";
import { type Environment, parseConfig } from "../../lib/config/config.ts";
import { KeyCheck } from "../../lib/kv/key_check.ts";
import { Keyring } from "../../lib/kv/keyring.ts";
import { createServices } from "../../lib/services.ts";
import { createApp } from "../../routes/mod.ts";
import { type KvHooks, wrapKv } from "./kv_hooks.ts";

/** Serves until the process is stopped. */
export async function serveHooked(
  env: Environment,
  { kvHooks, fetch = globalThis.fetch }: {
    readonly kvHooks: KvHooks;
    readonly fetch?: typeof globalThis.fetch;
  },
): Promise<void> {
  const config = parseConfig(env);
  const log = createLog({ level: config.logLevel, clock, write: console.log });
  const opened = await Deno.openKv(config.kvPath);
  const kv = wrapKv(opened, kvHooks);
  // The hooks count what the service does with a database that it knows.
  const keyCheck = new KeyCheck({ kv: opened, keyring: new Keyring(config.dataKeys), clock, log });
  await keyCheck.pass();
  const services = createServices({ config, kv, clock, log, fetch, cores: 1, keyCheck });
  await serve(createApp(services).fetch, {
    host: config.host,
    port: config.port,
    clock,
    log,
    background: services.background,
    stopping: services.stopping,
  });
}
