/**
 * Oneclick in production: reads the environment, opens the database and serves until it is stopped.
 *
 * @module
 */
import { connectByDeno as connect } from "./lib/amazon/connection.ts";
import { Deadline, systemClock as clock } from "./lib/base/clock.ts";
import { LineBuffer } from "./lib/base/line_buffer.ts";
import { CONSOLE_LINES, createLog } from "./lib/base/log.ts";
import { DEPLOY_STOP, serve, stopAfter } from "./lib/base/serve.ts";
import { StartError } from "./lib/base/start_error.ts";
import { isCollected, NO_TELEMETRY } from "./lib/base/telemetry.ts";
import { type Config, ConfigError, parseConfig } from "./lib/config/config.ts";
import { isEmpty, readEnvironment, warnOfMistypedNames } from "./lib/config/environment.ts";
import { needsSharedSecret } from "./lib/config/purchases.ts";
import { isBranch, isOnDeploy } from "./lib/config/platform.ts";
import { startDueTasks } from "./lib/due_tasks.ts";
import { awaitDatabase } from "./lib/kv/await_database.ts";
import { DiskReserve } from "./lib/kv/disk_reserve.ts";
import { isUrl, openDatabase, placeOfDatabase } from "./lib/kv/open.ts";
import { createServices } from "./lib/services.ts";

/** Milliseconds after the start when mistyped names of variables are looked for. */
const COMPARE_NAMES_AFTER_MS = 1000;
/** Milliseconds that the end waits for somebody to read the last lines of the log. */
const FLUSH_WITHIN_MS = 250;

const env = readEnvironment((name) => Deno.env.get(name));
const lines = new LineBuffer({
  write: writeToStdout,
  clock,
  onDropped: (count) =>
    log("warning", "log_lines_dropped", {
      detail: `Nobody read the log in time: ${count} lines are missing`,
    }),
});
const collected = isCollected();
const telemetry = collected
  ? (await import("./lib/telemetry/open_telemetry.ts")).createTelemetry({ clock })
  : NO_TELEMETRY;
// A platform that collects logs takes each call of the console for one entry, and its level from the method.
const write = collected ? CONSOLE_LINES : isOnDeploy(env) ? console.log : lines.add;
let log = telemetry.watchLog(createLog({ level: "info", clock, write }));

// Deno Deploy starts a preview before it takes a build, and a preview that does not start fails production's build too.
if (isBranch(env) && isEmpty(env)) servePreviewWithoutVariables();
else await run(readConfig());

async function run(config: Config): Promise<void> {
  log = telemetry.watchLog(createLog({ level: config.logLevel, clock, write }));
  // Nobody waits for the names to be compared, which takes a tenth of the start.
  const cancelComparison = clock.after(COMPARE_NAMES_AFTER_MS, compareNames);
  let finished: boolean;
  try {
    finished = await serveConfigured(config);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    cancelComparison();
    compareNames();
    log("error", "start_failed", { detail: error.message });
    await flush();
    Deno.exit(1);
  }
  await flush();
  Deno.exit(finished ? 0 : 1);
}

/**
 * Warns of mistyped names. Only a process that may read every variable can see the names of others: see
 * print_permissions.ts.
 */
function compareNames(): void {
  if (Deno.permissions.querySync({ name: "env" }).state !== "granted") return;
  warnOfMistypedNames(Object.keys(Deno.env.toObject()), log);
}

/** Serves until the stop. Returns whether everything was finished. */
async function serveConfigured(config: Config): Promise<boolean> {
  const { kvPath, mail, delivers, host, port } = config;
  const onDeploy = isOnDeploy(env);
  const openKv = () => openDatabase(kvPath);
  // The routes are loaded while the database opens: see tests/bench/README.md.
  const loadingRoutes = import("./routes/mod.ts");
  // A connection over the network can go silent, and is opened anew then. A second one to a file would bring nothing.
  const remote = kvPath === undefined || isUrl(kvPath);
  const disk = remote || kvPath === ":memory:" ? undefined : new DiskReserve({ path: kvPath, clock, log });
  await disk?.beforeOpen();
  const kv = remote && !onDeploy ? await awaitDatabase(openKv, { clock, log }) : await openKv();
  log("info", "database_opened", { database: placeOfDatabase(kvPath) });
  const cores = navigator.hardwareConcurrency;
  const services = createServices({
    config,
    kv,
    ...(remote ? { openKv } : {}),
    disk,
    clock,
    log,
    telemetry,
    fetch: telemetry.watchFetch(fetch),
    connect,
    cores,
  });
  disk?.watch();
  const { background, db, keyCheck, stopping } = services;
  // A ring that does not fit is logged now, and not with the first request. A database that does not answer is asked
  // again then.
  keyCheck.pass().catch(() => {});
  if (!delivers) {
    log("warning", "delivery_off", { detail: "A branch sends no mail and no event: see BRANCH_DELIVERY" });
  } else if (mail === null) log("warning", "mail_off", { detail: "No MAIL_URL is set: no mail is sent" });
  if (needsSharedSecret(config)) {
    const detail = "No APPSTORE_SHARED_SECRET is set: no receipt can be verified, so RECEIPT_SIGN_IN, " +
      "RTN_TOPIC_ARN and APPSTORE_ACKNOWLEDGE have no effect";
    log("warning", "purchases_off", { detail });
  }
  Deno.cron("due tasks", "* * * * *", () => {
    // The platform runs this on every branch, of which each has a database of its own.
    if (!delivers) return;
    startDueTasks(services);
    background.start("key_check", () => keyCheck.again());
    // The platform stops idle instances: this one is busy until the tasks are done.
    return background.idle();
  });
  const stop = onDeploy ? DEPLOY_STOP : stopAfter(config.amazonDeadlineMs);
  const { createApp } = await loadingRoutes;
  const { fetch: handler } = createApp(services);
  const finished = await serve(handler, { host, port, clock, log, background, stopping, stop });
  db.close();
  return finished;
}

function readConfig(): Config {
  try {
    return parseConfig(env, { production: true });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}

function servePreviewWithoutVariables(): void {
  const detail = "This preview has no variables, so it opens no database and signs nobody in";
  log("warning", "preview_without_variables", { detail });
  const onListen = ({ hostname, port }: Deno.NetAddr) =>
    log("info", "listening", { url: `http://${hostname}:${port}` });
  Deno.serve(
    { onListen },
    ({ url }) => new Response(detail, { status: url.endsWith("/healthz") ? 200 : 503 }),
  );
}

async function writeToStdout(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) written += await Deno.stdout.write(bytes.subarray(written));
}

async function flush(): Promise<void> {
  using deadline = new Deadline(clock, FLUSH_WITHIN_MS);
  await deadline.race(lines.flush()).catch(() => {});
}
