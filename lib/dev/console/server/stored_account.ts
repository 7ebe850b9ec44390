/**
 * Reads an account from KV for the console: decrypted with the service's keys, and as KV holds it.
 *
 * @module
 */
import { listEntitlements } from "../../../accounts/entitlements.ts";
import { parseEmail } from "../../../base/email.ts";
import { STORAGE_DEADLINE_MS } from "../../../kv/database.ts";
import { ACCOUNT, AMAZON_USER, EMAIL, ENTITLEMENT, SESSION } from "../../../kv/schema.ts";
import type { Services } from "../../../services.ts";
import type { StoredAccount } from "../browser/state.ts";
import { show } from "./trace.ts";

/**
 * Reads an account with its indexes and sessions.
 *
 * @param id `acc_` and 32 hexadecimal digits.
 * @returns Null when there is no such account.
 */
export async function readStoredAccount(
  { services, kv }: { readonly services: Services; readonly kv: Deno.Kv },
  id: string,
): Promise<StoredAccount | null> {
  const { db, keyring, clock } = services;
  using store = db.within(STORAGE_DEADLINE_MS);
  const { value: record } = await store.get(ACCOUNT, [id]);
  if (record === null) return null;
  const { amazon_user_id: userId } = record;
  const email = parseEmail(record.email)?.canonical;
  const indexes = [
    ...(userId === null
      ? []
      : keyring.blindIndexes("amazon_user", userId).map((hmac) => [AMAZON_USER.kind, hmac])),
    ...(email === undefined ? [] : keyring.blindIndexes("email", email).map((hmac) => [EMAIL.kind, hmac])),
  ];
  const newest = (kind: string) =>
    Array.fromAsync(kv.list({ prefix: [kind, id] }, { limit: 5, reverse: true }));
  const entries = [
    await kv.get([ACCOUNT.kind, id]),
    ...await Promise.all(indexes.map((key) => kv.get(key))),
    ...await newest(SESSION.kind),
    ...await newest(ENTITLEMENT.kind),
  ];
  return {
    entitlements: [...await listEntitlements(store, { accountId: id, now: clock.now() })],
    record: { ...record, password: { kind: record.password.kind } },
    entries: entries.filter(({ versionstamp }) => versionstamp !== null).map(({ key, value }) => ({
      key: key.map(String).join(" / "),
      value: show(value),
    })),
  };
}
