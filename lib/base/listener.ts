/**
 * Listens for HTTP connections, and goes on to listen when the system runs out of file descriptors.
 *
 * @module
 */
import { type Clock, sleep } from "./clock.ts";
import type { Log } from "./log.ts";
import { describeListenError } from "./start_error.ts";

/** Milliseconds until a listener that failed listens again. */
const LISTEN_AGAIN_MS = 500;

/** Options of a {@linkcode Listener}. */
export interface ListenerOptions {
  /** Name or address to listen on. */
  readonly host: string;
  /** TCP port to listen on; 0: any free port. */
  readonly port: number;
  /** Times the pause before a listener that failed listens again. */
  readonly clock: Clock;
  /** Gets the events `listening` and `accept_failed`. */
  readonly log: Log;
}

/**
 * Accepts connections on one address until it is shut down.
 *
 * At the limit of open files the system refuses the next connection, and Deno's server ends with that error. Its idle
 * connections, and those that have sent half a header, are then closed; requests in flight are finished. Half a second
 * later a new server listens on the same address.
 */
export class Listener {
  readonly #handler: Deno.ServeHandler<Deno.NetAddr>;
  readonly #options: ListenerOptions;
  /** The servers that listen or still have requests in flight. */
  readonly #servers = new Set<Deno.HttpServer<Deno.NetAddr>>();
  #port: number;
  #stopped = false;

  /**
   * Starts to listen.
   *
   * @throws {StartError} when the address cannot be used
   */
  constructor(handler: Deno.ServeHandler<Deno.NetAddr>, options: ListenerOptions) {
    this.#handler = handler;
    this.#options = options;
    this.#port = options.port;
    try {
      this.#listen();
    } catch (error) {
      throw describeListenError(error, options);
    }
  }

  /** Accepts no connection from now on. Resolves when every request in flight has its response. */
  async shutdown(): Promise<void> {
    this.#stopped = true;
    await Promise.all(Array.from(this.#servers, (server) => server.shutdown()));
  }

  #listen(): void {
    const { host, log } = this.#options;
    const server = Deno.serve({
      hostname: host,
      port: this.#port,
      onListen: ({ hostname, port }) => log("info", "listening", { url: urlOf(hostname, port) }),
    }, this.#handler);
    this.#port = server.addr.port;
    this.#servers.add(server);
    server.finished.then(() => this.#servers.delete(server), (error) => this.#recover(server, error));
  }

  async #recover(failed: Deno.HttpServer<Deno.NetAddr>, error: unknown): Promise<void> {
    const { clock, log } = this.#options;
    log("error", "accept_failed", {
      error: error instanceof Error ? error.name : typeof error,
      detail:
        "No connection can be accepted: idle ones are closed. Raise the limit of open files (ulimit -n)",
    });
    // A shutdown closes the idle connections, which gives their file descriptors back.
    failed.shutdown().catch(() => {}).finally(() => this.#servers.delete(failed));
    for (;;) {
      await sleep(clock, LISTEN_AGAIN_MS);
      if (this.#stopped) return;
      try {
        return this.#listen();
      } catch { /* The system has no file descriptor for the listener yet. */ }
    }
  }
}

function urlOf(hostname: string, port: number): string {
  return `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
