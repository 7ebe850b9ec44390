/**
 * Sends the receipts of a device to the service, signs in by one, and tells the Appstore what was honoured.
 *
 * @module
 */
import { type AppstoreContext, fetchReceipts, fulfil, type PurchasingService } from "./appstore.ts";
import type { Device, Entitlement, Purchases, SignedIn } from "./contract.ts";
import { isText } from "./foreign.ts";
import { type SendContext, sendPatiently, tryLater } from "./patience.ts";
import type { Refused, SyncResult, TryLater } from "./results.ts";
import { type ServiceResponse, sessionOf } from "./transport.ts";

/** The most receipts of one request. */
export const MOST_RECEIPTS = 10;
/** A sign-in tries so many receipts. The first ones are those that are not cancelled. */
const MOST_RECEIPT_SIGN_INS = 3;

/** Sends all receipts of the device, and fulfils what is due. */
export async function syncPurchases(
  context: SendContext & AppstoreContext,
  service: PurchasingService,
  token: string,
): Promise<SyncResult> {
  const purchases = await fetchReceipts(context, service);
  if (purchases === null) return { outcome: "synced", entitlements: [] };
  return await sendPurchases(context, service, { purchases, token });
}

/** Sends receipts, ten at a time, and fulfils what is due. */
export async function sendPurchases(
  context: SendContext & AppstoreContext,
  service: PurchasingService,
  { purchases: { user_id, receipts }, token }: { readonly purchases: Purchases; readonly token: string },
): Promise<SyncResult> {
  const entitlements: Entitlement[] = [];
  for (let first = 0; first < receipts.length; first += MOST_RECEIPTS) {
    const body = { user_id, receipts: receipts.slice(first, first + MOST_RECEIPTS) };
    const request = { method: "POST", path: "/v1/purchases", token, body };
    const response = await sendPatiently(context, request, entitlementsOf);
    if ("outcome" in response) return response;
    const told = entitlementsOf(response);
    if (!told) return refusal(response);
    fulfilDue(context, service, told);
    entitlements.push(...told);
  }
  return { outcome: "synced", entitlements };
}

/** Tells the Appstore of each purchase that is honoured and that it does not know of yet. */
export function fulfilDue(
  context: AppstoreContext,
  service: PurchasingService,
  entitlements: readonly Entitlement[],
): void {
  const due = entitlements.filter(({ state, fulfillment }) => state === "active" && fulfillment === "due");
  fulfil(context, service, due.map(({ receipt_id }) => receipt_id));
}

/**
 * Signs in by a receipt that an account has already. The operator may have switched this off.
 *
 * @returns Null when no receipt of the device signs in.
 */
export async function signInByReceipt(
  context: SendContext & { readonly app: string | undefined; readonly device: Device | undefined },
  { user_id, receipts }: Purchases,
): Promise<SignedIn | TryLater | null> {
  const { app, device } = context;
  for (const receipt_id of receipts.slice(0, MOST_RECEIPT_SIGN_INS)) {
    const body = { user_id, receipt_id, app, device };
    const request = { method: "POST", path: "/v1/sessions/receipt", body };
    const response = await sendPatiently(context, request, sessionOf);
    if ("outcome" in response) return response;
    const session = sessionOf(response);
    if (session) return session;
    if (!response.ok && response.problem?.code === "not_found") return null;
  }
  return null;
}

/** Returns the entitlements in a response, or null when it has none. */
export function entitlementsOf(response: ServiceResponse): Entitlement[] | null {
  const body = response.ok ? response.body as { entitlements?: Entitlement[] } | null : null;
  if (!Array.isArray(body?.entitlements)) return null;
  return body.entitlements.filter((entitlement) => isText(entitlement?.receipt_id));
}

function refusal(response: ServiceResponse): Refused | TryLater {
  const problem = response.ok ? null : response.problem;
  return problem ? { outcome: "refused", problem } : tryLater(response);
}
