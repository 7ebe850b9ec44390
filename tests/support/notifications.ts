/**
 * Notifications in a test: a service that takes those of the simulator.
 *
 * @module
 */
import { TOPIC_ARN } from "../../lib/dev/simulator/notifications.ts";
import { USER } from "./purchases.ts";
import { TestService } from "./test_service.ts";

/** Variables of a service that takes the simulator's notifications. */
export const RTN_ENV = { RTN_TOPIC_ARN: TOPIC_ARN };

/** Sends a body to the path of notifications. */
export function notify(
  service: TestService,
  body: string | ReadableStream,
  headers: Record<string, string> = { "content-type": "text/plain; charset=UTF-8" },
): Promise<Response> {
  return service.answerOf(service.request("/v1/appstore/notifications", { method: "POST", headers, body }));
}

/** Waits for what a notification has caused. */
export async function settle(service: TestService): Promise<void> {
  await service.answerOf(service.services.background.idle());
}

/** The receipt of {@linkcode openWithReceipt}. URLs encode some of its characters. */
export const RECEIPT_ID = "q1YqVb/JSyjH28DGP=:3:11";

/** Opens a service that takes notifications, and an Appstore that has sold one subscription to {@linkcode USER}. */
export async function openWithReceipt(options: Parameters<typeof TestService.open>[0] = {}) {
  const service = await TestService.open({ ...options, env: { ...RTN_ENV, ...options.env } });
  const { receipts, notifications } = service.simulator;
  const receipt = receipts.issue("sub.active", { receiptId: RECEIPT_ID, userId: USER });
  const rvsCalls = () => service.simulator.requests.filter(({ endpoint }) => endpoint === "rvs").length;
  return Object.assign(service, { receipts, notifications, receipt, rvsCalls });
}
