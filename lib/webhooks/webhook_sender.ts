/**
 * Sends webhooks to the app's back end, as Standard Webhooks (https://www.standardwebhooks.com) says.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { OutgoingWebhook, WebhookConfig } from "./outgoing_webhook.ts";

/**
 * Sends a webhook. The promise resolves when the receiver has taken it. It rejects with a `RefusedError` when the receiver
 * wants it no more, and with a `DelayedError` when another try may succeed.
 *
 * @param signal Ends the try.
 */
export type WebhookSender = (webhook: OutgoingWebhook, signal: AbortSignal) => Promise<void>;

/** Returns the sender. Its module is imported with the first webhook, so that the service starts faster. */
export function createWebhookSender(
  config: WebhookConfig,
  options: { readonly fetch: typeof fetch; readonly clock: Pick<Clock, "now"> },
): WebhookSender {
  return async (webhook, signal) => {
    const { postWebhook } = await import("./post_webhook.ts");
    await postWebhook(webhook, config, { ...options, signal });
  };
}
