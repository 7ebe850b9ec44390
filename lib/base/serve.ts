/**
 * Serves HTTP until the process is told to stop, then finishes the requests in flight.
 *
 * @module
 */
import type { Background } from "./background.ts";
import { type Clock, Deadline } from "./clock.ts";
import { Listener } from "./listener.ts";
import type { Log } from "./log.ts";

/** Milliseconds that a stop waits for requests in flight. Deno Deploy kills the process after 5 seconds. */
export const STOP_WITHIN_MS = 4500;

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Options of {@linkcode serve}. */
export interface ServeOptions {
  /** Name or address to listen on. */
  readonly host: string;
  /** TCP port to listen on; 0: any free port. */
  readonly port: number;
  /** Times the stop. */
  readonly clock: Clock;
  /** Gets the events `listening`, `stopping` and `stopped`. */
  readonly log: Log;
  /** Work that a stop waits for after the last response. */
  readonly background: Background;
}

/**
 * Serves until SIGINT or SIGTERM. Resolves when every request in flight has its response and the background work is
 * done, but at the latest {@linkcode STOP_WITHIN_MS} after the signal. The caller then ends the process, even if work
 * is left.
 */
export async function serve(
  handler: Deno.ServeHandler<Deno.NetAddr>,
  { host, port, clock, log, background }: ServeOptions,
): Promise<void> {
  const listener = new Listener(handler, { host, port, clock, log });

  log("info", "stopping", { signal: await nextSignal() });
  using deadline = new Deadline(clock, STOP_WITHIN_MS);
  const ended = listener.shutdown().then(() => background.idle());
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
