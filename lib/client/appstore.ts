/**
 * Asks the Appstore for the user of this device, for their consent and for a one-time code.
 *
 * @module
 */

/** `UserDataResponseCode` and `UserProfileAccessResponseCode` of the Appstore's library, version 2.13. */
const SUCCESSFUL = 1;
const NOT_SUPPORTED = 2;
const SERVICE_UNAVAILABLE = 4;
/** `UserProfileAccessConsentStatus` of the same library. */
const CONSENTED = 2;

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

/**
 * The methods of the Appstore's `PurchasingService` that the client calls. The class of
 * `@amazon-devices/keplerscript-appstore-iap-lib` can be passed as it is.
 */
export interface PurchasingService {
  /** Returns the customer's id and consent. */
  getUserData(request: { fetchUserProfileAccessConsentStatus: boolean }): Promise<UserDataResponse>;
  /** Returns a code for the customer's profile. */
  requestUserProfileAccess(): Promise<UserProfileAccessResponse>;
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

/** Asks the Appstore for the user of this device. Never rejects. */
export async function fetchAppstoreUser(service: PurchasingService): Promise<AppstoreUser | NoConsentReason> {
  try {
    const { responseCode, userData } = await service.getUserData({
      fetchUserProfileAccessConsentStatus: true,
    });
    if (responseCode === NOT_SUPPORTED) return "not_supported";
    if (responseCode !== SUCCESSFUL || !userData?.userId) return "failed";
    return { id: userData.userId, consented: userData.userProfileAccessConsentStatus === CONSENTED };
  } catch {
    return "failed";
  }
}

/** Asks the Appstore for a code. Never rejects. */
export async function requestCode(
  service: PurchasingService,
): Promise<{ readonly code: string } | "unavailable" | NoConsentReason> {
  try {
    const { responseCode, userProfileAccessAuthCode: code } = await service.requestUserProfileAccess();
    if (responseCode === NOT_SUPPORTED) return "not_supported";
    if (responseCode === SERVICE_UNAVAILABLE) return "unavailable";
    return responseCode === SUCCESSFUL && code ? { code } : "failed";
  } catch {
    return "failed";
  }
}
