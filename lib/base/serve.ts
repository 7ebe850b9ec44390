/**
 * Serves HTTP until the process is told to stop, then finishes the requests in flight.
 *
 * @module
 */
import type { Background } from "./background.ts";
import { type Clock, Deadline, sleep } from "./clock.ts";
import { Listener } from "./listener.ts";
import type { Log } from "./log.ts";
import { Stopping } from "./stopping.ts";

/** The times of a stop, in milliseconds. */
export interface StopTimes {
  /** From the signal until no connection is accepted any more. Meanwhile `/readyz` answers 503, so that no more come. */
  readonly readyFirstMs: number;
  /** From the signal until the end, at the latest. */
  readonly withinMs: number;
}

/** Milliseconds of a stop on Deno Deploy, which kills the process after 5 seconds. */
export const STOP_WITHIN_MS = 4500;
/** The stop on Deno Deploy. It sends no requests to a process that it stops. */
export const DEPLOY_STOP: StopTimes = { readyFirstMs: 250, withinMs: STOP_WITHIN_MS };

const READY_FIRST_MS = 1000;
/** Milliseconds for the last writes of what is cut. */
const CUT_MS = 1000;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

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
  /** Is told when the stop begins, and when what is left is cut. */
  readonly stopping?: Stopping;
  /** The times of the stop; those of Deno Deploy by default. */
  readonly stop?: StopTimes;
}

/**
 * Returns the times of a stop where nothing kills the process: the last request that is accepted has its whole time.
 *
 * @param longestMs The longest time of a request, in milliseconds.
 */
export function stopAfter(longestMs: number): StopTimes {
  return { readyFirstMs: READY_FIRST_MS, withinMs: READY_FIRST_MS + longestMs + CUT_MS };
}

/**
 * Serves until SIGINT, SIGTERM or SIGHUP. Then readiness goes first, and connections are still accepted for a moment.
 * Resolves when every request in flight has its response and the background work is done, but at the latest when the time
 * of the stop is over. Right before that, what is left is cut, and the log says how much it was. The caller then ends the
 * process.
 *
 * @returns Whether everything was finished, and nothing cut.
 */
export async function serve(
  handler: Deno.ServeHandler<Deno.NetAddr>,
  { host, port, clock, log, background, stopping = new Stopping(), stop = DEPLOY_STOP }: ServeOptions,
): Promise<boolean> {
  let inFlight = 0;
  const counted: Deno.ServeHandler<Deno.NetAddr> = async (request, info) => {
    inFlight++;
    try {
      return await handler(request, info);
    } finally {
      inFlight--;
    }
  };
  const listener = new Listener(counted, { host, port, clock, log });

  log("info", "stopping", { signal: await nextSignal() });
  stopping.begin();
  using untilCut = new Deadline(clock, stop.withinMs - CUT_MS);
  await sleep(clock, stop.readyFirstMs);
  const ended = listener.shutdown().then(() => background.idle());
  const finished = await untilCut.race(ended).then(() => true, () => false);
  if (finished) {
    log("info", "stopped", { unfinished: 0 });
    return true;
  }
  const unfinished = inFlight;
  using last = new Deadline(clock, CUT_MS);
  await last.race(Promise.race([stopping.cut().then(() => ended), ended])).catch(() => {});
  const detail = "Requests or tasks were cut, as the time of the stop was over. Devices send theirs again";
  log("warning", "stopped", { unfinished, detail });
  return false;
}

function nextSignal(): Promise<Deno.Signal> {
  const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
  const listeners = SIGNALS.map((signal) => [signal, () => resolve(signal)] as const);
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  return promise.finally(() => {
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  });
}
