/**
 * Oneclick in production: reads the environment, opens the database and serves until it is stopped.
 *
 * @module
 */
import { systemClock as clock } from "./lib/base/clock.ts";
import { parseConfig } from "./lib/config/config.ts";
import { startDueTasks } from "./lib/due_tasks.ts";
import { createLog, LineBuffer } from "./lib/base/log.ts";
import { serve } from "./lib/base/serve.ts";
import { createServices } from "./lib/services.ts";
import { createApp } from "./routes/mod.ts";

const config = parseConfig(Deno.env.toObject());
const lines = new LineBuffer(console.log, clock);
// Deno Deploy takes lines that are written together for one entry of its log.
const write = Deno.env.has("DENO_TIMELINE") ? console.log : lines.add;
const log = createLog({ level: config.logLevel, clock, write });
const kv = await Deno.openKv(config.kvPath);
const cores = navigator.hardwareConcurrency;
const services = createServices({ config, kv, clock, log, fetch, cores });
const { background } = services;
if (config.mail === null) log("warning", "mail_off", { detail: "No MAIL_URL is set: no mail is sent" });
Deno.cron("due tasks", "* * * * *", () => {
  startDueTasks(services);
  // The platform stops idle instances: this one is busy until the tasks are done.
  return background.idle();
});
await serve(createApp(services).fetch, { host: config.host, port: config.port, clock, log, background });
kv.close();
lines.flush();
Deno.exit();
