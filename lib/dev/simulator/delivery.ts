/**
 * How an answer of the simulator reaches its client: whole, late, in drips, half, or not at all.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import type { Answer } from "./replies.ts";

/**
 * What a delivery rejects with, or its body ends with, when the connection closes before all was sent: a TypeError
 * with the messages of Deno's fetch.
 */
export class ConnectionDropped extends TypeError {}

/** Where an answer is delivered. */
export interface DeliveryOptions {
  /** Decides every delay. */
  clock: Clock;
  /** The request that is answered; its signal aborts when the client went away. */
  request: Request;
}

const DRIP_MS = 100;
const CHUNK = new TextEncoder().encode("0,".repeat(8192));
const CHUNKS_AT_ONCE = 64;
const CHUNK_MS = 10;

/**
 * Resolves with the response as soon as its headers would arrive. The body is made as it is read, so one that nobody
 * reads holds no timer.
 *
 * @throws {ConnectionDropped} for a dropped connection; the signal's reason when the client went away first.
 */
export async function deliver(answer: Answer, options: DeliveryOptions): Promise<Response> {
  const { clock, request } = options;
  const { signal } = request;
  signal.throwIfAborted();
  if (answer.delayMs > 0) await pause(clock, answer.delayMs, signal);
  if (answer.delivery === "hang") await never(signal);
  if (answer.delivery === "drop") throw connectionDropped(request);
  const headers = new Headers(answer.headers);
  const hasBody = ![204, 205, 304].includes(answer.status);
  if (hasBody && answer.delivery !== "endless") headers.set("content-length", String(answer.body.length));
  return new Response(hasBody ? bodyOf(answer, options) : null, { status: answer.status, headers });
}

// As in Deno, the cause holds the whole URL with its secrets, so a test finds who logs it.
function connectionDropped({ url }: Request): ConnectionDropped {
  const cause = new Error(
    `error sending request for ${url}: client error (SendRequest): connection closed before message completed`,
  );
  return new ConnectionDropped("fetch failed", { cause });
}

function bodyOf(answer: Answer, options: DeliveryOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
  const left = new AbortController();
  const signal = AbortSignal.any([options.request.signal, left.signal]);
  const chunks = chunksOf(answer, options.clock, signal);
  return new ReadableStream({
    async pull(controller) {
      signal.throwIfAborted();
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel(reason) {
      left.abort(reason);
    },
    // Nothing is made ahead of the reader: an unread body must not set timers.
  }, { highWaterMark: 0 });
}

async function* chunksOf(
  { body, delivery }: Answer,
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
        // The first MiB comes at once, so any sane limit is passed without waiting; the rest is paced, so a client
        // without a limit still gets to its time-out before the memory is full.
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
