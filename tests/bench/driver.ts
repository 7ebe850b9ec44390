/**
 * A load driver that needs little processor time: plain HTTP/1.1 on persistent connections, one request at a time on each.
 *
 * @module
 */

/** The result of {@linkcode drive}. */
export interface Load {
  /** Answers per second on all connections. */
  readonly rate: number;
  /** The number of answers. */
  readonly count: number;
  /** Milliseconds from a request to its answer: the median. */
  readonly p50: number;
  /** The same: the 99th percentile. */
  readonly p99: number;
}

/** A server and the requests to it. */
export interface Target {
  /** The origin of the server. */
  readonly url: string;
  /** Returns the whole text of the `n`th HTTP request. */
  readonly request: (n: number) => string;
}

/**
 * Sends requests for some seconds from a number of connections.
 *
 * @throws {Error} when an answer is not 2xx.
 */
export async function drive(
  { url, request }: Target,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<Load> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => Connection.open(url)));
  const times: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1000;
  let sent = 0;
  await Promise.all(sockets.map(async (socket) => {
    for (let now = performance.now(); now < end;) {
      const { status, body } = await socket.send(request(sent++));
      if (status < 200 || status > 299) throw new Error(`${url} answered ${status}: ${body}`);
      const answered = performance.now();
      times.push(answered - now);
      now = answered;
    }
  }));
  const took = performance.now() - start;
  for (const socket of sockets) socket[Symbol.dispose]();
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor(times.length * part)] ?? NaN;
  return { rate: times.length / took * 1000, count: times.length, p50: at(0.5), p99: at(0.99) };
}

/** A persistent connection. */
export class Connection implements Disposable {
  readonly #socket: Deno.TcpConn;
  readonly #buffer = new Uint8Array(64 * 1024);

  private constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
  }

  /** Connects to the origin of `url`. */
  static async open(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url);
    const socket = await Deno.connect({ hostname, port: Number(port) });
    socket.setNoDelay();
    return new Connection(socket);
  }

  /** Sends a request and reads the whole answer, which must declare its length or be chunked. */
  async send(request: string): Promise<{ status: number; body: string }> {
    const bytes = encoder.encode(request);
    for (let sent = 0; sent < bytes.length;) sent += await this.#socket.write(bytes.subarray(sent));
    for (let text = "";;) {
      const length = await this.#socket.read(this.#buffer);
      if (length === null) throw new Error("The server closed the connection");
      text += latin1.decode(this.#buffer.subarray(0, length));
      const bodyStart = text.indexOf("\r\n\r\n") + 4;
      if (bodyStart < 4) continue;
      const declared = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1];
      const complete = declared === undefined
        ? text.endsWith("\r\n0\r\n\r\n")
        : text.length >= bodyStart + Number(declared);
      if (complete) return { status: Number(text.slice(9, 12)), body: text.slice(bodyStart) };
    }
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

const encoder = new TextEncoder();
// One character for each byte, so that lengths in characters are lengths in bytes.
const latin1 = new TextDecoder("latin1");

/** Returns the text of a sign-in request. A code is used once in a run, so the `Idempotency-Key` is made from it. */
export function signInRequest(path: string, code: string): string {
  const body = JSON.stringify({ code, device: { name: "Living room", model: "AFTKM", platform: "vega" } });
  return `POST ${path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n` +
    `Idempotency-Key: key-${code.padEnd(16, "0")}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** Returns the text of a request that checks a token. */
export function checkRequest(path: string, token: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${token}\r\n\r\n`;
}

/** The path of an access token. */
export const ACCESS_TOKEN_PATH = "/v1/access-tokens";

/** Returns the text of a request that makes an access token from a session token. */
export function accessTokenRequest(token: string): string {
  return `POST ${ACCESS_TOKEN_PATH} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${token}\r\n` +
    "Content-Length: 0\r\n\r\n";
}
