/**
 * Runs `deno task dev`: the service on the local database, with a simulated Amazon, a console at `/dev` and a mailbox
 * at `/dev/mail`. It needs no secret and reads only `PORT`, `KV_PATH` and `LOG_LEVEL` from the environment.
 *
 * @module
 */
import { systemClock as clock } from "../base/clock.ts";
import { parseConfig } from "../config/config.ts";
import { startDueTasks } from "../due_tasks.ts";
import { createLog } from "../base/log.ts";
import { serve } from "../base/serve.ts";
import { createDevelopment } from "./development.ts";
import { consoleEnvironment, DEV_CLIENT_SECRETS, devEnvironment } from "./environment.ts";
import { createSimulator } from "./simulator/simulator.ts";
import { serveSimulator } from "./simulator/server.ts";

const port = Number(Deno.env.get("PORT") ?? 8000);
const simulator = createSimulator({ clock, clients: DEV_CLIENT_SECRETS });
const amazon = await serveSimulator(simulator, { port: port + 1 });

const config = parseConfig({
  ...devEnvironment(amazon.url, port),
  ...consoleEnvironment(),
  KV_PATH: Deno.env.get("KV_PATH"),
  LOG_LEVEL: Deno.env.get("LOG_LEVEL"),
});
const log = createLog({ level: config.logLevel, clock, write: console.log });
const kv = await Deno.openKv(config.kvPath);

console.log(`
Oneclick listens on ${config.publicUrl}, a simulated Amazon on ${amazon.url}
Play a TV on ${config.publicUrl}/dev; mails arrive at ${config.publicUrl}/dev/mail

  curl -i ${config.publicUrl}/v1/sessions/amazon \\
    -H 'Content-Type: application/json' -H 'Idempotency-Key: ${crypto.randomUUID()}' \\
    -d '{"code":"${simulator.issueCode("new")}","device":{"name":"Living room"}}'

The code says what happens: ${amazon.url}/ lists the customers and faults to choose from.
`);
const { fetch: respond, services } = createDevelopment({
  config,
  kv,
  clock,
  log,
  fetch,
  cores: navigator.hardwareConcurrency,
});
const { background } = services;
Deno.cron("due tasks", "* * * * *", () => {
  startDueTasks(services);
  return background.idle();
});
await serve(respond, { host: config.host, port: config.port, clock, log, background });
await amazon.close();
kv.close();
Deno.exit();
