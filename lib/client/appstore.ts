/**
 * Asks the Appstore for the user of this device, for their consent, for a one-time code and for receipts. The Appstore
 * of a real device may throw, or never answer: each call has a time limit, and no function here rejects.
 *
 * @module
 */
import { type Clock, type Interrupt, settleWithin } from "./clock.ts";
import type { Purchases } from "./contract.ts";
import { isText } from "./foreign.ts";

/** `UserDataResponseCode`, `UserProfileAccessResponseCode` and the like of the Appstore's library, version 2.13. */
const SUCCESSFUL = 1;
const NOT_SUPPORTED = 2;
const SERVICE_UNAVAILABLE = 4;
/** `UserProfileAccessConsentStatus` of the same library. */
const CONSENTED = 2;
/** `FulfillmentResult` of the same library. */
const FULFILLED = 1;

/** Milliseconds for a call to the Appstore. An uncached one takes about 2 seconds. */
const APPSTORE_MS = 10_000;
/** Milliseconds for all pages of receipts. A sign-in waits for them, so they have less. */
const RECEIPTS_MS = 5_000;
const MOST_PAGES = 20;

/** The fields of the Appstore's `UserDataResponse` that the client reads. */
export interface UserDataResponse {
  /** 1 successful, 2 not supported, 3 failed. */
  readonly responseCode: number;
  /** Null unless the response is successful. */
  readonly userData: {
    /** The Appstore's id of the customer within this app. */
    readonly userId: string;
    /** 1 unavailable, 2 consented. */
    readonly userProfileAccessConsentStatus: number;
  } | null;
}

/** The fields of the Appstore's `UserProfileAccessResponse` that the client reads. */
export interface UserProfileAccessResponse {
  /** 1 successful, 2 not supported, 3 failed, 4 service unavailable. */
  readonly responseCode: number;
  /** The one-time code; null or empty unless the response is successful. */
  readonly userProfileAccessAuthCode: string | null;
}

/** The fields of the Appstore's `PurchaseUpdatesResponse` that the client reads. */
export interface PurchaseUpdatesResponse {
  /** 1 successful, 2 not supported, 3 failed. */
  readonly responseCode: number;
  /** The Appstore user whose receipts these are. */
  readonly userData?: { readonly userId: string } | null;
  /** The receipts of this page. */
  readonly receiptList: readonly { readonly receiptId: string; readonly isCancelled?: boolean }[];
  /** Whether there is another page. */
  readonly hasMore: boolean;
}

/**
 * The methods of the Appstore's `PurchasingService` that the client calls. The class of
 * `@amazon-devices/keplerscript-appstore-iap-lib` can be passed as it is.
 */
export interface PurchasingService {
  /** Returns the customer's id, and with the flag the consent. The consent can be asked for once. */
  getUserData(request: { fetchUserProfileAccessConsentStatus: boolean }): Promise<UserDataResponse>;
  /** Returns a code for the customer's profile. */
  requestUserProfileAccess(): Promise<UserProfileAccessResponse>;
  /** Returns a page of receipts. With `reset` from the first one on. Without this method no receipt is sent. */
  getPurchaseUpdates?(request: { reset: boolean }): Promise<PurchaseUpdatesResponse>;
  /** Tells the Appstore that a purchase was honoured. */
  notifyFulfillment?(request: { receiptId: string; fulfillmentResult: number }): Promise<unknown>;
}

/** The reason why the app cannot offer one click. */
export type NoConsentReason = "not_consented" | "not_supported" | "failed";

/** The Appstore user of this device. */
export interface AppstoreUser {
  /** The Appstore's id of the user. */
  readonly id: string;
  /** Whether the user agreed that the app may read their profile. Without it there is no code. */
  readonly consented: boolean;
}

/** What the calls to the Appstore need. */
export interface AppstoreContext {
  /** Limits the time of each call. */
  readonly clock: Clock;
  /** Ends a call early. */
  readonly interrupt?: Interrupt;
}

/**
 * Asks the Appstore for the user of this device.
 *
 * @param consent Whether to ask for the consent as well, which is an answer that the Appstore gives once.
 */
export async function fetchAppstoreUser(
  { clock, interrupt }: AppstoreContext,
  service: PurchasingService,
  { consent }: { readonly consent: boolean },
): Promise<AppstoreUser | NoConsentReason> {
  const request = { fetchUserProfileAccessConsentStatus: consent };
  const call = () => Promise.resolve(service.getUserData(request)).then(userIn);
  return await settleWithin(clock, APPSTORE_MS, call, interrupt) ?? "failed";
}

/** Reads the user in a response of the Appstore. */
export function userIn(response: UserDataResponse): AppstoreUser | NoConsentReason {
  if (response?.responseCode === NOT_SUPPORTED) return "not_supported";
  const user = response?.userData;
  if (response?.responseCode !== SUCCESSFUL || !isText(user?.userId)) return "failed";
  return { id: user.userId, consented: user.userProfileAccessConsentStatus === CONSENTED };
}

/** Asks the Appstore for a code. */
export async function requestCode(
  { clock, interrupt }: AppstoreContext,
  service: PurchasingService,
): Promise<RequestedCode> {
  const call = () => Promise.resolve(service.requestUserProfileAccess()).then(codeIn);
  return await settleWithin(clock, APPSTORE_MS, call, interrupt) ?? "failed";
}

/** The result of a request for a code. */
export type RequestedCode = { readonly code: string } | "unavailable" | NoConsentReason;

function codeIn(response: UserProfileAccessResponse): RequestedCode {
  if (response?.responseCode === NOT_SUPPORTED) return "not_supported";
  if (response?.responseCode === SERVICE_UNAVAILABLE) return "unavailable";
  const code = response?.responseCode === SUCCESSFUL ? response.userProfileAccessAuthCode : null;
  return isText(code) ? { code } : "failed";
}

/**
 * Asks the Appstore for all receipts of the device's user, those that are not cancelled first. An Appstore that stops
 * answering in between gives the receipts of the pages before.
 *
 * @returns Null when there is no receipt.
 */
export async function fetchReceipts(
  { clock, interrupt }: AppstoreContext,
  service: PurchasingService,
): Promise<Purchases | null> {
  const found = new Map<string, boolean>();
  let user = "";
  // Hermes knows no asynchronous arrow function.
  async function readPages(): Promise<void> {
    for (let page = 0; page < MOST_PAGES; page++) {
      const response = await service.getPurchaseUpdates?.({ reset: page === 0 });
      if (response?.responseCode !== SUCCESSFUL) return;
      user = response.userData?.userId ?? user;
      for (const { receiptId, isCancelled } of response.receiptList ?? []) {
        if (receiptId) found.set(receiptId, isCancelled === true);
      }
      if (!response.hasMore) return;
    }
  }
  await settleWithin(clock, RECEIPTS_MS, readPages, interrupt);
  const receipts = Array.from(found).sort(([, a], [, b]) => Number(a) - Number(b)).map(([id]) => id);
  return user && receipts.length > 0 ? { user_id: user, receipts } : null;
}

/** Tells the Appstore that purchases were honoured. An unfulfilled purchase is refunded after 14 days. */
export function fulfil(
  context: AppstoreContext,
  service: PurchasingService,
  receiptIds: readonly string[],
): void {
  for (const receiptId of receiptIds) {
    const call = () => service.notifyFulfillment?.({ receiptId, fulfillmentResult: FULFILLED });
    // A call that fails is made again by the next sync, as the service still names the receipt.
    void settleWithin(context.clock, APPSTORE_MS, call);
  }
}
