/**
 * Serves until the process is asked to stop, then finishes what is in flight.
 *
 * @module
 */
import type { Background } from "./background.ts";
import { type Clock, Deadline } from "./clock.ts";
import type { Config } from "../config/config.ts";
import type { Log } from "./log.ts";

/** Milliseconds that a stop waits for requests in flight: Deno Deploy kills the process after 5 seconds. */
export const STOP_WITHIN_MS = 4500;

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** What serving needs. */
export interface ServeOptions {
  /** Where to listen. */
  readonly config: Pick<Config, "host" | "port">;
  /** Times the stop. */
  readonly clock: Clock;
  /** Is told of the start, the signal and the stop. */
  readonly log: Log;
  /** Is waited for by the stop, after the last answer. */
  readonly background: Background;
}

/**
 * Serves until SIGINT or SIGTERM. Resolves when every request in flight is answered and the work after answers is
 * done, at the latest 4.5 seconds later: the process is then to be ended, whatever is left.
 */
export async function serve(
  handler: Deno.ServeHandler<Deno.NetAddr>,
  { config, clock, log, background }: ServeOptions,
): Promise<void> {
  const server = Deno.serve({
    hostname: config.host,
    port: config.port,
    onListen: ({ hostname, port }) => log("info", "listening", { url: `http://${hostname}:${port}` }),
  }, handler);

  log("info", "stopping", { signal: await nextSignal() });
  using deadline = new Deadline(clock, STOP_WITHIN_MS);
  const ended = server.shutdown().then(() => background.idle());
  await deadline.race(ended).catch(() => {});
  log("info", "stopped", {});
}

function nextSignal(): Promise<Deno.Signal> {
  const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
  const listeners = SIGNALS.map((signal) => [signal, () => resolve(signal)] as const);
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  return promise.finally(() => {
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  });
}
