/**
 * The whole service in process, for a test: real KV in memory, the simulated Amazon as `fetch`, a clock that
 * stands still, and everything that was logged.
 *
 * @module
 */
import { parseConfig } from "../../lib/config/config.ts";
import { DEV_CLIENT_SECRETS, devEnvironment } from "../../lib/dev/environment.ts";
import type { ReceivedMail } from "../../lib/dev/mailbox/received_mail.ts";
import { createSimulator, type Simulator } from "../../lib/dev/simulator/simulator.ts";
import { runDueTasks } from "../../lib/due_tasks.ts";
import { createLog } from "../../lib/base/log.ts";
import { createServices, type Services } from "../../lib/services.ts";
import { createApp } from "../../routes/mod.ts";
import { advanceUntil, InFlight } from "./advance_clock.ts";
import { assertDocumented } from "./openapi_check.ts";
import { FakeClock } from "./fake_clock.ts";

export type { FakeClock };

/** What a test may change of its service. */
export interface TestServiceOptions {
  /** Variables over those of development. */
  env?: Record<string, string>;
  /** A database that another service has too: another instance of the service. It is left open. */
  kv?: Deno.Kv;
  /** Another instance sees the same Amazon. */
  simulator?: Simulator;
  /** Wraps the database, to count or to fail. */
  wrapKv?: (kv: Deno.Kv) => Deno.Kv;
  /** Wraps the way to Amazon and to the mail API, to count or to fail. */
  wrapFetch?: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch;
  /** Rounds of the password hash; 1000 by default, a 600th of production's. */
  passwordIterations?: number;
}

/** A mail as it was handed in to the mail API, for the one address of its recipient. */
export type SentMail = Omit<ReceivedMail, "id" | "receivedAt" | "idempotencyKey" | "to"> & {
  readonly to: [string];
};

/** What is stored of a customer after one sign-in by one click, as {@linkcode TestService.stored} counts it. */
export const ONE_SIGN_IN = { account: 1, amazon_user: 1, email: 1, session: 1, exchange: 1, task: 1 };

/** Where the service's mail API is. It keeps all that comes: the mailbox of lib/dev would not show a mail that came twice. */
const MAIL_API = "https://mail.test";
const MAIL_ENV = { MAIL_URL: "https://:mail-key@mail.test", MAIL_FROM: "Oneclick <hello@oneclick.example>" };

/** A request to `POST /v1/sessions/amazon`. */
export interface SignInOptions {
  /** Its `Idempotency-Key`. */
  key?: string;
  /** The body's `device`. */
  device?: unknown;
  /** The body's `app`. */
  app?: string;
  /** The client's address. */
  address?: string;
}

/** A service to test; dispose of it with `await using`. */
export class TestService implements AsyncDisposable {
  /** The time of service and simulator. */
  readonly clock: FakeClock = new FakeClock();
  /** Amazon. */
  readonly simulator: Simulator;
  /** What the app was made of. */
  readonly services: Services;
  readonly #app: ReturnType<typeof createApp>;
  /** Every line of the log, parsed. */
  readonly log: Record<string, unknown>[] = [];
  /** Every mail that was sent, the oldest first. */
  readonly mails: SentMail[] = [];

  readonly #ownsKv: boolean;
  readonly #inFlight = new InFlight();

  private constructor(
    readonly kv: Deno.Kv,
    { env, wrapKv, wrapFetch, passwordIterations, ...shared }: TestServiceOptions,
  ) {
    this.#ownsKv = shared.kv === undefined;
    this.simulator = shared.simulator ?? createSimulator({ clock: this.clock, clients: DEV_CLIENT_SECRETS });
    const config = parseConfig({
      ...devEnvironment("https://appstore-sdk.amazon.com", 8000),
      ...MAIL_ENV,
      ...env,
    });
    const reach = this.#reach.bind(this);
    this.services = createServices({
      config,
      kv: this.#inFlight.wrap(wrapKv?.(kv) ?? kv),
      clock: this.clock,
      log: createLog({ level: "debug", clock: this.clock, write: (line) => this.log.push(JSON.parse(line)) }),
      fetch: wrapFetch?.(reach) ?? reach,
      cores: 2,
      passwordIterations: passwordIterations ?? 1000,
    });
    this.#app = createApp(this.services);
  }

