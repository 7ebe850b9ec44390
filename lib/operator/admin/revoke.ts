/**
 * Signing devices out for the operator.
 *
 * @module
 */
import { putEvents } from "../../events/events.ts";
import { STORAGE_DEADLINE_MS } from "../../kv/database.ts";
import { ACCOUNT, SESSION } from "../../kv/schema.ts";
import type { Services } from "../../services.ts";
import { purgeSessions, putRevocation } from "../../sessions/revocation.ts";
import { deleteSession } from "../../sessions/session_records.ts";
import { CommandError } from "../command.ts";
import { noAccount } from "./find_account.ts";

/**
 * Signs every device of an account out.
 *
 * @throws {CommandError} `not_found`
 * @throws {Problem} `storage_unavailable`
 */
export async function revokeAll(services: Services, accountId: string): Promise<void> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  const revoked = await store.transact(async (batch) => {
    const entry = await batch.get(ACCOUNT, [accountId]);
    if (entry.value === null) throw noAccount();
    batch.check(entry);
    return await putRevocation(services, { store, batch }, { accountId, account: entry.value, kept: null });
  });
  await purgeSessions(services, store, revoked);
}

/**
 * Signs one device out.
 *
 * @throws {CommandError} `not_found` when the account has no such session
 * @throws {Problem} `storage_unavailable`
 */
export async function revokeOne(services: Services, accountId: string, sessionId: string): Promise<void> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  await store.transact(async (batch) => {
    const account = await batch.get(ACCOUNT, [accountId]);
    if (account.value === null) throw noAccount();
    const session = await batch.get(SESSION, [accountId, sessionId]);
    if (session.value?.epoch !== account.value.session_epoch) {
      throw new CommandError("not_found", "The account has no such session");
    }
    batch.check(session);
    deleteSession(batch, session);
    putEvents(services, batch, { accountId, events: [{ type: "session.revoked", session_id: sessionId }] });
  });
}
