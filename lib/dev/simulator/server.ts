/**
 * Serves the simulator over real HTTP. It uses `node:http`, as `Deno.serve` cannot reset a connection.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, systemClock } from "../../base/clock.ts";
import type { Simulator } from "./simulator.ts";

/** A listening simulator. */
export interface SimulatorServer {
  /** The origin with the actual port, without a slash at the end. */
  url: string;
  /** Ends every connection and response at once, and resolves when all have ended. */
  close(): Promise<void>;
}

const HOSTNAME = "127.0.0.1";
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Serves the responses of `simulator.fetch` on 127.0.0.1. A rejection, or an error in a body, resets the connection.
 *
 * @param options.port The port; 0 for any free one.
 * @param options.clock The clock of the header `Date`, by which the service checks its own.
 * @throws {Error} When the port is taken or not allowed.
 */
export async function serveSimulator(
  simulator: Pick<Simulator, "fetch">,
  { port, clock = systemClock }: { readonly port: number; readonly clock?: Pick<Clock, "now"> },
): Promise<SimulatorServer> {
  const open = new Map<Promise<void>, AbortController>();
  const server = createServer((incoming, outgoing) => {
    const gone = new AbortController();
    // The socket is read now, as node removes it from a request that has ended.
    const { socket } = incoming;
    outgoing.on("close", () => gone.abort());
    const exchange = requestOf(incoming)
      .then((request) => simulator.fetch(request, { signal: gone.signal }))
      .then((response) => {
        outgoing.setHeader("date", new Date(clock.now()).toUTCString());
        return send(response, outgoing, gone.signal);
      })
      .catch(() => socket.destroy())
      .then(() => void open.delete(exchange));
    open.set(exchange, gone);
  });
  await listen(server, port);
  const { port: actualPort } = server.address() as AddressInfo;
  return {
    url: `http://${HOSTNAME}:${actualPort}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const gone of open.values()) gone.abort();
      server.closeAllConnections();
      await Promise.all([closed, ...open.keys()]);
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOSTNAME, resolve);
  });
}

async function send(response: Response, outgoing: ServerResponse, gone: AbortSignal): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  // The headers do not wait for the body: a client must see the headers of a response that stalls.
  outgoing.flushHeaders();
  for await (const chunk of response.body ?? []) {
    if (!outgoing.write(chunk)) await drained(outgoing, gone);
  }
  outgoing.end();
}

async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new RangeError("Request body too large");
    chunks.push(chunk);
  }
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const method = incoming.method!;
  // The URL stays as it was sent, as the simulator checks whether a token was encoded.
  const url = `http://${incoming.headers.host}${incoming.url}`;
  return new Request(url, { method, headers, body: size > 0 ? new Blob(chunks as BlobPart[]) : null });
}

function drained(outgoing: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onGone = () => reject(gone.reason);
    if (gone.aborted) return onGone();
    gone.addEventListener("abort", onGone, { once: true });
    outgoing.once("drain", () => {
      gone.removeEventListener("abort", onGone);
      resolve();
    });
  });
}
