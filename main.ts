/**
 * Oneclick in production: reads the environment, opens the database and serves until it is stopped.
 *
 * @module
 */
import { connectByDeno as connect } from "./lib/amazon/connection.ts";
import { Deadline, systemClock as clock } from "./lib/base/clock.ts";
import { parseConfig } from "./lib/config/config.ts";
import { startDueTasks } from "./lib/due_tasks.ts";
import { LineBuffer } from "./lib/base/line_buffer.ts";
import { createLog } from "./lib/base/log.ts";
import { serve } from "./lib/base/serve.ts";
import { createServices } from "./lib/services.ts";
import { createApp } from "./routes/mod.ts";

/** Milliseconds that the end waits for somebody to read the last lines of the log. */
const FLUSH_WITHIN_MS = 250;

const config = parseConfig(Deno.env.toObject());
const stdout = Deno.stdout.writable.getWriter();
const lines = new LineBuffer({
  write: (text) => stdout.write(new TextEncoder().encode(text)),
  clock,
  onDropped: (count) =>
    log("warning", "log_lines_dropped", {
      detail: `Nobody read the log in time: ${count} lines are missing`,
    }),
});
// Deno Deploy takes lines that are written together for one entry of its log.
const write = Deno.env.has("DENO_TIMELINE") ? console.log : lines.add;
const log = createLog({ level: config.logLevel, clock, write });
const kv = await Deno.openKv(config.kvPath);
const cores = navigator.hardwareConcurrency;
const services = createServices({ config, kv, clock, log, fetch, connect, cores });
const { background, keyCheck } = services;
// A ring that does not fit is logged now, and not with the first request. A database that does not answer is asked again then.
keyCheck.pass().catch(() => {});
if (config.mail === null) log("warning", "mail_off", { detail: "No MAIL_URL is set: no mail is sent" });
Deno.cron("due tasks", "* * * * *", () => {
  startDueTasks(services);
  background.start("key_check", () => keyCheck.again());
  // The platform stops idle instances: this one is busy until the tasks are done.
  return background.idle();
});
await serve(createApp(services).fetch, { host: config.host, port: config.port, clock, log, background });
kv.close();
using deadline = new Deadline(clock, FLUSH_WITHIN_MS);
await deadline.race(lines.flush()).catch(() => {});
Deno.exit();
