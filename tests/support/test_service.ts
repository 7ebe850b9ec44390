/**
 * The whole service inside the test's process: real KV in memory, the simulated Amazon as `fetch`, a clock that the
 * test moves, and the log.
 *
 * @module
 */
import type { Connect } from "../../lib/amazon/connection.ts";
import { createLog, type Log } from "../../lib/base/log.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { DEV_CLIENT_SECRETS, devEnvironment } from "../../lib/dev/environment.ts";
import type { ReceivedMail } from "../../lib/dev/mailbox/received_mail.ts";
import { createSimulator, type Simulator } from "../../lib/dev/simulator/simulator.ts";
import { runDueTasks } from "../../lib/due_tasks.ts";
import { KeyCheck } from "../../lib/kv/key_check.ts";
import { Keyring } from "../../lib/kv/keyring.ts";
import { decodeListedEntry } from "../../lib/kv/records.ts";
import { CODE_PROGRESS, DATA_KEY, ENDED, EVENTS } from "../../lib/kv/schema.ts";
import { MOST_DELAY_MS } from "../../lib/outbox/outbox.ts";
import { runReceiptChecks } from "../../lib/purchases/receipt_checks.ts";
import { createServices, type Services } from "../../lib/services.ts";
import { createApp } from "../../routes/mod.ts";
import type { SignedInBody } from "./bodies.ts";
import { FakeClock } from "./fake_clock.ts";
import { assertDocumented } from "./openapi_check.ts";
import "./preloaded.ts";

export type { FakeClock };

/** Options of {@linkcode TestService.open}. */
export interface TestServiceOptions {
  /** Variables that replace those of development. */
  env?: Record<string, string>;
  /** The database of another service: the two are instances of one service. It is not closed at the end. */
  kv?: Deno.Kv;
  /** The simulated Amazon of another instance. */
  simulator?: Simulator;
  /** The clock of another instance. */
  clock?: FakeClock;
  /** Wraps the database, to count its operations or let them fail. */
  wrapKv?: (kv: Deno.Kv) => Deno.Kv;
  /** Wraps `fetch` to Amazon and the mail API, to count requests or let them fail. */
  wrapFetch?: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch;
  /** Tries whether Amazon can be reached, when an answer is late. It can by default. */
  connect?: Connect;
  /** Counts the sessions of an account beside one sign-in in so many; 0, never, by default, as the draw is random. */
  censusOneIn?: number;
  /** Iterations of the password hash: 1,000 by default, 600,000 in production. */
  passwordIterations?: number;
}

/** A mail as it was handed in to the mail API, for the one address of its recipient. */
export type SentMail = Omit<ReceivedMail, "id" | "receivedAt" | "idempotencyKey" | "to"> & {
  readonly to: [string];
};

/** The records of a new customer after one sign-in by one click, as {@linkcode TestService.stored} counts them. */
export const ONE_SIGN_IN = {
  account: 1,
  amazon_user: 1,
  email: 1,
  session: 1,
  event: 1,
  exchange: 1,
  code_result: 1,
  task: 1,
};

/** The URL of the mail API, which keeps every mail. The mailbox of `lib/dev` does not show a mail that came twice. */
const MAIL_API = "https://mail.test";
const MAIL_ENV = { MAIL_URL: "https://:mail-key@mail.test", MAIL_FROM: "Oneclick <hello@oneclick.example>" };

/** Options of a request to `POST /v1/sessions/amazon`. */
export interface SignInOptions {
  /** The `Idempotency-Key`. */
  key?: string;
  /** The field `device` of the body. */
  device?: unknown;
  /** The field `app` of the body. */
  app?: string;
  /** The field `purchases` of the body. */
  purchases?: unknown;
  /** The address of the client. */
  address?: string;
}

/** A service to test. Dispose of it with `await using`. */
export class TestService implements AsyncDisposable {
  /** The clock of the service and the simulator. */
  readonly clock: FakeClock;
  /** The simulated Amazon. */
  readonly simulator: Simulator;
  /** The services that the app uses. */
  readonly services: Services;
  readonly #app: ReturnType<typeof createApp>;
  /** Every log line, parsed. */
  readonly log: Record<string, unknown>[] = [];
  /** Every mail that was sent, oldest first. */
  readonly mails: SentMail[] = [];

