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
  /** The consent of the customer: 1 unavailable, 2 consented. Each user is told once, see {@linkcode consentSpentBy}. */
  consent = 2;
  /** What uses the consent up. Amazon's pages leave open which of the two does. */
  consentSpentBy: "status" | "code" = "status";
  /** The users whose consent is used up. */
  readonly spentConsents = new Set<string>();
  /** The method of the Appstore or of the storage that never settles. */
  silent: keyof PurchasingService | keyof ClientOptions["storage"] | null = null;
  /** The pages of receipts that the Appstore has. */
  receiptPages: string[][] = [];
  /** The receipts that the app has fulfilled. */
  readonly fulfilled: string[] = [];
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
  #page = 0;

  constructor(tv: SimulatedTv, kill: Kill | null, options: Partial<ClientOptions>) {
    const { service } = tv;
    ({ promise: this.killed, resolve: this.#resolveKilled } = Promise.withResolvers<"killed">());
    this.#kill = kill;
    tv.operations = 0;
    const run = <T>(work: () => Promise<T>) => this.#run(tv, work);
    const never = () => new Promise<never>(() => {});
    const call = <T>(name: SimulatedTv["silent"], work: () => Promise<T>) =>
      tv.silent === name ? never() : run(work);
    this.appstore = {
      getUserData: ({ fetchUserProfileAccessConsentStatus: asked }) =>
        call("getUserData", () => {
          const { user: userId, userDataCode: responseCode } = tv;
          const userProfileAccessConsentStatus = asked && !tv.spentConsents.has(userId) ? tv.consent : 1;
          if (asked && tv.consentSpentBy === "status") tv.spentConsents.add(userId);
          const userData = responseCode === 1 ? { userId, userProfileAccessConsentStatus } : null;
          return Promise.resolve({ responseCode, userData });
        }),
      getPurchaseUpdates: ({ reset }) =>
        call("getPurchaseUpdates", () => {
          this.#page = reset ? 0 : this.#page + 1;
          const receiptList = (tv.receiptPages[this.#page] ?? []).map((receiptId) => ({ receiptId }));
          const hasMore = this.#page + 1 < tv.receiptPages.length;
          return Promise.resolve({ responseCode: 1, userData: { userId: tv.user }, receiptList, hasMore });
        }),
      notifyFulfillment: ({ receiptId }) =>
        call("notifyFulfillment", () => {
          tv.fulfilled.push(receiptId);
          return Promise.resolve({ responseCode: 1 });
        }),
      requestUserProfileAccess: () =>
        call("requestUserProfileAccess", () => {
          const spent = tv.consentSpentBy === "code" && tv.spentConsents.has(tv.user);
          const responseCode = tv.consent === 2 && !spent ? tv.profileAccessCode : 3;
          if (responseCode !== 1) return Promise.resolve({ responseCode, userProfileAccessAuthCode: "" });
          if (tv.consentSpentBy === "code") tv.spentConsents.add(tv.user);
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
        getItem: (key) => call("getItem", () => Promise.resolve(tv.storage.get(key) ?? null)),
        setItem: (key, value) =>
          call("setItem", () => {
            tv.storage.set(key, value);
            for (const code of tv.unsavedCodes) if (value.includes(code)) tv.unsavedCodes.delete(code);
            return Promise.resolve();
          }),
        removeItem: (key) => call("removeItem", () => Promise.resolve(void tv.storage.delete(key))),
      },
      fetch: (url, init) => run(() => tv.send(url, init)),
      clock: {
        now: () => service.clock.now(),
        after: (ms, callback) => {
          if (!TIME_LIMITS.has(ms)) tv.pauses.push(ms);
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

/** The client's limits for requests, the Appstore, receipts and the storage. A timer of such a length is no pause. */
const TIME_LIMITS: ReadonlySet<number> = new Set([15_000, 10_000, 5_000]);
