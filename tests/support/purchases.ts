/**
 * Purchases in a test: receipts of the simulator, brought by a device.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Entitlement } from "../../lib/accounts/entitlements.ts";
import type { TestService } from "./test_service.ts";

/** An Appstore user. */
export const USER = "appstore-user-1";

/** The fields of a receipt of which nothing but its state is told. */
export const NOTHING_TOLD = {
  sku: null,
  term_sku: null,
  product_type: null,
  trial: false,
  auto_renewing: false,
  purchased_at: null,
  renews_at: null,
  ends_at: null,
  fulfillment: null,
  quick_subscribe: false,
  test: false,
  verified_at: null,
};

/** The field `purchases` of a body, or the whole body of `POST /v1/purchases`. */
export function purchasesOf(receipts: readonly string[], user_id: string = USER): Record<string, unknown> {
  return { user_id, receipts };
}

/** Brings receipts for a session, and returns what the account may use by them. */
export async function submit(
  service: TestService,
  token: string,
  receipts: readonly string[],
  user?: string,
): Promise<Entitlement[]> {
  const body = purchasesOf(receipts, user);
  const response = await service.answerOf(service.send("POST", "/v1/purchases", body, { token }));
  const answer = await response.json();
  assertEquals(response.status, 200, JSON.stringify(answer));
  return answer.entitlements;
}

/** Returns what an account may use. */
export async function entitlementsOf(service: TestService, token: string): Promise<Entitlement[]> {
  const response = await service.request("/v1/entitlements", { token });
  assertEquals(response.status, 200);
  return (await response.json()).entitlements;
}

/** Returns the states of entitlements by their receipts. */
export function statesOf(entitlements: readonly Entitlement[] = []): Record<string, string> {
  return Object.fromEntries(entitlements.map(({ receipt_id, state }) => [receipt_id, state]));
}

/** Does what is due now, with the pauses that it takes, as the cron job does. */
export async function runDue(service: TestService): Promise<void> {
  await service.answerOf(service.runDueTasks());
}

/** Moves the clock on from minute to minute, as the cron job sees it: in steps of at most `step` milliseconds. */
export async function pass(service: TestService, ms: number, step = 3_600_000): Promise<void> {
  // Work that goes on after an answer can wait for its turn.
  await service.answerOf(service.services.background.idle());
  for (let left = ms; left > 0; left -= step) {
    service.clock.jump(Math.min(step, left));
    await runDue(service);
  }
}
