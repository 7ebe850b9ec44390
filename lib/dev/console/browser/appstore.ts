/**
 * Simulates the Appstore of a TV: the customer's consent, codes and receipts. Runs in the browser.
 *
 * @module
 */
import type { PurchasingService } from "../../../client/mod.ts";
import type { DeviceEvents } from "./device_events.ts";
import {
  type AppstoreMethod,
  appstoreUserOf,
  codeOf,
  type Consent,
  type ConsentReading,
  type Scenario,
} from "./scenarios.ts";

/** The options of an Appstore. */
export interface AppstoreOptions {
  /** The scenario to play. */
  readonly scenario: Scenario;
  /** The name of one of the simulator's customers. */
  readonly customer: string;
  /** Letters and digits that stand for one person: the nonce of the simulator's codes. */
  readonly person: string;
  /** Takes the calls of the app. */
  readonly events: DeviceEvents;
  /** Tells the simulated Amazon that the app has fulfilled a purchase. */
  readonly fulfil: (receiptId: string) => Promise<void>;
  /** Is called with all that the app has fulfilled. */
  readonly onFulfilled: (receiptIds: ReadonlySet<string>) => void;
}

/** `UserDataResponseCode` and the like: 1 successful, 3 failed. */
const SUCCESSFUL = 1;
const FAILED = 3;
/** `UserProfileAccessConsentStatus`. */
const UNAVAILABLE = 1;
const CONSENTED = 2;

/** The Appstore of a TV. */
export class TvAppstore implements PurchasingService {
  /** The consent of the customer. */
  consent: Consent;
  /** What uses the consent up. */
  reading: ConsentReading = "status";
  /** The method that never answers. */
  silent: AppstoreMethod | null;
  /** The receipts of the customer. */
  receipts: readonly string[] = [];
  /** The receipts that the app has fulfilled. */
  readonly fulfilled = new Set<string>();
  readonly #options: AppstoreOptions;
  #codes = 0;

  /** Opens the Appstore for a scenario. */
  constructor(options: AppstoreOptions) {
    this.#options = options;
    this.consent = options.scenario.consent;
    this.silent = options.scenario.silent;
  }

  /** Takes the consent away, as the customer does with "Manage Login with Amazon", or gives it again. */
  setConsent(consent: Consent): void {
    this.consent = consent;
    const done = consent === "none"
      ? "Manage Login with Amazon: the app is removed"
      : "Appstore: the customer agrees";
    this.#options.events.note(done, consent === "none" ? "no consent" : "consent");
  }

  /** Returns the customer's id and, when it is asked for, the consent. */
  getUserData(
    request: { fetchUserProfileAccessConsentStatus: boolean },
  ): ReturnType<PurchasingService["getUserData"]> {
    const asked = request.fetchUserProfileAccessConsentStatus;
    return this.#answer("getUserData", request, () => {
      const consented = asked && this.consent === "given";
      if (consented && this.reading === "status") this.consent = "used_up";
      const userData = {
        userId: appstoreUserOf(this.#options.person),
        userProfileAccessConsentStatus: consented ? CONSENTED : UNAVAILABLE,
      };
      return { responseCode: SUCCESSFUL, userData };
    }, ({ userData }) => {
      if (!asked) return "the customer";
      return userData?.userProfileAccessConsentStatus === CONSENTED ? "consented" : "no consent";
    });
  }

  /** Returns a code, if the customer has agreed. */
  requestUserProfileAccess(): ReturnType<PurchasingService["requestUserProfileAccess"]> {
    return this.#answer("requestUserProfileAccess", null, () => {
      // In a scenario in which the question for the status uses the consent up, the code after it needs no further
      // consent.
      const granted = this.reading === "status" ? this.consent !== "none" : this.consent === "given";
      if (!granted) return { responseCode: FAILED, userProfileAccessAuthCode: null };
      if (this.reading === "code") this.consent = "used_up";
      const { scenario, customer, person } = this.#options;
      const code = codeOf({ scenario, customer, person, turn: this.#codes++ });
      return { responseCode: SUCCESSFUL, userProfileAccessAuthCode: code };
    }, ({ responseCode }) => responseCode === SUCCESSFUL ? "a code" : "failed");
  }

  /** Returns the receipts of the customer, on one page. */
  getPurchaseUpdates(
    request: { reset: boolean },
  ): ReturnType<NonNullable<PurchasingService["getPurchaseUpdates"]>> {
    return this.#answer("getPurchaseUpdates", request, () => ({
      responseCode: SUCCESSFUL,
      userData: { userId: appstoreUserOf(this.#options.person) },
      receiptList: this.receipts.map((receiptId) => ({ receiptId })),
      hasMore: false,
    }), ({ receiptList: { length } }) => length === 1 ? "1 receipt" : `${length || "no"} receipts`);
  }

  /** Takes what the app has fulfilled. */
  notifyFulfillment(request: { receiptId: string; fulfillmentResult: number }): Promise<unknown> {
    return this.#answer("notifyFulfillment", request, async () => {
      await this.#options.fulfil(request.receiptId);
      this.fulfilled.add(request.receiptId);
      this.#options.onFulfilled(this.fulfilled);
      return { responseCode: SUCCESSFUL };
    }, () => "fulfilled");
  }

  async #answer<T>(
    method: AppstoreMethod,
    request: unknown,
    work: () => T | Promise<T>,
    statusOf: (value: T) => string,
  ): Promise<T> {
    const { events } = this.#options;
    const title = `Appstore: ${method}`;
    if (this.silent === method) {
      await events.recordSilence(title, request);
      return await new Promise<never>(() => {});
    }
    return await events.record(title, request, { work: async () => await work(), statusOf });
  }
}