  /** Opens an empty service. */
  static async open(options: TestServiceOptions = {}): Promise<TestService> {
    return new TestService(options.kv ?? await Deno.openKv(":memory:"), options);
  }

  /** Sends a request from `address`. */
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

  /** Asks for a one-click sign-in. */
  signIn(code: string, { key, device, app, address }: SignInOptions = {}): Promise<Response> {
    return this.request("/v1/sessions/amazon", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(key === undefined ? {} : { "idempotency-key": key }),
      },
      body: JSON.stringify({ code, app, device }),
      ...(address === undefined ? {} : { address }),
    });
  }

  /** Does what is due now, as every minute does; resolves when it is done. */
  async runDueTasks(): Promise<void> {
    await this.services.background.idle();
    await runDueTasks(this.services);
  }

  /** Moves the clock until a request is answered, in steps of `stepMs`. */
  async answerOf<T = Response>(request: Promise<T>, options: { stepMs?: number } = {}): Promise<T> {
    return (await advanceUntil(request, { clock: this.clock, inFlight: this.#inFlight, ...options })).value;
  }

  /** Sends `body` as JSON. */
  send(
    method: string,
    path: string,
    body: unknown,
    init: { address?: string; token?: string } = {},
  ): Promise<Response> {
    const headers = { "content-type": "application/json" };
    return this.request(path, { method, headers, body: JSON.stringify(body), ...init });
  }

  /** Signs a customer in and gives the body of the answer. */
  async signedIn(code: string, options?: SignInOptions): Promise<SignedInBody> {
    const response = await this.signIn(code, options);
    const body = await response.json();
    if (!response.ok) throw new Error(`Not signed in: ${JSON.stringify(body)}`);
    return body;
  }

  /** How many requests reached each of Amazon's endpoints. */
  get calls(): { token: number; profile: number } {
    const of = (endpoint: string) =>
      this.simulator.requests.filter((request) => request.endpoint === endpoint).length;
    return { token: of("token"), profile: of("profile") };
  }

  /** The keys that are stored, by their first part. */
  async stored(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for await (const { key } of this.kv.list({ prefix: [] })) {
      counts[String(key[0])] = (counts[String(key[0])] ?? 0) + 1;
    }
    return counts;
  }

  async #reach(...[url, init]: Parameters<typeof fetch>): Promise<Response> {
    if (!String(url).startsWith(`${MAIL_API}/`)) return await this.simulator.fetch(url, init);
    this.mails.push(JSON.parse(String(init?.body)));
    return Response.json({ id: String(this.mails.length) });
  }

  /**
   * Closes the database, when nothing goes on any more.
   *
   * @throws {AssertionError} when the service has answered what `/openapi.json` does not say.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.services.background.idle();
    if (this.#ownsKv) this.kv.close();
    assertDocumented(this.#app, this.log);
  }
}

/** The body of a sign-in, as a device reads it. */
export interface SignedInBody {
  /** The bearer secret. */
  session_token: string;
  /** `Bearer`. */
  token_type: string;
  /** RFC 3339, UTC. */
  expires_at: string;
  /** Whole seconds. */
  expires_in: number;
  /** The new session. */
  session: { id: string; created_at: string; last_used_at: string; device: Record<string, string> };
  /** Whose session it is. */
  account: Record<string, unknown> & { id: string; email: string; created: boolean };
}

/** A problem, as a device reads it. */
export interface ProblemBody {
  /** URI of the kind of problem. */
  type: string;
  /** The same for every problem of a kind. */
  title: string;
  /** The HTTP status once more. */
  status: number;
  /** What happened, for a developer. */
  detail: string;
  /** The stable code. */
  code: string;
  /** What a device does next. */
  next: string;
  /** As in `X-Request-Id`. */
  request_id: string;
  /** The faults of an `invalid_request`. */
  errors?: { path: string; message: string }[];
  /** The ticket of a `link_required`. */
  link_ticket?: string;
  /** What a `profile_incomplete` has. */
  prefill?: Record<string, string>;
}
