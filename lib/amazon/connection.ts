/**
 * Tells whether a request can have reached Amazon, when no response came.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";

/** Opens a connection to the server of a URL, up to the end of the TLS handshake, and closes it. */
export type Connect = (url: URL, signal: AbortSignal) => Promise<void>;

/**
 * What Deno's `fetch` says when the server has not taken a request: no connection was made, or HTTP/2 refused the stream
 * before anything was done with it (RFC 9113, 8.7). Deno says so only in the text of the error's cause, or before Deno 2.9
 * of the error itself. That text can hold the whole URL, so it must not go any further.
 */
const NOT_TAKEN = [
  "client error (Connect)",
  "client error (Canceled)",
  "refused stream before processing any application logic", // REFUSED_STREAM
  "detected excessive load generating behavior", // ENHANCE_YOUR_CALM
  "security properties do not meet minimum requirements", // INADEQUATE_SECURITY
  "endpoint requires HTTP/1.1", // HTTP_1_1_REQUIRED
];

/** Returns true when an error of `fetch` says that the server has not taken the request. */
export function wasNotTaken(error: unknown): boolean {
  if (!(error instanceof TypeError)) return false;
  const texts = [error, error.cause].map((each) => each instanceof Error ? each.message : "");
  return texts.some((text) => NOT_TAKEN.some((sign) => text.includes(sign)));
}

/**
 * Tries whether the server can be reached, while a response is late. A time-out of `fetch` does not tell whether its
 * connection was ever made: packets may have been dropped, or the TLS handshake may have got no answer.
 */
export class ConnectionProbe implements Disposable {
  readonly #cancel: () => void;
  #closing: AbortController | null = null;
  #state: "not tried" | "trying" | "connected" = "not tried";

  /**
   * Sets the timer of the probe.
   *
   * @param afterMs Milliseconds until the response counts as late.
   */
  constructor(clock: Clock, afterMs: number, { url, connect }: { url: string; connect: Connect }) {
    this.#cancel = clock.after(afterMs, () => {
      this.#state = "trying";
      this.#closing = new AbortController();
      connect(new URL(url), this.#closing.signal).then(() => this.#state = "connected", () => {});
    });
  }

  /** True when a connection could not be made until now. So the one of the request was most likely not made either. */
  get failed(): boolean {
    return this.#state === "trying";
  }

  /** Ends the probe. */
  [Symbol.dispose](): void {
    this.#cancel();
    this.#closing?.abort();
  }
}

/** Opens a connection with Deno's own sockets. It knows the same certificate authorities as `fetch`. */
export const connectByDeno: Connect = async ({ protocol, hostname, port }, signal) => {
  const address = { hostname: hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
  const connection = protocol === "https:"
    ? await Deno.connectTls({ ...address, port: address.port || 443 })
    : await Deno.connect({ ...address, port: address.port || 80 });
  const close = () => {
    try {
      connection.close();
    } catch { /* It is closed already. */ }
  };
  signal.addEventListener("abort", close);
  try {
    if (signal.aborted) return;
    if ("handshake" in connection) await connection.handshake();
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
};
