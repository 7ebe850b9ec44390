/**
 * Runs `deno task demo`: plays a device against the real service over HTTP, with a simulated Amazon, and prints each
 * step with its time. Exits with 1 when a step fails.
 *
 * @module
 */
import { createApp } from "../../routes/mod.ts";
import { systemClock as clock } from "../base/clock.ts";
import { parseConfig } from "../config/config.ts";
import { createLog } from "../base/log.ts";
import { createServices } from "../services.ts";
import { DEV_CLIENT_SECRETS, devEnvironment } from "./environment.ts";
import { createSimulator } from "./simulator/simulator.ts";
import { serveSimulator } from "./simulator/server.ts";

const folder = await Deno.makeTempDir({ prefix: "oneclick-demo-" });
const amazon = await serveSimulator(createSimulator({ clock, clients: DEV_CLIENT_SECRETS }), { port: 0 });
const kv = await Deno.openKv(`${folder}/demo.kv`);
const log = createLog({ level: "error", clock, write: console.log });
const services = createServices({
  config: parseConfig(devEnvironment(amazon.url, 8000)),
  kv,
  clock,
  log,
  fetch,
  cores: navigator.hardwareConcurrency,
});
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, createApp(services).fetch);
const service = `http://127.0.0.1:${server.addr.port}`;

let failed = false;
try {
  console.log(`The service on ${service}, a simulated Amazon on ${amazon.url}, a database in ${folder}\n`);
  await play();
} finally {
  await server.shutdown();
  await amazon.close();
  kv.close();
  await Deno.remove(folder, { recursive: true });
}
console.log(failed ? "\nA step failed" : "\nok");
Deno.exit(failed ? 1 : 0);

async function play(): Promise<void> {
  const code = await step("The app opens; the Appstore returns a code", () => requestCode("new"));
  const first = await step("The device posts the code", () => post(code, crypto.randomUUID()), 201);
  const { session_token: token, account } = await first.json();
  console.log(`        signed in: ${account.name}, ${account.email}, a new account: ${account.created}`);

  const slow = await requestCode("mork~token-delay-300");
  const key = crypto.randomUUID();
  const otherKey = crypto.randomUUID();
  await step("Another device posts another code, and its connection breaks before the response", async () => {
    await post(slow, key, AbortSignal.timeout(100)).then(unexpected, () => {});
  });
  await step("A request with the code and another key is turned away", () => post(slow, otherKey), 409);
  const replay = await step(
    "It retries with the same code and key, and joins the first request, which is still running",
    () => post(slow, key),
    201,
  );
  console.log(`        Idempotency-Replayed: ${replay.headers.get("idempotency-replayed")}`);
  const lost = await replay.json();
  console.log(
    `        signed in: ${lost.account.name}, ${lost.account.email}, with a code that Amazon exchanges only once`,
  );

  await step("The app's back end checks the first device's token", () => session("GET", token), 200);
  await step("The first device signs out", () => session("DELETE", token), 204);
  await step("Its token is no longer valid", () => session("GET", token), 401);
}

/** Runs one step and prints its time. The step fails when its response has another status than `status`. */
async function step<T>(title: string, run: () => Promise<T>, status?: number): Promise<T> {
  const start = performance.now();
  const result = await run();
  const ms = (performance.now() - start).toFixed(1).padStart(7);
  const passed = status === undefined || (result instanceof Response && result.status === status);
  if (!passed) failed = true;
  const outcome = result instanceof Response ? ` → ${result.status}${passed ? "" : `, not ${status}`}` : "";
  console.log(`${ms} ms  ${title}${outcome}`);
  return result;
}

async function requestCode(scenario: string): Promise<string> {
  const body = JSON.stringify({ scenario });
  return (await (await fetch(`${amazon.url}/codes`, { method: "POST", body })).json()).code;
}

function post(code: string, key: string, signal: AbortSignal | null = null): Promise<Response> {
  return fetch(`${service}/v1/sessions/amazon`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify({ code, device: { name: "Living room", platform: "demo" } }),
    signal,
  });
}

async function session(method: string, token: string): Promise<Response> {
  const response = await fetch(`${service}/v1/sessions/current`, {
    method,
    headers: { authorization: `Bearer ${token}` },
  });
  await response.body?.cancel();
  return response;
}

function unexpected(): never {
  throw new Error("The response came before the connection broke");
}
