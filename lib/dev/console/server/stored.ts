/**
 * What is stored of one account: opened with the service's keys, and as it lies in KV.
 *
 * @module
 */
import { parseEmail } from "../../../base/email.ts";
import { STORAGE_DEADLINE_MS } from "../../../kv/database.ts";
import { ACCOUNT, AMAZON_USER, EMAIL, SESSION } from "../../../kv/schema.ts";
import type { Services } from "../../../services.ts";
import { show } from "./trace.ts";

/** An account in two ways. */
export interface StoredAccount {
  /** The record, opened. */
  readonly record: unknown;
  /** Its entries in KV, as they are. */
  readonly entries: readonly { readonly key: string; readonly value: unknown }[];
}

/**
 * Reads an account and whatever is found by it.
 *
 * @param id `acc_` and 32 hexadecimal digits.
 * @returns Null when there is none.
 */
export async function describeStored(
  { services, kv }: { readonly services: Services; readonly kv: Deno.Kv },
  id: string,
): Promise<StoredAccount | null> {
  const { db, keyring } = services;
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
  const found = [
    await kv.get([ACCOUNT.kind, id]),
    ...await Promise.all(indexes.map((key) => kv.get(key))),
    ...await Array.fromAsync(kv.list({ prefix: [SESSION.kind, id] }, { limit: 5, reverse: true })),
  ];
  return {
    record: { ...record, password: { kind: record.password.kind } },
    entries: found.filter(({ versionstamp }) => versionstamp !== null).map(({ key, value }) => ({
      key: key.map(String).join(" / "),
      value: show(value),
    })),
  };
}
