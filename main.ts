/**
 * Oneclick in production: the environment in, a service out.
 *
 * @module
 */
import { systemClock as clock } from "./lib/clock.ts";
import { parseConfig } from "./lib/config.ts";
import { createLog, LineBuffer } from "./lib/log.ts";
import { serve } from "./lib/serve.ts";
import { createServices } from "./lib/services.ts";
import { createApp } from "./routes/mod.ts";

const config = parseConfig(Deno.env.toObject());
const lines = new LineBuffer(console.log, clock);
const log = createLog({ level: config.logLevel, clock, write: lines.add });
const kv = await Deno.openKv(config.kvPath);
const cores = navigator.hardwareConcurrency;
const app = createApp(createServices({ config, kv, clock, log, fetch, cores }));
await serve(app.fetch, { config, clock, log });
kv.close();
lines.flush();
Deno.exit();
