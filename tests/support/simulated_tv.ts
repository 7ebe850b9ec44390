/**
 * Simulates a TV: its Appstore, its storage and its network, each of which can fail. The app on the TV can be killed at
 * any moment and started again.
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

/** The URL of the service for the device. */
export const SERVICE = "https://signin.example";

/** What the network does to one request of the device. */
export type NetworkOutcome = "ok" | "no_connection" | "response_lost" | "no_response" | "captive_portal";

/** The moment at which the app is killed. */
export interface Kill {
  /** The number of the operation on the device, counted from 1 at the start of the app. */
  readonly at: number;
  /** Whether that operation still takes effect. */
  readonly takesEffect: boolean;
}

/** One request of the device with its result. */
export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
  /** Simulated milliseconds since the epoch. */
  readonly at: number;
  /** The status that reached the device; 0 when no response of the service did. */
  status: number;
}

/** A simulated TV. */
export class SimulatedTv {
  /** The scenarios or codes that the Appstore issues, in turn; the last one again and again. */
  scenarios: string[] = ["new"];
  /** The id of the Appstore user. */
  user = "amzn1.account.A";
  /** The consent status: 1 unavailable, 2 consented. */
  consent = 2;
  /** The response code of `getUserData`. */
  userDataCode = 1;
  /** The response code of `requestUserProfileAccess`. */
  profileAccessCode = 1;
  /** What the network does to the next requests, in turn; `ok` afterwards. */
  network: NetworkOutcome[] = [];
  /** The stored values by key. */
  readonly storage = new Map<string, string>();
  /** Every code that the Appstore issued. */
  readonly codes: string[] = [];
  /** The issued codes that the app did not store, as it was killed before. */
  readonly unsavedCodes = new Set<string>();
  /** Every request. */
  readonly requests: SentRequest[] = [];
  /** Every pause of the app, in milliseconds. */
  readonly pauses: number[] = [];
  /** The number of operations of the running app so far. */
  operations = 0;

  /** Creates a TV that uses a service. */
  constructor(readonly service: TestService) {}

  /** Starts the app. An app that was started before must be dead. */
  startApp(options: Partial<ClientOptions> & { kill?: Kill } = {}): App {
    const { kill, ...rest } = options;
    return new App(this, kill ?? null, rest);
  }

  /** Starts the app, signs in by one click and returns the result. */
  async signIn(options?: Partial<ClientOptions>): Promise<Awaited<ReturnType<Client["signInWithAmazon"]>>> {
    const app = this.startApp(options);
    return await this.service.answerOf(app.client.signInWithAmazon(app.appstore));
  }

  /** Sends a request to the service through the network and returns what reaches the device. */
  async send(url: string, init: RequestInit = {}): Promise<Response> {
    if (!url.startsWith(`${SERVICE}/`)) throw new TypeError(`Sent elsewhere: ${url}`);
    const path = url.slice(SERVICE.length);
    const body = init.body ? JSON.parse(String(init.body)) : {};
    const headers = new Headers(init.headers);
    const at = this.service.clock.now();
    const request: SentRequest = { method: init.method ?? "GET", path, headers, body, at, status: 0 };
    this.requests.push(request);
    const outcome = this.network.shift() ?? "ok";
    if (outcome === "no_connection") throw new TypeError("Network request failed");
    if (outcome === "no_response") return await new Promise(() => {});
    if (outcome === "captive_portal") return new Response("<html>Welcome</html>");
    const response = await this.service.request(path, init);
    if (outcome === "response_lost") throw new TypeError("Network request failed");
    request.status = response.status;
    return response;
  }
}

/** An app on a TV, from its start until it is killed. */
export class App {
  /** The client under test. */
  readonly client: Client;
  /** The Appstore of the TV. */
  readonly appstore: PurchasingService;
  /** Resolves when the app is killed. */
  readonly killed: Promise<"killed">;
  readonly #resolveKilled: (value: "killed") => void;
  readonly #kill: Kill | null;
  #dead = false;

  constructor(tv: SimulatedTv, kill: Kill | null, options: Partial<ClientOptions>) {
    const { service } = tv;
    ({ promise: this.killed, resolve: this.#resolveKilled } = Promise.withResolvers<"killed">());
    this.#kill = kill;
    tv.operations = 0;
    const run = <T>(work: () => Promise<T>) => this.#run(tv, work);
    this.appstore = {
      getUserData: () =>
        run(() => {
          const { user: userId, consent: userProfileAccessConsentStatus, userDataCode: responseCode } = tv;
          const userData = responseCode === 1 ? { userId, userProfileAccessConsentStatus } : null;
          return Promise.resolve({ responseCode, userData });
        }),
      requestUserProfileAccess: () =>
        run(() => {
          const responseCode = tv.profileAccessCode;
          if (responseCode !== 1) return Promise.resolve({ responseCode, userProfileAccessAuthCode: "" });
          const [scenario = ""] = tv.scenarios.length > 1 ? tv.scenarios.splice(0, 1) : tv.scenarios;
          const code = scenario.includes(".") ? scenario : service.simulator.issueCode(scenario);
          tv.codes.push(code);
          tv.unsavedCodes.add(code);
          return Promise.resolve({ responseCode, userProfileAccessAuthCode: code });
        }),
    };
    this.client = createClient({
      service: SERVICE,
      storage: {
        getItem: (key) => run(() => Promise.resolve(tv.storage.get(key) ?? null)),
        setItem: (key, value) =>
          run(() => {
            tv.storage.set(key, value);
            for (const code of tv.unsavedCodes) if (value.includes(code)) tv.unsavedCodes.delete(code);
            return Promise.resolve();
          }),
        removeItem: (key) => run(() => Promise.resolve(void tv.storage.delete(key))),
      },
      fetch: (url, init) => run(() => tv.send(url, init)),
      clock: {
        now: () => service.clock.now(),
        after: (ms, callback) => {
          if (ms !== TIMEOUT_MS) tv.pauses.push(ms);
          return service.clock.after(ms, () => this.#dead || callback());
        },
      },
      ...options,
    });
  }

  async #run<T>(tv: SimulatedTv, work: () => Promise<T>): Promise<T> {
    if (this.#dead) return await new Promise(() => {});
    if (++tv.operations !== this.#kill?.at) return await work();
    this.#dead = true;
    const waitsForever = tv.network[0] === "no_response";
    if (this.#kill.takesEffect && !waitsForever) await work().catch(() => {});
    this.#resolveKilled("killed");
    return await new Promise(() => {});
  }
}

/** The client's time limit of a request. A timer of this length is no pause. */
const TIMEOUT_MS = 15_000;
