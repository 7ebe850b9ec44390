/**
 * The request that deletes an account.
 *
 * @module
 */
import type { TestService } from "./test_service.ts";

/** Sends `DELETE /v1/account`. */
export function deleteAccount(service: TestService, token?: string): Promise<Response> {
  return service.request("/v1/account", { method: "DELETE", ...(token === undefined ? {} : { token }) });
}
