/**
 * Serves the simulator over real HTTP. By `node:http`, as `Deno.serve` cannot reset a connection.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Simulator } from "./simulator.ts";

/** Where to listen. */
export interface ServeOptions {
  /** A name or an address; 127.0.0.1 by default. */
  hostname?: string;
  /** 0 for any free one. */
  port: number;
}

/** A simulator that listens. */
export interface SimulatorServer {
  /** Its origin, with the port it got and without a slash at the end. */
  url: string;
  /** Ends every connection and answer at once, and resolves when nothing is left. */
  close(): Promise<void>;
}

const MAX_BODY = 64 * 1024;

/**
 * Serves what `simulator.fetch` answers. A rejection, and an error in a body, reset the connection.
 *
 * @throws {Error} when the address is taken or not allowed.
 */
export async function serveSimulator(
  simulator: Pick<Simulator, "fetch">,
  { hostname = "127.0.0.1", port }: ServeOptions,
): Promise<SimulatorServer> {
  const open = new Map<Promise<void>, AbortController>();
  const server = createServer((incoming, outgoing) => {
    const gone = new AbortController();
    // Taken now: node forgets the socket of a request that it has given up.
    const { socket } = incoming;
    outgoing.on("close", () => gone.abort());
    const exchange = requestOf(incoming)
      .then((request) => simulator.fetch(request, { signal: gone.signal }))
      .then((response) => send(response, outgoing, gone.signal))
      .catch(() => socket.destroy())
      .then(() => void open.delete(exchange));
    open.set(exchange, gone);
  });
  await listen(server, { hostname, port });
  const { address, family, port: actualPort } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${actualPort}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const gone of open.values()) gone.abort();
      server.closeAllConnections();
      await Promise.all([closed, ...open.keys()]);
    },
  };
}

function listen(server: Server, { hostname, port }: Required<ServeOptions>): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, resolve);
  });
}

async function send(response: Response, outgoing: ServerResponse, gone: AbortSignal): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  // Not waiting for the body: a client must see the headers of an answer that stalls.
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
    if (size > MAX_BODY) throw new RangeError("Request body too large");
    chunks.push(chunk);
  }
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const method = incoming.method!;
  // The raw target, as the simulator minds what was not encoded in it.
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
