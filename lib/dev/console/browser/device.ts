/**
 * The TV of the console: its Appstore, its storage and its network, around the real device client. Runs in the browser.
 *
 * @module
 */
import { type Client, createClient, type PurchasingService } from "../../../client/mod.ts";
import { readable, record, type TimelineEvent } from "./events.ts";
import type { Scenario } from "./scenarios.ts";

/** Who holds the remote, and what happens to them. */
export interface DeviceOptions {
  /** Under which the service's process keeps what it watched. */
  readonly visit: string;
  /** What is played. */
  readonly scenario: Scenario;
  /** Whom the simulator knows by this name. */
  readonly customer: string;
  /** Letters and digits: the same person for the same ones. */
  readonly person: string;
}

/** The client gives a request so many milliseconds: no pause of the app. */
const TIMEOUT_MS = 15_000;
const SLOW_WAY_MS = 700;
const SUCCESSFUL = 1;
const UNAVAILABLE = 1;
const CONSENTED = 2;

const WAIT = { lane: "device", title: "waits, then asks again", pause: true } as const;

/** Milliseconds since the epoch, with their fractions. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** A TV. */
export class Device {
  /** What it did. */
  readonly events: TimelineEvent[] = [];
  /** What an app on it imports. */
  client: Client;
  /** What the app asks for consent and code. */
  readonly appstore: PurchasingService;
  readonly #options: DeviceOptions;
  readonly #stored = new Map<string, string>();
  #turn = 0;
  #lost = 0;

  /** Has stored nothing. */
  constructor(options: DeviceOptions) {
    this.#options = options;
    this.client = this.#open();
    const { scenario, person } = options;
    this.appstore = {
      getUserData: (request) =>
        this.#record("Appstore: getUserData", request, {
          work: () => {
            const consent = scenario.consents ? CONSENTED : UNAVAILABLE;
            const userData = { userId: `amzn1.account.${person}`, userProfileAccessConsentStatus: consent };
            return Promise.resolve({ responseCode: SUCCESSFUL, userData });
          },
          describe: () => scenario.consents ? "consented" : "no consent",
        }),
      requestUserProfileAccess: () =>
        this.#record("Appstore: requestUserProfileAccess", null, {
          work: async () => ({ responseCode: SUCCESSFUL, userProfileAccessAuthCode: await this.#newCode() }),
          describe: () => "a code",
        }),
    };
  }

  /** The app is closed and opened again: it has what was stored and nothing else. */
  restart(): void {
    this.client = this.#open();
  }

  /** Takes the words down that the app would show to nobody. */
  note(title: string, status: string): void {
    const start = now();
    this.events.push({
      lane: "device",
      title,
      start,
      end: start,
      status,
      ok: true,
      request: null,
      answer: null,
    });
  }

  #open(): Client {
    return createClient({
      service: location.origin,
      storage: {
        getItem: (key) => this.#stored.get(key) ?? null,
        setItem: (key, value) => {
          const state = JSON.parse(value);
          this.note(state.kind === "code" ? "stores code and key" : "stores the session", "stored");
          this.#stored.set(key, value);
        },
        removeItem: (key) => void this.#stored.delete(key),
      },
      device: { name: "Living room", model: "AFTKM", platform: "console" },
      fetch: (url, init) => this.#send(url, init),
      clock: { now: () => Date.now(), after: (ms, callback) => this.#after(ms, callback) },
    });
  }

  async #newCode(): Promise<string> {
    const { scenario: { id: scenario }, customer, person } = this.#options;
    const body = JSON.stringify({ scenario, customer, person, turn: this.#turn++ });
    const headers = { "content-type": "application/json" };
    return (await (await fetch("/dev/code", { method: "POST", headers, body })).json()).code;
  }

  async #send(url: string, init: RequestInit = {}): Promise<Response> {
    const { scenario: { network }, visit } = this.#options;
    const headers = { ...init.headers as Record<string, string>, "x-console-visit": visit };
    const asked = { headers: init.headers, ...(init.body ? { body: readable(String(init.body)) } : {}) };
    return await this.#record(`${init.method ?? "GET"} ${new URL(url).pathname}`, asked, {
      work: async () => {
        if (network === "slow") await sleep(SLOW_WAY_MS);
        const response = await fetch(url, { ...init, headers });
        if (network === "slow") await sleep(SLOW_WAY_MS);
        if (network === "answer_lost" && this.#lost++ === 0) throw new TypeError("answer lost");
        return response;
      },
      describe: (response) => String(response.status),
    });
  }

  #after(ms: number, callback: () => void): () => void {
    const timer = setTimeout(callback, ms);
    if (ms !== TIMEOUT_MS) {
      record({ events: this.events, now }, { ...WAIT, request: { milliseconds: Math.round(ms) } }, {
        work: () => sleep(ms),
        describe: () => ({ status: "waited", ok: true, answer: null }),
      });
    }
    return () => clearTimeout(timer);
  }

  #record<T>(
    title: string,
    request: unknown,
    { work, describe }: { readonly work: () => Promise<T>; readonly describe: (result: T) => string },
  ): Promise<T> {
    return record({ events: this.events, now }, { lane: "device", title, request }, {
      work,
      describe: (result) => {
        const response = result instanceof Response ? result : null;
        return { status: describe(result), ok: response?.ok ?? true, answer: response ? null : result };
      },
    });
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
