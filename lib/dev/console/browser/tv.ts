/**
 * Simulates a TV around the real device client: its Appstore, its storage and its network. Runs in the browser.
 *
 * @module
 */
import { type Client, createClient } from "../../../client/mod.ts";
import { type AppstoreOptions, TvAppstore } from "./appstore.ts";
import { DeviceEvents, sleep } from "./device_events.ts";
import { parseBody, VISIT_HEADER } from "./events.ts";
import type { Scenario } from "./scenarios.ts";

/** The options of a TV. */
export interface TvOptions extends Omit<AppstoreOptions, "events"> {
  /** The id under which the service records the events of this TV. */
  readonly visit: string;
}

/** The client's limits for requests, the Appstore, receipts and the storage. A timer of such a length is no pause. */
const TIME_LIMITS_MS: ReadonlySet<number> = new Set([15_000, 10_000, 5_000]);
/** The time of a slow network for one direction. */
const SLOW_NETWORK_MS = 700;
/** What the app stores, by the kind of the stored state. */
const STORED: Readonly<Record<string, string>> = {
  asked: "stores that it asks for the consent",
  consented: "stores the consent",
  code: "stores code and key",
  session: "stores the session",
};

/** A simulated TV. */
export class Tv {
  /** What the TV does. */
  readonly events = new DeviceEvents();
  /** The Appstore of the TV. */
  readonly appstore: TvAppstore;
  /** The device client of the running app. */
  client: Client;
  /** Milliseconds by which the clock of this TV is ahead of the browser's. */
  ahead = 0;
  readonly #visit: string;
  readonly #network: Scenario["network"];
  readonly #storage = new Map<string, string>();
  #lostResponses = 0;

  /** Creates a TV with an empty storage. */
  constructor({ visit, ...options }: TvOptions) {
    this.#visit = visit;
    this.#network = options.scenario.network;
    this.appstore = new TvAppstore({ ...options, events: this.events });
    this.client = this.#startApp();
  }

  /** Closes the app and opens it again. Only the storage is kept. */
  restartApp(): void {
    this.client = this.#startApp();
    this.events.note("the app is opened again", "started");
  }

  #startApp(): Client {
    return createClient({
      service: location.origin,
      storage: {
        getItem: (key) => this.#storage.get(key) ?? null,
        setItem: (key, value) => {
          const { kind } = JSON.parse(value);
          this.events.note(STORED[kind] ?? "stores the code for a phone", "stored");
          this.#storage.set(key, value);
        },
        removeItem: (key) => void this.#storage.delete(key),
      },
      device: { name: "Living room", model: "AFTKM", platform: "console" },
      fetch: (url, init) => this.#send(url, init),
      clock: { now: () => Date.now() + this.ahead, after: (ms, callback) => this.#after(ms, callback) },
    });
  }

  async #send(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...init.headers as Record<string, string>, [VISIT_HEADER]: this.#visit };
    const shown = { headers: init.headers, ...(init.body ? { body: parseBody(String(init.body)) } : {}) };
    const network = this.#network;
    return await this.events.record(`${init.method ?? "GET"} ${new URL(url).pathname}`, shown, {
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
    const isLimit = TIME_LIMITS_MS.has(ms);
    const timer = setTimeout(() => {
      callback();
      if (isLimit) this.events.endSilence();
    }, ms);
    if (!isLimit) this.events.pause(ms);
    return () => clearTimeout(timer);
  }
}
