/**
 * One try to post a webhook.
 *
 * @module
 */
import { createHmac } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { DelayedError, RefusedError } from "../base/delivery_errors.ts";
import { retryAfterMs } from "../base/retry_after.ts";
import type { OutgoingWebhook, WebhookConfig } from "./outgoing_webhook.ts";

/** How one try is made. */
export interface WebhookCall {
  /** Calls the receiver. */
  readonly fetch: typeof globalThis.fetch;
  /** Tells the time of the try. */
  readonly clock: Pick<Clock, "now">;
  /** Ends the try. */
  readonly signal: AbortSignal;
}

/** The receiver wants this event no more. */
const GONE = 410;
/** The most bytes of an answer that are read, so that its connection can serve the next webhook. */
const MOST_ANSWER_BYTES = 1024;

/**
 * Posts a webhook. Any 2xx takes it. A redirect is not followed: it would show the event to a place that nobody configured.
 *
 * @throws {RefusedError} when the receiver answers 410
 * @throws {DelayedError} when the receiver cannot be reached, or answers anything else
 */
export async function postWebhook(
  { id, body }: OutgoingWebhook,
  { url, secrets }: WebhookConfig,
  { fetch, clock, signal }: WebhookCall,
): Promise<void> {
  const timestamp = String(Math.floor(clock.now() / 1000));
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "User-Agent": "Oneclick",
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": secrets.map((secret) => sign(`${id}.${timestamp}.${body}`, secret)).join(" "),
    },
    body,
    redirect: "manual",
    signal,
  }).catch((error) => {
    const why = signal.aborted ? "did not answer in time" : "could not be reached";
    // Only the error's name: its message can hold the URL.
    throw new DelayedError(`The receiver ${why}: ${error instanceof Error ? error.name : typeof error}`);
  });
  await discardBody(response);
  const { ok, status } = response;
  if (ok) return;
  if (status === GONE) throw new RefusedError("The receiver wants it no more: 410");
  throw new DelayedError(`The receiver did not take it: ${status}`, retryAfterMs(response, clock.now()));
}

function sign(text: string, secret: Uint8Array): string {
  return `v1,${createHmac("sha256", secret).update(text).digest("base64")}`;
}

/** Reads a short body to its end, and no other one at all. What the body does changes nothing: the status has come. */
async function discardBody({ headers, body }: Response): Promise<void> {
  const length = headers.get("content-length");
  const short = length !== null && Number(length) <= MOST_ANSWER_BYTES && !headers.has("content-encoding") &&
    !headers.has("transfer-encoding");
  try {
    if (!short) return await body?.cancel();
    let left = MOST_ANSWER_BYTES;
    for await (const chunk of body ?? []) {
      left -= chunk.length;
      if (left < 0) break;
    }
  } catch { /* The body broke off. */ }
}
