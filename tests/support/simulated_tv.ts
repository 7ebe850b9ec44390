/**
 * A TV: its Appstore, its storage and its way to the service, each of which can fail, and an app on it that can be
 * killed at any moment and started again.
 *
 * @module
 */
import {
  type Client,
  type ClientOptions,
  createClient,
  type PurchasingService,
} from "../../lib/client/mod.ts";
import type { TestService } from "./test_service.ts";

/** Where the service is, for the device. */
export const SERVICE = "https://signin.example";

/** What happens to one request of the device. */
export type Weather = "fine" | "no_connection" | "answer_lost" | "silence" | "hotel";

/** Which operation of the device an app does not outlive, counted from its start, and whether it takes effect. */
export interface Death {
  readonly at: number;
  readonly takesEffect: boolean;
}

/** One request of the device, with what came of it. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
  /** Simulated milliseconds since the epoch. */
  readonly at: number;
  /** 0 when there was no answer. */
  status: number;
}

/** A TV to test on. */
export class Device {
  /** What the Appstore gives codes for, in turn; the last one again and again. */
  scenarios: string[] = ["new"];
  /** The customer whose Appstore it is. */
  user = "amzn1.account.A";
  /** 1 unavailable, 2 consented. */
  consent = 2;
  /** What `getUserData` answers with. */
  userDataCode = 1;
  /** What `requestUserProfileAccess` answers with. */
  profileAccessCode = 1;
  /** What happens to the requests, in turn; fine afterwards. */
  weather: Weather[] = [];
  /** What is stored. */
  readonly stored = new Map<string, string>();
  /** Every code that the Appstore gave. */
  readonly codes: string[] = [];
  /** Every code that was given and never stored, as the app died between the two. */
  readonly unsaved = new Set<string>();
  /** Every request. */
  readonly sent: Sent[] = [];
  /** Every pause of the app, in milliseconds. */
  readonly pauses: number[] = [];
  /** Operations of the running app so far. */
  operations = 0;

  /** Stands beside a service. */
  constructor(readonly service: TestService) {}

  /** Starts the app; one that runs already is dead. */
  start(options: Partial<ClientOptions> & { death?: Death } = {}): App {
    const { death, ...rest } = options;
    return new App(this, death ?? null, rest);
  }

  /** Starts the app, signs in, and gives the result. */
  async signIn(options?: Partial<ClientOptions>): Promise<Awaited<ReturnType<Client["signInWithAmazon"]>>> {
    const app = this.start(options);
    return await this.service.answerOf(app.client.signInWithAmazon(app.appstore));
  }

  /** A request as the service gets it, and its answer as the device does. */
  async send(url: string, init: RequestInit = {}): Promise<Response> {
    if (!url.startsWith(`${SERVICE}/`)) throw new TypeError(`Sent elsewhere: ${url}`);
    const path = url.slice(SERVICE.length);
    const body = init.body ? JSON.parse(String(init.body)) : {};
    const headers = new Headers(init.headers);
    const at = this.service.clock.now();
    const sent: Sent = { method: init.method ?? "GET", path, headers, body, at, status: 0 };
    this.sent.push(sent);
    const weather = this.weather.shift() ?? "fine";
    if (weather === "no_connection") throw new TypeError("Network request failed");
    if (weather === "silence") return await new Promise(() => {});
    if (weather === "hotel") return new Response("<html>Welcome</html>");
    const response = await this.service.request(path, init);
    if (weather === "answer_lost") throw new TypeError("Network request failed");
    sent.status = response.status;
    return response;
  }
}

/** An app on a device, from its start to its death. */
export class App {
  /** The client under test. */
  readonly client: Client;
  /** The device's Appstore, as the app reaches it. */
  readonly appstore: PurchasingService;
  /** Resolves when it dies. */
  readonly died: Promise<"died">;
  readonly #die: (value: "died") => void;
  readonly #death: Death | null;
  #dead = false;

  constructor(device: Device, death: Death | null, options: Partial<ClientOptions>) {
    const { service } = device;
    ({ promise: this.died, resolve: this.#die } = Promise.withResolvers<"died">());
    this.#death = death;
    device.operations = 0;
    const run = <T>(work: () => Promise<T>) => this.#run(device, work);
    this.appstore = {
      getUserData: () =>
        run(() => {
          const { user: userId, consent: userProfileAccessConsentStatus, userDataCode: responseCode } =
            device;
          const userData = responseCode === 1 ? { userId, userProfileAccessConsentStatus } : null;
          return Promise.resolve({ responseCode, userData });
        }),
      requestUserProfileAccess: () =>
        run(() => {
          const responseCode = device.profileAccessCode;
          if (responseCode !== 1) return Promise.resolve({ responseCode, userProfileAccessAuthCode: "" });
          const [scenario = ""] = device.scenarios.length > 1
            ? device.scenarios.splice(0, 1)
            : device.scenarios;
          const code = scenario.includes(".") ? scenario : service.simulator.issueCode(scenario);
          device.codes.push(code);
          device.unsaved.add(code);
          return Promise.resolve({ responseCode, userProfileAccessAuthCode: code });
        }),
    };
    this.client = createClient({
      service: SERVICE,
      storage: {
        getItem: (key) => run(() => Promise.resolve(device.stored.get(key) ?? null)),
        setItem: (key, value) =>
          run(() => {
            device.stored.set(key, value);
            for (const code of device.unsaved) if (value.includes(code)) device.unsaved.delete(code);
            return Promise.resolve();
          }),
        removeItem: (key) => run(() => Promise.resolve(void device.stored.delete(key))),
      },
      fetch: (url, init) => run(() => device.send(url, init)),
      clock: {
        now: () => service.clock.now(),
        after: (ms, callback) => {
          if (ms !== TIMEOUT_MS) device.pauses.push(ms);
          return service.clock.after(ms, () => this.#dead || callback());
        },
      },
      ...options,
    });
  }

  async #run<T>(device: Device, work: () => Promise<T>): Promise<T> {
    if (this.#dead) return await new Promise(() => {});
    if (++device.operations !== this.#death?.at) return await work();
    this.#dead = true;
    const silent = device.weather[0] === "silence";
    if (this.#death.takesEffect && !silent) await work().catch(() => {});
    this.#die("died");
    return await new Promise(() => {});
  }
}

/** The client's time-out, which is no pause. */
const TIMEOUT_MS = 15_000;
