/**
 * Oneclick as `main.ts` composes it, but for this: before and after each operation on the database and each call
 * to Amazon it writes the step's name, and goes on when it reads that name. So whoever started it can kill it at
 * exactly that point.
 *
 * @module
 */
import { systemClock as clock } from "../../lib/clock.ts";
import { parseConfig } from "../../lib/config.ts";
import { createLog } from "../../lib/log.ts";
import { serve } from "../../lib/serve.ts";
import { createServices } from "../../lib/services.ts";
import { createApp } from "../../routes/mod.ts";

const waiting = new Map<string, () => void>();

const config = parseConfig(Deno.env.toObject());
const log = createLog({ level: config.logLevel, clock, write: console.log });
const kv = stepped(await Deno.openKv(config.kvPath));
const app = createApp(createServices({ config, kv, clock, log, fetch: steppedFetch }));
readReleases();
await serve(app.fetch, { config, clock, log });

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

function stepped(kv: Deno.Kv): Deno.Kv {
  const getMany: Deno.Kv["getMany"] = (...args) => around("read", () => kv.getMany(...args));
  return new Proxy(kv, {
    get(target, name) {
      if (name === "getMany") return getMany;
      if (name === "atomic") return () => steppedAtomic(target.atomic());
      const member = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** A commit is named by the state in which it leaves the code. */
function steppedAtomic(atomic: Deno.AtomicOperation): Deno.AtomicOperation {
  const names = { claimed: "claim", held: "keep", done: "commit" } as const;
  let name: string = "other";
  const proxy: Deno.AtomicOperation = new Proxy(atomic, {
    get(target, method) {
      if (method === "commit") return () => around(name, () => target.commit());
      return (...args: Deno.KvMutation[]) => {
        for (const { key, ...mutation } of args) {
          if (method !== "mutate" || key[0] !== "exchange" || mutation.type !== "set") continue;
          name = names[(mutation.value as { state: keyof typeof names }).state];
        }
        Reflect.apply(Reflect.get(target, method, target), target, args);
        return proxy;
      };
    },
  });
  return proxy;
}
