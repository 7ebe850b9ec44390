/**
 * Runs the guide's whole flow: consent, code, exchange, and the next step that the service asks for.
 *
 * @module
 */
import {
  type AppstoreUser,
  fetchAppstoreUser,
  fetchReceipts,
  type NoConsentReason,
  type PurchasingService,
  requestCode,
  type UserDataResponse,
  userIn,
} from "./appstore.ts";
import type { Interrupt } from "./clock.ts";
import type { Device, Entitlement, Purchases, SignedIn } from "./contract.ts";
import { newIdempotencyKey } from "./idempotency_key.ts";
import { type SendContext, sendPatiently, tryLater } from "./patience.ts";
import { entitlementsOf, fulfilDue, MOST_RECEIPTS, sendPurchases, signInByReceipt } from "./purchases.ts";
import type { AmazonResult, TryLater } from "./results.ts";
import {
  type DeviceState,
  type PendingCode,
  type Store,
  type StoredSession,
  withoutSession,
} from "./store.ts";
import { type ServiceResponse, sessionOf } from "./transport.ts";

/** The parts of the client that the flow uses. */
export interface AmazonSignInContext extends SendContext {
  /** Stores consent, code and session. */
  readonly store: Store;
  /** The name of one of the service's Amazon clients; undefined for the first. */
  readonly app: string | undefined;
  /** The description of this device, which the session gets. */
  readonly device: Device | undefined;
  /** Ends calls to the Appstore and pauses early. */
  readonly interrupt: Interrupt;
}

/** The Appstore of the device, and the answer that the app has had from it already. */
interface Appstore {
  readonly service: PurchasingService;
  readonly userData: UserDataResponse | undefined;
}

/**
 * Signs the Appstore user of this device in. Goes on with what was stored before, and asks for a second code at most
 * once. Never rejects.
 *
 * The Appstore tells the consent once. So it is asked only on a device with no session, no code and no stored consent;
 * the consent is stored before the code is asked for; and a new code is asked for without the consent.
 */
export async function signInWithAmazon(
  context: AmazonSignInContext,
  service: PurchasingService,
  userData?: UserDataResponse,
): Promise<AmazonResult> {
  const { store } = context;
  const appstore = { service, userData };
  let state = await store.load();
  if (state?.kind === "session" && await hasEnded(context, state)) {
    await store.save(state = withoutSession(state));
  }
  let user = state === null
    ? await askConsent(context, appstore)
    : await findUser(context, appstore, { consent: false });
  if (state !== null && typeof user === "object" && !belongsTo(state, user)) {
    await store.save(state = null);
    user = await askConsent(context, appstore);
  }
  if (state?.kind === "session") return { outcome: "signed_in", session: state.session, restored: true };
  if (context.interrupt.requested) return tryLater();
  if (typeof user === "string") return noConsent(user);
  if (state === null) await store.save(state = user.consented ? { kind: "consented", user: user.id } : null);
  const receipts = fetchReceipts(context, service);
  if (state === null) return await signInWithoutConsent(context, user, await receipts, "not_consented");
  return await exchangeCodes(context, service, { user, receipts, stored: state });
}

/** Asks for the user with the consent. An app that is killed meanwhile finds that it has asked. */
async function askConsent(
  context: AmazonSignInContext,
  appstore: Appstore,
): Promise<AppstoreUser | NoConsentReason> {
  if (appstore.userData === undefined) await context.store.save({ kind: "asked", user: null });
  const user = await findUser(context, appstore, { consent: true });
  // An Appstore that did not answer may have used the consent up all the same.
  if (user === "not_supported") await context.store.save(null);
  return user;
}

/** Takes the answer that the app has had, or asks the Appstore. */
async function findUser(
  context: AmazonSignInContext,
  { service, userData }: Appstore,
  options: { readonly consent: boolean },
): Promise<AppstoreUser | NoConsentReason> {
  return userData ? userIn(userData) : await fetchAppstoreUser(context, service, options);
}

/** A session made by one click belongs to one Appstore user. Any other one belongs to every user of the device. */
function belongsTo(state: NonNullable<DeviceState>, { id }: AppstoreUser): boolean {
  return state.user === null || state.user === id;
}

/** Asks the service about a session whose end has come. It may have been prolonged, and the TV's clock may be wrong. */
async function hasEnded({ send, clock }: AmazonSignInContext, { session }: StoredSession): Promise<boolean> {
  if (!(Date.parse(session.expires_at) <= clock.now())) return false;
  const response = await send({
    method: "GET",
    path: "/v1/sessions/current",
    token: session.session_token,
  });
  return !response.ok && response.problem?.code === "invalid_session";
}

