/**
 * Blocking an account: it is signed out everywhere, and nobody signs in to it by any way.
 *
 * @module
 */
import { putEvents } from "../../events/events.ts";
import { STORAGE_DEADLINE_MS } from "../../kv/database.ts";
import { ACCOUNT } from "../../kv/schema.ts";
import type { Services } from "../../services.ts";
import { purgeSessions, putRevocation, type Revocation } from "../../sessions/revocation.ts";
import { noAccount } from "./find_account.ts";

/**
 * Blocks an account and signs it out everywhere, in one commit. A blocked account stays as it is.
 *
 * @throws {CommandError} `not_found`
 * @throws {Problem} `storage_unavailable`
 */
export async function blockAccount(services: Services, accountId: string): Promise<void> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  const revoked = await store.transact<Revocation | null>(async (batch) => {
    const entry = await batch.get(ACCOUNT, [accountId]);
    if (entry.value === null) throw noAccount();
    if (entry.value.blocked_at !== undefined) return null;
    batch.check(entry);
    putEvents(services, batch, { accountId, events: [{ type: "account.blocked" }] });
    const account = { ...entry.value, blocked_at: services.clock.now() };
    return await putRevocation(services, { store, batch }, { accountId, account, kept: null });
  });
  if (revoked !== null) await purgeSessions(services, store, revoked);
}

/**
 * Lets the customer of a blocked account sign in again. An account that is not blocked stays as it is.
 *
 * @throws {CommandError} `not_found`
 * @throws {Problem} `storage_unavailable`
 */
export async function unblockAccount(services: Services, accountId: string): Promise<void> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  await store.transact(async (batch) => {
    const entry = await batch.get(ACCOUNT, [accountId]);
    if (entry.value === null) throw noAccount();
    const { blocked_at, ...account } = entry.value;
    if (blocked_at === undefined) return;
    batch.check(entry);
    batch.set(ACCOUNT, [accountId], account);
    putEvents(services, batch, { accountId, events: [{ type: "account.unblocked" }] });
  });
}
