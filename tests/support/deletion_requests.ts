/**
 * What tests of deletion share: the request itself, and a customer with more sessions than one step removes.
 *
 * @module
 */
import type { Keyring } from "../../lib/kv/keyring.ts";
import type { TestService } from "./test_service.ts";

/** Sends `DELETE /v1/account`. */
export function deleteAccount(service: TestService, token?: string): Promise<Response> {
  return service.request("/v1/account", { method: "DELETE", ...(token === undefined ? {} : { token }) });
}

/** Copies a session of an account, sealed for each place, until there are `count` more. */
export async function addSessions(
  kv: Deno.Kv,
  keyring: Keyring,
  { accountId, sessionId, count }: { accountId: string; sessionId: string; count: number },
): Promise<void> {
  const from = ["session", accountId, sessionId];
  const { value } = await kv.get<Uint8Array>(from);
  if (value === null) throw new Error("There is no such session");
  const text = keyring.open(value, from.join("/"));
  for (let start = 0; start < count; start += 500) {
    const operation = kv.atomic();
    for (let i = start; i < Math.min(count, start + 500); i++) {
      const key = ["session", accountId, `ses_${i.toString(16).padStart(32, "0")}`];
      operation.set(key, keyring.seal(text, key.join("/")));
    }
    await operation.commit();
  }
}