  readonly #ownsKv: boolean;
  readonly #log: Log = createLog({
    level: "debug",
    clock: { now: () => this.clock.now() },
    write: (line) => this.log.push(JSON.parse(line)),
  });

  private constructor(
    readonly kv: Deno.Kv,
    { env, wrapKv, wrapFetch, connect, censusOneIn = 0, passwordIterations, ...shared }: TestServiceOptions,
  ) {
    this.#ownsKv = shared.kv === undefined;
    this.clock = shared.clock ?? new FakeClock();
    this.simulator = shared.simulator ?? createSimulator({ clock: this.clock, clients: DEV_CLIENT_SECRETS });
    const config = parseConfig({
      ...devEnvironment("https://appstore-sdk.amazon.com", 8000),
      ...MAIL_ENV,
      ...env,
    });
    const reach = this.#reach.bind(this);
    // The tests count and disturb what a service does with a database that it knows, so the check sees no hook.
    const keyCheck = new KeyCheck({
      kv,
      keyring: new Keyring(config.dataKeys),
      clock: this.clock,
      log: this.#log,
    });
    this.services = createServices({
      config,
      keyCheck,
      kv: wrapKv?.(kv) ?? kv,
      clock: this.clock,
      log: this.#log,
      fetch: wrapFetch?.(reach) ?? reach,
      connect,
      cores: 2,
      censusOneIn,
      passwordIterations: passwordIterations ?? 1000,
    });
    this.#app = createApp(this.services);
  }

  /** Opens a service on an empty database, or on `kv`. */
  static async open(options: TestServiceOptions = {}): Promise<TestService> {
    const service = new TestService(options.kv ?? await Deno.openKv(":memory:"), options);
    // A ring that does not fit fails each request.
    await service.services.keyCheck.pass().catch(() => {});
    return service;
  }

  /** Sends a request, from 192.0.2.1 by default. */
  async request(
    path: string,
    init: RequestInit & { address?: string; token?: string } = {},
  ): Promise<Response> {
    const { address = "192.0.2.1", token, ...rest } = init;
    const request = new Request(`http://localhost:8000${path}`, rest);
    if (token !== undefined) request.headers.set("authorization", `Bearer ${token}`);
    const remoteAddr: Deno.NetAddr = { transport: "tcp", hostname: address, port: 40000 };
    return await this.#app.fetch(request, { remoteAddr });
  }

  /** Sends a request for a one-click sign-in. */
  signIn(code: string, { key, device, app, purchases, address }: SignInOptions = {}): Promise<Response> {
    return this.request("/v1/sessions/amazon", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(key === undefined ? {} : { "idempotency-key": key }),
      },
      body: JSON.stringify({ code, app, device, purchases }),
      ...(address === undefined ? {} : { address }),
    });
  }

  /**
   * Does the tasks that are due now, as the cron job does every minute, and waits for them. A mail that somebody asked
   * for is due some seconds later: the clock moves on to that time.
   */
  async runDueTasks(): Promise<void> {
    await this.services.background.idle();
    for await (const { key, value } of this.kv.list<Uint8Array<ArrayBuffer>>({ prefix: ["mail"] })) {
      const { created_at, due_at } = this.#open(key, value);
      const wait = due_at - this.clock.now();
      if (wait > 0 && due_at - created_at <= MOST_DELAY_MS) await this.clock.advance(wait);
    }
    await this.services.background.idle();
    await runDueTasks(this.services);
    await runReceiptChecks(this.services);
  }

  #open(
    key: Deno.KvKey,
    value: Uint8Array<ArrayBuffer>,
  ): { readonly created_at: number; readonly due_at: number } {
    try {
      return JSON.parse(this.services.keyring.open(value, key.join("/")));
    } catch {
      // A test has spoilt the record.
      return { created_at: 0, due_at: 0 };
    }
  }

  /** Moves the clock until a request is answered, and returns the answer. */
  async answerOf<T = Response>(request: Promise<T>): Promise<T> {
    return (await this.clock.advanceUntil(request)).value;
  }

  /** Sends a request with `body` as JSON. `key`: its `Idempotency-Key`. */
  send(
    method: string,
    path: string,
    body: unknown,
    { key, ...init }: { address?: string; token?: string; key?: string } = {},
  ): Promise<Response> {
    const headers = {
      "content-type": "application/json",
      ...(key === undefined ? {} : { "idempotency-key": key }),
    };
    return this.request(path, { method, headers, body: JSON.stringify(body), ...init });
  }

  /** Signs a customer in by one click, and returns the body of the answer. */
  async signedIn(code: string, options?: SignInOptions): Promise<SignedInBody> {
    const response = await this.signIn(code, options);
    const body = await response.json();
    if (!response.ok) throw new Error(`Not signed in: ${JSON.stringify(body)}`);
    return body;
  }

  /** The number of requests that reached each endpoint of Amazon. */
  get calls(): { token: number; profile: number } {
    const of = (endpoint: string) =>
      this.simulator.requests.filter((request) => request.endpoint === endpoint).length;
    return { token: of("token"), profile: of("profile") };
  }

  /**
   * Counts the stored records by the first part of their key; events, kept tokens and what codes led to as such. Those of
   * the data keys are left out, and those of what a request has ended: they name nobody, and outlive an account by 10
   * minutes.
   */
  async stored(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for await (const entry of this.kv.list({ prefix: [] })) {
      const [first] = entry.key;
      if (first === DATA_KEY.kind || first === ENDED.kind) continue;
      const kind = this.#kindOf(entry);
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  }

  #kindOf(entry: Deno.KvEntry<unknown>): string {
    const [first, , last] = entry.key;
    if (first === EVENTS.kind && String(last).startsWith("evt_")) return "event";
    if (first !== CODE_PROGRESS.kind || last === undefined) return String(first);
    const { stored } = decodeListedEntry(CODE_PROGRESS, entry, this.services);
    if (stored === null) return "unreadable";
    return "result" in stored ? "code_result" : "kept_token";
  }

  async #reach(...[url, init]: Parameters<typeof fetch>): Promise<Response> {
    if (!String(url).startsWith(`${MAIL_API}/`)) return await this.simulator.fetch(url, init);
    this.mails.push(JSON.parse(String(init?.body)));
    return Response.json({ id: String(this.mails.length) });
  }

  /**
   * Waits for background work, and closes the database.
   *
   * @throws {AssertionError} when the service has given an answer that `/openapi.json` does not describe.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    // A check of a receipt can wait for its turn.
    await this.answerOf(this.services.background.idle());
    if (this.#ownsKv) this.kv.close();
    assertDocumented(this.#app, this.log);
  }
}
