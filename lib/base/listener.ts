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

/** Milliseconds until another server takes the place of one that is shut down. */
const REPLACE_MS = 10;
/**
 * The most responses that clients of HTTP/2 may leave unread. Deno answers HTTP/2 without TLS too, and gives no way to
 * turn it off: such a client can ask for many responses on one connection and take none of them.
 */
const MOST_UNFINISHED = 1000;

/** Options of a {@linkcode Listener}. */
export interface ListenerOptions {
  /** Name or address to listen on. */
  readonly host: string;
  /** TCP port to listen on; 0: any free port. */
  readonly port: number;
  /** Times the pause before a listener that failed listens again. */
  readonly clock: Clock;
  /** Gets the events `listening`, `accept_failed` and `connections_shed`. */
  readonly log: Log;
}

/**
 * Accepts connections on one address until it is shut down.
 *
 * At the limit of open files the system refuses the next connection, and Deno's server ends with that error. Its idle
 * connections, and those that have sent half a header, are then closed; requests in flight are finished. Half a second
 * later a new server listens on the same address. The same is done at once when clients of HTTP/2 leave too many responses
 * unread.
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
    let unfinished = 0;
    let replaced = false;
    const server = Deno.serve({
      hostname: host,
      port: this.#port,
      onListen: ({ hostname, port }) => log("info", "listening", { url: urlOf(hostname, port) }),
    }, (request, info) => {
      // Only HTTP/2 has no `Host`, and clients of HTTP/1.0.
      if (!request.headers.has("host")) {
        unfinished++;
        info.completed.catch(() => {}).finally(() => unfinished--);
        if (unfinished > MOST_UNFINISHED && !replaced) {
          replaced = true;
          this.#shed(server);
        }
      }
      return this.#handler(request, info);
    });
    this.#port = server.addr.port;
    this.#servers.add(server);
    server.finished.then(() => this.#servers.delete(server), (error) => this.#recover(server, error));
  }

  #recover(failed: Deno.HttpServer<Deno.NetAddr>, error: unknown): Promise<void> {
    this.#options.log("error", "accept_failed", {
      error: error instanceof Error ? error.name : typeof error,
      detail:
        "No connection can be accepted: idle ones are closed. Raise the limit of open files (ulimit -n)",
    });
    return this.#replace(failed, LISTEN_AGAIN_MS);
  }

  #shed(server: Deno.HttpServer<Deno.NetAddr>): Promise<void> {
    this.#options.log("warning", "connections_shed", {
      detail: "Clients of HTTP/2 do not take their responses: their connections are closed",
    });
    return this.#replace(server, REPLACE_MS);
  }

  /** Shuts a server down, which closes its idle connections and those of stuck responses, and listens again. */
  async #replace(server: Deno.HttpServer<Deno.NetAddr>, pauseMs: number): Promise<void> {
    server.shutdown().catch(() => {}).finally(() => this.#servers.delete(server));
    for (;;) {
      await sleep(this.#options.clock, pauseMs);
      if (this.#stopped) return;
      try {
        return this.#listen();
      } catch { /* The address is not free yet, or the system has no file descriptor for the listener. */ }
    }
  }
}

function urlOf(hostname: string, port: number): string {
  return `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