/** Exchanges the stored code, or a new one, and a second one when the first is dead. */
async function exchangeCodes(
  context: AmazonSignInContext,
  service: PurchasingService,
  { user, receipts, stored }: {
    readonly user: AppstoreUser;
    readonly receipts: Promise<Purchases | null>;
    readonly stored: NonNullable<DeviceState>;
  },
): Promise<AmazonResult> {
  const { store } = context;
  let pending = stored.kind === "code" ? stored : null;
  for (let renewed = pending?.renewed ?? false;; renewed = true) {
    if (pending === null) {
      const requested = await requestCode(context, service);
      if (requested === "unavailable" || context.interrupt.requested) return tryLater();
      if (typeof requested === "string") {
        if (stored.kind === "asked") await store.save(null);
        return await signInWithoutConsent(context, user, await receipts, requested);
      }
      pending = { kind: "code", user: user.id, code: requested.code, key: newIdempotencyKey(), renewed };
      // The code and its key are stored before they are sent: with both, a lost response can be had again.
      await store.save(pending);
    }
    const purchases = await receipts;
    const response = await sendCode(context, pending, purchases);
    if ("outcome" in response) return response;
    const result = await settle(context, pending, response);
    if (result !== "new_code") return await entitle(context, service, purchases, result);
    await store.save({ kind: "consented", user: user.id });
    if (renewed) return tryLater(response);
    pending = null;
  }
}

/** Sends a code with the first receipts. A service that verifies no receipts gets the code alone. */
async function sendCode(
  context: AmazonSignInContext,
  { code, key }: PendingCode,
  purchases: Purchases | null,
): Promise<ServiceResponse | TryLater> {
  const { app, device } = context;
  const request = { method: "POST", path: "/v1/sessions/amazon", key };
  if (purchases) {
    const { user_id, receipts } = purchases;
    const first = { user_id, receipts: receipts.slice(0, MOST_RECEIPTS) };
    const body = { code, app, device, purchases: first };
    const response = await sendPatiently(context, { ...request, body }, sessionOf);
    const problem = "outcome" in response || response.ok ? null : response.problem;
    // Only a service that verifies none says so.
    if (!JSON.stringify(problem?.errors ?? []).includes('"/purchases')) return response;
  }
  return await sendPatiently(context, { ...request, body: { code, app, device } }, sessionOf);
}

/** Turns a settled response into a result. The code stays stored while the same response can be had again. */
async function settle(
  { store }: AmazonSignInContext,
  { user }: PendingCode,
  response: ServiceResponse,
): Promise<AmazonResult | "new_code"> {
  const session = sessionOf(response);
  if (session) {
    const { entitlements: _, ...stored } = session as SignedIn & { entitlements?: Entitlement[] };
    const entitlements = entitlementsOf(response);
    await store.save({ kind: "session", user, session: stored });
    return {
      outcome: "signed_in",
      session: stored,
      restored: false,
      ...(entitlements ? { entitlements } : {}),
    };
  }
  const problem = response.ok ? null : response.problem;
  if (!problem) return tryLater(response);
  const { link_ticket = null, prefill = {} } = problem;
  const activation = {
    ...(problem.link_ticket ? { link_ticket: problem.link_ticket } : {}),
    ...(problem.prefill ? { prefill: problem.prefill } : {}),
  };
  switch (problem.next) {
    case "new_code":
      return "new_code";
    case "sign_in":
      return { outcome: "sign_in_needed", link_ticket, activation, problem };
    case "sign_up":
      return { outcome: "sign_up_needed", prefill, link_ticket, activation, problem };
    case "fix_request":
      // The service would refuse the same request at every start of the app.
      await store.save({ kind: "consented", user });
  }
  return { outcome: "refused", problem };
}

/** Fulfils what is due after a sign-in, and sends the receipts for which its request had no room. */
async function entitle(
  context: AmazonSignInContext,
  service: PurchasingService,
  purchases: Purchases | null,
  result: AmazonResult,
): Promise<AmazonResult> {
  if (result.outcome !== "signed_in" || !result.entitlements) return result;
  fulfilDue(context, service, result.entitlements);
  const rest = purchases?.receipts.slice(MOST_RECEIPTS) ?? [];
  if (!purchases || rest.length === 0) return result;
  const { session: { session_token: token } } = result;
  const synced = await sendPurchases(context, service, {
    purchases: { ...purchases, receipts: rest },
    token,
  });
  if (synced.outcome !== "synced") return result;
  return { ...result, entitlements: [...result.entitlements, ...synced.entitlements] };
}

/** Signs in by a receipt of the device, if the service allows that. */
async function signInWithoutConsent(
  context: AmazonSignInContext,
  user: AppstoreUser,
  purchases: Purchases | null,
  reason: NoConsentReason,
): Promise<AmazonResult> {
  const found = purchases ? await signInByReceipt(context, purchases) : null;
  if (found === null) return noConsent(reason);
  if ("outcome" in found) return found;
  await context.store.save({ kind: "session", user: user.id, session: found });
  return { outcome: "signed_in", session: found, restored: false };
}

function noConsent(reason: NoConsentReason): AmazonResult {
  return { outcome: "consent_unavailable", reason, activation: {} };
}
