/**
 * The service as `main.ts` puts it together, far from its database: the arguments are the milliseconds of a trip for a
 * strong read or a write, and for an eventual read.
 *
 * @module
 */
import { systemClock as clock } from "../../lib/clock.ts";
import { parseConfig } from "../../lib/config.ts";
import { createLog, LineBuffer } from "../../lib/log.ts";
import { createServices } from "../../lib/services.ts";
import { createApp } from "../../routes/mod.ts";

const [strongMs, eventualMs] = Deno.args.map(Number);

const config = parseConfig(Deno.env.toObject());
const log = createLog({ level: config.logLevel, clock, write: new LineBuffer(console.log, clock).add });
const kv = delayed(await Deno.openKv(config.kvPath));
const app = createApp(
  createServices({ config, kv, clock, log, fetch, cores: navigator.hardwareConcurrency }),
);
Deno.serve({ hostname: config.host, port: config.port, onListen() {} }, app.fetch);

function delayed<T extends object>(whole: T): T {
  const proxy: T = new Proxy(whole, {
    get(target, name) {
      const method = Reflect.get(target, name, target);
      if (typeof method !== "function") return method;
      return (...args: unknown[]) => {
        const call = () => Reflect.apply(method, target, args);
        if (name === "get" || name === "getMany") {
          const eventual = (args[1] as { consistency?: string } | undefined)?.consistency === "eventual";
          return after(eventual ? eventualMs : strongMs, call);
        }
        if (name === "commit") return after(strongMs, call);
        const result = call();
        return result === target ? proxy : name === "atomic" ? delayed(result) : result;
      };
    },
  });
  return proxy;
}

/** A trip: what the database itself takes is part of it. */
async function after<T>(ms: number | undefined, call: () => Promise<T>): Promise<T> {
  const [result] = await Promise.all([call(), new Promise((resolve) => setTimeout(resolve, ms))]);
  return result;
}
