/**
 * Runs `deno task dev`: the service on the local database, with a simulated Amazon, a console at `/dev` and a mailbox
 * at `/dev/mail`. It needs no secret. It takes over every variable that is set, but for those of the simulator.
 *
 * @module
 */
import { systemClock } from "../base/clock.ts";
import { type Config, ConfigError, parseConfig } from "../config/config.ts";
import { startDueTasks } from "../due_tasks.ts";
import { createLog, type Log } from "../base/log.ts";
import { serve } from "../base/serve.ts";
import { openDatabase } from "../kv/open.ts";
import { StartError } from "../base/start_error.ts";
import { createDevelopment } from "./development.ts";
import {
  consoleEnvironment,
  DEV_CLIENT_SECRETS,
  devEnvironment,
  deviceUrl,
  readDeveloperEnvironment,
} from "./environment.ts";
import { createSimulator } from "./simulator/simulator.ts";
import { serveSimulator } from "./simulator/server.ts";
import { TravellingClock } from "./travelling_clock.ts";

const { taken, ignored } = readDeveloperEnvironment((name) => Deno.env.get(name));
const port = /^\d{1,5}$/.test(taken.PORT ?? "") ? Number(taken.PORT) : 8000;
const clock = new TravellingClock(systemClock);
const simulator = createSimulator({
  clock,
  clients: DEV_CLIENT_SECRETS,
  origin: () => amazon.url,
  notify: (envelope) => development.notify(envelope),
  later: (days) => development.later(days),
});
const amazonPort = port === 0 || port > 65_534 ? 0 : port + 1;
const amazon = await serveSimulator(simulator, { port: amazonPort, clock }).catch(
  () => endWith(`Port ${port + 1} is in use, where the simulated Amazon listens: set another PORT`),
);

const publicUrl = deviceUrl(taken, { port, addresses: addressesOfThisMachine() });
// A device in the local network has no certificate for this machine, so http:// is allowed for any host here.
const config: Config = { ...readConfig(), publicUrl };
const write = createLog({ level: config.logLevel, clock, write: console.log });
const log: Log = (level, event, fields) => {
  write(level, event, fields);
  if (event === "listening") introduce();
};
const kv = await openDatabase(config.kvPath).catch(endWithReason);

const development = createDevelopment({
  config,
  kv,
  clock,
  log,
  fetch,
  cores: navigator.hardwareConcurrency,
  issueCode: simulator.issueCode,
});
const { services } = development;
const { background, stopping } = services;
Deno.cron("due tasks", "* * * * *", () => {
  startDueTasks(services);
  return background.idle();
});
await serve(development.fetch, {
  host: config.host,
  port: config.port,
  clock,
  log,
  background,
  stopping,
  stop: { readyFirstMs: 0, withinMs: config.amazonDeadlineMs },
}).catch(endWithReason);
await amazon.close();
kv.close();
Deno.exit();

/** Says what can be done, once the service listens. */
function introduce(): void {
  if (ignored.length > 0) console.log(`Development sets these variables itself: ${ignored.join(", ")}`);
  console.log(`
Oneclick listens on ${config.publicUrl}, a simulated Amazon on ${amazon.url}
Play a TV on ${config.publicUrl}/dev; mails arrive at ${config.publicUrl}/dev/mail

  curl -i ${config.publicUrl}/v1/sessions/amazon \\
    -H 'Content-Type: application/json' -H 'Idempotency-Key: ${crypto.randomUUID()}' \\
    -d '{"code":"new","device":{"name":"Living room"}}'

The code says what happens: ${amazon.url}/ lists the customers and faults to choose from. Without a number it is new each time.
`);
}

function readConfig(): Config {
  try {
    return parseConfig({
      ...devEnvironment(amazon.url, port),
      ...consoleEnvironment(amazon.url),
      ...taken,
      PUBLIC_URL: `http://localhost:${port}`,
    });
  } catch (error) {
    return endWithReason(error);
  }
}

/** Ends with the reason for which development cannot start, in words and without a stack. */
function endWithReason(error: unknown): never {
  if (error instanceof StartError || error instanceof ConfigError) endWith(error.message);
  throw error;
}

function endWith(message: string): never {
  console.error(message);
  Deno.exit(1);
}

/** Returns the IPv4 addresses of this machine; none when Deno may not tell. */
function addressesOfThisMachine(): string[] {
  if (Deno.permissions.querySync({ name: "sys", kind: "networkInterfaces" }).state !== "granted") return [];
  return Deno.networkInterfaces().filter(({ family }) => family === "IPv4").map(({ address }) => address);
}
