/**
 * The sending of webhooks that are due.
 *
 * @module
 */
import { DelayedError } from "../base/delivery_errors.ts";
import { WEBHOOK, type WebhookRecord } from "../kv/schema.ts";
import type { DueTask } from "../kv/tasks.ts";
import type { Services } from "../services.ts";
import { deliver, type Delivery } from "./delivery.ts";

const DELIVERY: Delivery<WebhookRecord, true> = {
  name: "webhook",
  type: WEBHOOK,
  withinMs: 10_000,
  firstWaitMs: 10_000,
  growth: 2,
  describe: ({ id, type }) => ({ event: id, event_type: type }),
  findTarget: () => Promise.resolve(true),
  async send({ webhooks }, { record: { id, type, at, data }, signal }) {
    if (webhooks === null) throw new DelayedError("No WEBHOOK_URL is set");
    const body = JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });
    await webhooks({ id, body }, signal);
  },
};

/**
 * Tries once to send the webhook of a due task.
 *
 * @returns When the next attempt is due, as {@linkcode deliver} does.
 * @throws {Problem} `storage_unavailable`: then the task stays due
 */
export function sendDueWebhook(services: Services, task: DueTask): Promise<number | null> {
  return deliver(services, task, DELIVERY);
}
