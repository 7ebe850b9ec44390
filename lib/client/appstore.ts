/**
 * What the Appstore tells an app about its customer: consent, and the code.
 *
 * @module
 */

/** `UserDataResponseCode` and `UserProfileAccessResponseCode` of the Appstore's library, version 2.13. */
const SUCCESSFUL = 1;
const NOT_SUPPORTED = 2;
const SERVICE_UNAVAILABLE = 4;
/** `UserProfileAccessConsentStatus`. */
const CONSENTED = 2;

/** What is read of the Appstore's `UserDataResponse`. */
export interface UserDataResponse {
  /** 1 successful, 2 not supported, 3 failed. */
  readonly responseCode: number;
  /** Null unless successful. */
  readonly userData: {
    /** The Appstore's id of the customer on this device. */
    readonly userId: string;
    /** 1 unavailable, 2 consented. */
    readonly userProfileAccessConsentStatus: number;
  } | null;
}

/** What is read of the Appstore's `UserProfileAccessResponse`. */
export interface UserProfileAccessResponse {
  /** 1 successful, 2 not supported, 3 failed, 4 service unavailable. */
  readonly responseCode: number;
  /** The one-time code; null or empty unless successful. */
  readonly userProfileAccessAuthCode: string | null;
}

/**
 * What is used of the Appstore's `PurchasingService`: the class of `@amazon-devices/keplerscript-appstore-iap-lib`
 * fits as it is.
 */
export interface PurchasingService {
  /** Says who the customer is, and whether they consented. */
  getUserData(request: { fetchUserProfileAccessConsentStatus: boolean }): Promise<UserDataResponse>;
  /** Gives a code for their profile. */
  requestUserProfileAccess(): Promise<UserProfileAccessResponse>;
}

/** Why one click cannot be offered. */
export type NoConsentReason = "not_consented" | "not_supported" | "failed";

/** The customer of this device. */
export interface Customer {
  /** The Appstore's id. */
  readonly user: string;
  /** Whether a code can be had. */
  readonly consented: boolean;
}

/** Asks who the customer is. Never rejects. */
export async function askCustomer(service: PurchasingService): Promise<Customer | NoConsentReason> {
  try {
    const { responseCode, userData } = await service.getUserData({
      fetchUserProfileAccessConsentStatus: true,
    });
    if (responseCode === NOT_SUPPORTED) return "not_supported";
    if (responseCode !== SUCCESSFUL || !userData?.userId) return "failed";
    return { user: userData.userId, consented: userData.userProfileAccessConsentStatus === CONSENTED };
  } catch {
    return "failed";
  }
}

/** Asks for a code. Never rejects. */
export async function askCode(
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
