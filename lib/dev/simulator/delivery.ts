/**
 * Delivers a response of the simulator to its client: whole, late, byte by byte, half, or not at all.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import type { SimulatedResponse } from "./responses.ts";

/**
 * The error of a connection that closes before everything was sent. The delivery rejects with it, or the body ends with
 * it. It is a TypeError with the messages of Deno's fetch.
 */
export class ConnectionDropped extends TypeError {}

/** The options of {@linkcode deliver}. */
export interface DeliveryOptions {
  /** Times every delay. */
  clock: Clock;
  /** The request to respond to. Its signal aborts when the client has left. */
  request: Request;
}

const DRIP_MS = 100;
const CHUNK = new TextEncoder().encode("0,".repeat(8192));
const CHUNKS_AT_ONCE = 64;
const CHUNK_MS = 10;

/**
 * Returns the response at the moment when its headers would arrive. Each part of the body is made when it is read, so
 * an unread body holds no timer.
 *
 * @throws {ConnectionDropped} For a dropped connection.
 * @throws The signal's reason when the client left first.
 */
export async function deliver(simulated: SimulatedResponse, options: DeliveryOptions): Promise<Response> {
  const { clock, request } = options;
  const { signal } = request;
  signal.throwIfAborted();
  if (simulated.delayMs > 0) await pause(clock, simulated.delayMs, signal);
  if (simulated.delivery === "hang") await never(signal);
  if (simulated.delivery === "drop") throw connectionDropped(request);
  const headers = new Headers(simulated.headers);
  const hasBody = ![204, 205, 304].includes(simulated.status);
  if (hasBody && simulated.delivery !== "endless") {
    headers.set("content-length", String(simulated.body.length));
  }
  return new Response(hasBody ? bodyOf(simulated, options) : null, { status: simulated.status, headers });
}

// As in Deno, the cause holds the whole URL with its secrets. A test thereby finds code that logs the cause.
function connectionDropped({ url }: Request): ConnectionDropped {
  const cause = new Error(
    `error sending request for ${url}: client error (SendRequest): connection closed before message completed`,
  );
  return new ConnectionDropped("fetch failed", { cause });
}

function bodyOf(
  simulated: SimulatedResponse,
  options: DeliveryOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const readerGone = new AbortController();
  const signal = AbortSignal.any([options.request.signal, readerGone.signal]);
  const chunks = chunksOf(simulated, options.clock, signal);
  return new ReadableStream({
    async pull(controller) {
      signal.throwIfAborted();
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel(reason) {
      readerGone.abort(reason);
    },
    // Makes no chunk ahead of the reader: an unread body must not set timers.
  }, { highWaterMark: 0 });
}

async function* chunksOf(
  { body, delivery }: SimulatedResponse,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const half = body.subarray(0, Math.ceil(body.length / 2));
  switch (delivery) {
    case "stall":
      yield half;
      return await never(signal);
    case "cut":
      yield half;
      throw new ConnectionDropped("error reading a body from connection");
    case "drip":
      for (let at = 0; at < body.length; at++) {
        await pause(clock, DRIP_MS, signal);
        yield body.subarray(at, at + 1);
      }
      return;
    case "endless":
      yield new TextEncoder().encode("[");
      for (let count = 0;; count++) {
        // The first MiB comes at once, so that a client reaches its size limit without waiting. The rest is paced, so
        // that a client without a limit reaches its time-out before the memory is full.
        if (count >= CHUNKS_AT_ONCE) await pause(clock, CHUNK_MS, signal);
        yield CHUNK.slice();
      }
    default:
      if (body.length > 0) yield body;
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
