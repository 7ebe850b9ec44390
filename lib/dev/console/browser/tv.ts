/**
 * Simulates a TV around the real device client: its Appstore, its storage and its network. Runs in the browser.
 *
 * @module
 */
import { type Client, createClient, type PurchasingService } from "../../../client/mod.ts";
import { now, parseBody, recordEvent, type TimelineEvent, VISIT_HEADER } from "./events.ts";
import type { Scenario } from "./scenarios.ts";

/** The options of a TV. */
export interface TvOptions {
  /** The id under which the service records the events of this TV. */
  readonly visit: string;
  /** The scenario to play. */
  readonly scenario: Scenario;
  /** The name of one of the simulator's customers. */
  readonly customer: string;
  /** Letters and digits that stand for one person: the nonce of the simulator's codes. */
  readonly person: string;
}

/** The client's time limit for a request. A timer of this length is no pause of the app. */
const TIMEOUT_MS = 15_000;
/** The time of a slow network for one direction. */
const SLOW_NETWORK_MS = 700;
const SUCCESSFUL = 1;
const CONSENT_UNAVAILABLE = 1;
const CONSENTED = 2;

/** A simulated TV. */
export class Tv {
  /** The events of the TV. */
  readonly events: TimelineEvent[] = [];
  /** The device client of the running app. */
  client: Client;
  /** The Appstore, which returns consent and codes. */
  readonly appstore: PurchasingService;
  readonly #options: TvOptions;
  readonly #storage = new Map<string, string>();
  #codes = 0;
  #lostResponses = 0;

  /** Creates a TV with an empty storage. */
  constructor(options: TvOptions) {
    this.#options = options;
    this.client = this.#startApp();
    const { scenario, person } = options;
    this.appstore = {
      getUserData: (request) =>
        this.#record("Appstore: getUserData", request, {
          work: () => {
            const consent = scenario.consents ? CONSENTED : CONSENT_UNAVAILABLE;
            const userData = { userId: `amzn1.account.${person}`, userProfileAccessConsentStatus: consent };
            return Promise.resolve({ responseCode: SUCCESSFUL, userData });
          },
          statusOf: () => scenario.consents ? "consented" : "no consent",
        }),
      requestUserProfileAccess: () =>
        this.#record("Appstore: requestUserProfileAccess", null, {
          work: async () => ({ responseCode: SUCCESSFUL, userProfileAccessAuthCode: await this.#newCode() }),
          statusOf: () => "a code",
        }),
    };
  }

  /** Closes the app and opens it again. Only the storage is kept. */
  restartApp(): void {
    this.client = this.#startApp();
    this.#note("the app is opened again", "started");
  }

  /** Adds an event that takes no time. */
  #note(title: string, status: string): void {
    const start = now();
    const event = { lane: "device", title, start, end: start, status, ok: true } as const;
    this.events.push({ ...event, request: null, response: null });
  }

  #startApp(): Client {
    return createClient({
      service: location.origin,
      storage: {
        getItem: (key) => this.#storage.get(key) ?? null,
        setItem: (key, value) => {
          const state = JSON.parse(value);
          this.#note(state.kind === "code" ? "stores code and key" : "stores the session", "stored");
          this.#storage.set(key, value);
        },
        removeItem: (key) => void this.#storage.delete(key),
      },
      device: { name: "Living room", model: "AFTKM", platform: "console" },
      fetch: (url, init) => this.#send(url, init),
      clock: { now: () => Date.now(), after: (ms, callback) => this.#after(ms, callback) },
    });
  }

  async #newCode(): Promise<string> {
    const { scenario: { id: scenario }, customer, person } = this.#options;
    const body = JSON.stringify({ scenario, customer, person, turn: this.#codes++ });
    const headers = { "content-type": "application/json" };
    return (await (await fetch("/dev/code", { method: "POST", headers, body })).json()).code;
  }

  async #send(url: string, init: RequestInit = {}): Promise<Response> {
    const { scenario: { network }, visit } = this.#options;
    const headers = { ...init.headers as Record<string, string>, [VISIT_HEADER]: visit };
    const shown = { headers: init.headers, ...(init.body ? { body: parseBody(String(init.body)) } : {}) };
    return await this.#record(`${init.method ?? "GET"} ${new URL(url).pathname}`, shown, {
      work: async () => {
        if (network === "slow") await sleep(SLOW_NETWORK_MS);
        const response = await fetch(url, { ...init, headers });
        if (network === "slow") await sleep(SLOW_NETWORK_MS);
        if (network === "answer_lost" && this.#lostResponses++ === 0) throw new TypeError("answer lost");
        return response;
      },
      statusOf: (response) => String(response.status),
    });
  }

  #after(ms: number, callback: () => void): () => void {
    const timer = setTimeout(callback, ms);
    if (ms !== TIMEOUT_MS) {
      const start = { lane: "device", title: "waits, then asks again", pause: true } as const;
      recordEvent(this.events, { ...start, request: { milliseconds: Math.round(ms) } }, {
        now,
        work: () => sleep(ms),
        describe: () => ({ status: "waited", ok: true, response: null }),
      });
    }
    return () => clearTimeout(timer);
  }

  #record<T>(
    title: string,
    request: unknown,
    { work, statusOf }: { readonly work: () => Promise<T>; readonly statusOf: (value: T) => string },
  ): Promise<T> {
    return recordEvent(this.events, { lane: "device", title, request }, {
      now,
      work,
      describe: (value) => {
        const response = value instanceof Response ? value : null;
        return { status: statusOf(value), ok: response?.ok ?? true, response: response ? null : value };
      },
    });
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
