/**
 * Oneclick as `main.ts` composes it, but for this: before and after each operation on the database and each call
 * to Amazon it writes the step's name, and goes on when it reads that name. So whoever started it can kill it at
 * exactly that point.
 *
 * @module
 */
import { systemClock as clock } from "../../lib/base/clock.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { createLog } from "../../lib/base/log.ts";
import { serve } from "../../lib/base/serve.ts";
import { createServices } from "../../lib/services.ts";
import { createApp } from "../../routes/mod.ts";
import { operationOf, wrapKv } from "../support/kv_hooks.ts";

const waiting = new Map<string, () => void>();

const config = parseConfig(Deno.env.toObject());
const log = createLog({ level: config.logLevel, clock, write: console.log });
const kv = wrapKv(await Deno.openKv(config.kvPath), {
  read: (_, perform) => around("read", perform),
  commit: (commit, perform) => around(operationOf(commit, clock.now()), () => perform()),
});
const services = createServices({ config, kv, clock, log, fetch: steppedFetch, cores: 1 });
readReleases();
await serve(createApp(services).fetch, {
  host: config.host,
  port: config.port,
  clock,
  log,
  background: services.background,
});

/** Announces a point and waits there. */
function step(name: string): Promise<void> {
  return new Promise((resolve) => {
    waiting.set(name, resolve);
    console.log(JSON.stringify({ step: name }));
  });
}

async function around<T>(name: string, operation: () => Promise<T>): Promise<T> {
  await step(`before ${name}`);
  if (name === "commit") console.log(JSON.stringify({ step: "during commit" }));
  const result = await operation();
  await step(`after ${name}`);
  return result;
}

async function readReleases(): Promise<void> {
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const names = (rest + text).split("\n");
    rest = names.pop() ?? "";
    for (const name of names) waiting.get(name)?.();
  }
}

function steppedFetch(...[url, init]: Parameters<typeof fetch>): ReturnType<typeof fetch> {
  const name = String(url).includes("/auth/o2/token") ? "token" : "profile";
  return around(name, () => fetch(url, init));
}
