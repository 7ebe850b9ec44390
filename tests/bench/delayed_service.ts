/**
 * The service as `main.ts` makes it, but far from its database. Arguments: the milliseconds of a trip for a strong read
 * or a write, and for an eventual read.
 *
 * @module
 */
import { systemClock as clock } from "../../lib/base/clock.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { LineBuffer } from "../../lib/base/line_buffer.ts";
import { createLog } from "../../lib/base/log.ts";
import { createServices } from "../../lib/services.ts";
import { createApp } from "../../routes/mod.ts";
import { wrapKv } from "../support/kv_hooks.ts";

const [strongMs, eventualMs] = Deno.args.map(Number);

const config = parseConfig(Deno.env.toObject());
const stdout = Deno.stdout.writable.getWriter();
const lines = new LineBuffer({
  write: (text) => stdout.write(new TextEncoder().encode(text)),
  clock,
  onDropped: () => {},
});
const log = createLog({ level: config.logLevel, clock, write: lines.add });
const kv = wrapKv(await Deno.openKv(config.kvPath), {
  read: ({ consistency }, perform) => after(consistency === "eventual" ? eventualMs : strongMs, perform),
  commit: (_, perform) => after(strongMs, () => perform()),
});
const app = createApp(
  createServices({ config, kv, clock, log, fetch, cores: navigator.hardwareConcurrency }),
);
Deno.serve({ hostname: config.host, port: config.port, onListen() {} }, app.fetch);

/** Makes a call take at least `ms`. The time of the database is part of them. */
async function after<T>(ms: number | undefined, call: () => Promise<T>): Promise<T> {
  const [result] = await Promise.all([call(), new Promise((resolve) => setTimeout(resolve, ms))]);
  return result;
}
