/**
 * TVs that are signed in from a phone.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { StartedActivation } from "../../lib/sign_in/activation.ts";
import type { TestService } from "./test_service.ts";

/** A TV that shows a code. */
export const TV = { name: "Living room", model: "AFTKM", platform: "vega" };

/** Starts an activation; `body` replaces the body of the request. */
export async function startActivation(
  service: TestService,
  body: Record<string, unknown> = { device: TV },
  options: { address?: string } = {},
): Promise<StartedActivation> {
  const response = await service.send("POST", "/v1/activations", body, options);
  const started = await response.json();
  assertEquals([response.status, started.code], [201, undefined]);
  return started;
}

/** Asks as the TV does. */
export function poll(
  service: TestService,
  { device_code }: Pick<StartedActivation, "device_code">,
): Promise<Response> {
  return service.send("POST", "/v1/sessions/activation", { device_code });
}
