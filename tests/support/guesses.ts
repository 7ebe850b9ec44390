/**
 * Wrong passwords in a test.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { signInByPassword } from "./account_requests.ts";
import { assertProblem } from "./contract_problems.ts";
import type { TestService } from "./test_service.ts";

/** Three wrong passwords of an account in 15 minutes. */
export const THREE = { env: { PASSWORD_TRIES_PER_15_MINUTES: "3" } };

/** Milliseconds of a minute. */
export const MINUTES = 60_000;
/** Milliseconds of an hour. */
export const HOURS = 60 * MINUTES;
/** Milliseconds of a day. */
export const DAY = 24 * HOURS;

let guesses = 0;

/** Sends a wrong password, from an address of the test or from one that was never seen. */
export function guess(
  service: TestService,
  changes: Record<string, unknown> = {},
  address?: string,
): Promise<Response> {
  const number = guesses++;
  return signInByPassword(service, { password: `wrong horse ${number}`, ...changes }, {
    address: address ?? `2001:db8:${(number >> 16).toString(16)}:${(number & 0xffff).toString(16)}::1`,
  });
}

/** Asserts that a response is `rate_limited`, and asks to wait for so many seconds. */
export async function assertLimited(response: Response, seconds: number): Promise<void> {
  assertEquals(response.headers.get("retry-after"), String(seconds));
  await assertProblem(response, "rate_limited");
}

/** An address from which nobody has signed in. */
export const ADDRESS = "192.0.2.7";

/** A new password. */
export const NEW = "another horse entirely";
