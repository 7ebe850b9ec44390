/**
 * Receipts that a signed-in device brings.
 *
 * @module
 */
import { bringReceipts, type Purchases } from "../accounts/brought_receipts.ts";
import { readAndPutReceipts } from "../accounts/receipt_reading.ts";
import type { Entitlement } from "../accounts/entitlements.ts";
import { settleAll } from "../accounts/receipts.ts";
import type { ClientWithSecret } from "../amazon/rvs.ts";
import { happeningsOf } from "../events/entitlement_events.ts";
import { putEvents } from "../events/events.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import type { Services } from "../services.ts";
import { type Authenticated, transactAs } from "../sessions/authentication.ts";

/**
 * Asks RVS about receipts, and binds those that it confirms to the account of the session.
 *
 * @param submitted `client`: the client of the session's app. `requestId`: the id of the HTTP request, for the log.
 * @returns `entitlements`: in the order of the receipts. `due`: whether a check is due right now. RVS is waited for as
 *   long as one request may take.
 * @throws {Problem} `invalid_session` when the session is not alive any more, or `storage_unavailable`
 */
export async function submitReceipts(
  services: Services,
  authenticated: Authenticated,
  { purchases, client, requestId }: {
    readonly purchases: Purchases;
    readonly client: ClientWithSecret;
    readonly requestId: string;
  },
): Promise<{ readonly entitlements: readonly Entitlement[]; readonly due: boolean }> {
  const { db, clock } = services;
  using brought = bringReceipts(services, purchases, { client, requestId });
  await brought?.all;
  using store = db.within(STORAGE_DEADLINE_MS);
  return await settleAll(
    brought?.claims() ?? [],
    (claims) =>
      transactAs(store, authenticated, async (batch, { accountId }) => {
        const settled = await readAndPutReceipts(batch, services, { accountId, claims, at: clock.now() });
        putEvents(services, batch, { accountId, events: happeningsOf(settled.changes) });
        return settled;
      }),
  );
}
