/**
 * Notifications in a test: a service that takes those of the simulator.
 *
 * @module
 */
import { TOPIC_ARN } from "../../lib/dev/simulator/notifications.ts";
import type { TestService } from "./test_service.ts";

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
