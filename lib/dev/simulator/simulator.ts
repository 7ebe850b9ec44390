/**
 * Simulates Amazon for development and tests, as `amazon_one_click_guide.txt` documents it. Each code names a customer
 * and the faults that happen: see {@linkcode Simulator.issueCode}.
 *
 * @module
 */
import { Hono } from "hono";
import type { Clock } from "../../base/clock.ts";
import { createAmazon, MAX_KEPT } from "./amazon.ts";
import type { Profile } from "./customers.ts";
import { examples } from "./codes.ts";
import { ConnectionDropped, deliver } from "./delivery.ts";
import type { Endpoint } from "./faults.ts";
import { createNotifications, type Notifications } from "./notifications.ts";
import { createReceipts, type Receipts, SHARED_SECRET } from "./receipts.ts";
import { addReceiptRoutes } from "./receipt_routes.ts";
import { errorResponse, type SimulatedResponse } from "./responses.ts";

/** One request to an Amazon endpoint. */
export interface SimulatedRequest {
  /** The endpoint. */
  endpoint: Endpoint | "rvs" | "acknowledge";
  /** The HTTP method, in capitals. */
  method: string;
  /** The whole URL with its query. */
  url: string;
  /** A copy of the headers. */
  headers: Headers;
  /** The first 16,384 characters of the body; empty until the body was read. */
  body: string;
  /** `hung` until the headers are sent, then the response's status; `dropped` when the connection was dropped. */
  status: number | "dropped" | "hung";
}

/** The options of {@linkcode createSimulator}. */
export interface SimulatorOptions {
  /** Times every delay and expiry. */
  clock: Clock;
  /** The client secrets by client id; the guide's `foodev` with `foosecret` by default. */
  clients?: Record<string, string>;
  /** The developer's shared secrets, which RVS takes; {@linkcode SHARED_SECRET} by default. */
  sharedSecrets?: readonly string[];
  /** Gets the signed notification of everything that happens to a receipt by the control paths. */
  notify?: (envelope: string) => Promise<unknown>;
  /** Returns the origin of the simulator, for the URL of its certificate. */
  origin?: () => string;
  /** Lets days pass, by the clock of the simulator. Without it there is no path for that. */
  later?: (days: number) => Promise<unknown>;
  /** Milliseconds before each response of the two Amazon endpoints; 0 by default. */
  latencyMs?: number;
}

/** A simulated Amazon with the Appstore of the device. */
export interface Simulator {
  /**
   * Responds like the global `fetch`, without a network. The origin of the URL does not matter.
   *
   * - `POST /version/1.0/auth/o2/token`: the guide's "Get Access Token API", parameters in the query or a form body
   * - `GET /version/1.0/user/profile`: the guide's "Get User Profile API", token in the query or as a bearer token
   * - `GET [/sandbox]/version/1.0/verifyReceiptId/developer/{secret}/user/{user}/receiptId/{receipt}`: RVS
   * - `PUT /version/1.0/acknowledgeReceipt`: the Acknowledge Receipt API
   * - `POST /receipts`, `GET /receipts/{receipt}` and `POST /receipts/{receipt}/{action}`: {@linkcode Simulator.receipts}
   * - `POST /later`: lets days pass, `{ "days": 14 }`
   * - `GET /sns.pem`: the certificate of the notifications
   * - `POST /codes`: {@linkcode Simulator.issueCode} over HTTP, `{ "scenario": "new", "client_id": "…"? }`
   * - `GET /`: a list of every customer and fault with an example, as text
   *
   * Stops when `signal` aborts, during a delay and while the body is read. Never follows a redirect.
   *
   * @throws {TypeError} When the connection drops. Reading the body throws it when the connection drops there.
   */
  fetch: typeof globalThis.fetch;
  /**
   * Returns a new code, as the Appstore on the device does (the guide's `requestUserProfileAccess()`). The code is
   * bound to a client and valid for 5 minutes and one exchange.
   *
   * @example
   * ```ts
   * simulator.issueCode("mork~profile-ServerError*1"); // "mork~profile-ServerError*1.9f86d081884c7d65"
   * ```
   *
   * @param scenario `customer[~fault]…`, with names of `CUSTOMERS` and `FAULTS`. A fault is
   * `endpoint-kind[-argument][*times]`. With `*times` it happens only to that many requests with the code (endpoint
   * `token`) or with its access token (`profile`). Several faults of one endpoint happen one after the other.
   * @param options.clientId The client that the code is for; the first by default.
   * @throws {RangeError} For an unknown customer, fault or client.
   */
  issueCode(scenario: string, options?: { clientId?: string }): string;
  /** Changes the profile of a customer from now on, for the refresh tokens that were given out. */
  editProfile(userId: string, changes: Partial<Profile>): void;
  /** Takes all refresh tokens back that were given out so far. */
  revokeRefreshTokens(): void;
  /** The receipts of the customers. Over HTTP: `POST /receipts` with `{ "scenario": "sub.active", "user_id": "…"? }`. */
  readonly receipts: Receipts;
  /** Makes signed notifications. */
  readonly notifications: Notifications;
  /** The newest 10,000 requests to the Amazon endpoints, in order of arrival. */
  readonly requests: readonly SimulatedRequest[];
}

const MAX_RECORDED_BODY = 16_384;
const TOKEN_PATH = "/version/1.0/auth/o2/token";
const PROFILE_PATH = "/version/1.0/user/profile";

/**
 * Creates a simulated Amazon that has issued nothing.
 *
 * @example
 * ```ts
 * const simulator = createSimulator({ clock: systemClock });
 * const query = new URLSearchParams({
 *   grant_type: "authorization_code",
 *   code: simulator.issueCode("new"),
 *   client_id: "foodev",
 *   client_secret: "foosecret",
 * });
 * await simulator.fetch(`https://amazon.test/version/1.0/auth/o2/token?${query}`, { method: "POST" });
 * ```
 *
 * @throws {RangeError} When there is no client.
 */
export function createSimulator(
  {
    clock,
    clients = { foodev: "foosecret" },
    sharedSecrets = [SHARED_SECRET],
    notify = () => Promise.resolve(),
    origin = () => "https://sns.us-east-1.amazonaws.com",
    later,
    latencyMs = 0,
  }: SimulatorOptions,
): Simulator {
  if (Object.keys(clients).length === 0) throw new RangeError("The simulator needs a client");
  const amazon = createAmazon({ clock, clients: new Map(Object.entries(clients)) });
  const receipts = createReceipts({ clock, secrets: sharedSecrets });
  const notifications = createNotifications({ clock, origin });
  const requests: SimulatedRequest[] = [];

  async function respond(
    endpoint: SimulatedRequest["endpoint"],
    request: Request,
    simulate: (body: string) => SimulatedResponse,
  ): Promise<Response> {
    const record = recordOf(endpoint, request);
    requests.push(record);
    if (requests.length > MAX_KEPT) requests.shift();
    const body = await request.text();
    record.body = body.slice(0, MAX_RECORDED_BODY);
    const simulated = simulate(body);
    try {
      const delayed = { ...simulated, delayMs: simulated.delayMs + latencyMs };
      const response = await deliver(delayed, { clock, request });
      record.status = response.status;
      return response;
    } catch (error) {
      if (error instanceof ConnectionDropped) record.status = "dropped";
      throw error;
    }
  }

  function simulate(endpoint: Endpoint, request: Request, body: string): SimulatedResponse {
    const method = endpoint === "token" ? "POST" : "GET";
    if (request.method !== method) {
      const refusal = errorResponse(405, "invalid_request", `The request must be a ${method}`);
      return { ...refusal, headers: { ...refusal.headers, allow: method } };
    }
    const url = new URL(request.url);
    if (endpoint === "profile") return amazon.profile(url, request.headers.get("authorization"));
    const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.headers.get("content-type") ?? "");
    const form = isForm ? new URLSearchParams(body) : [];
    return amazon.token(new URLSearchParams([...url.searchParams, ...form]));
  }

  const serve = (endpoint: Endpoint, request: Request) =>
    respond(endpoint, request, (body) => simulate(endpoint, request, body));
  const app = new Hono()
    .all(TOKEN_PATH, (c) => serve("token", c.req.raw))
    .all(PROFILE_PATH, (c) => serve("profile", c.req.raw))
    .post("/codes", async (c) => {
      const json = await c.req.json().catch(() => undefined);
      const { scenario, client_id: clientId } = Object(json);
      try {
        if (typeof scenario !== "string") throw new RangeError("The scenario must be a text");
        return c.json({ code: amazon.issueCode(scenario, { clientId }) }, 201);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return c.json({ error: "invalid_request", error_description: error.message }, 400);
      }
    })
    .get("/", (c) => c.text(listing()))
    .onError((error, c) => {
      // These errors are part of the simulation, so the caller gets them.
      if (error instanceof ConnectionDropped || c.req.raw.signal.aborted) throw error;
      console.error(error);
      return c.text("The simulator failed", 500);
    });
  addReceiptRoutes(app, { receipts, notifications, notify, respond });
  app.post("/later", async (c) => {
    const { days } = Object(await c.req.json().catch(() => undefined));
    if (!later) {
      return c.json({ error: "invalid_request", error_description: "This clock is not to be set" }, 404);
    }
    if (!Number.isInteger(days) || days < 1 || days > 400) {
      return c.json({ error: "invalid_request", error_description: "The days must be 1 to 400" }, 400);
    }
    await later(days);
    return c.json({ now: new Date(clock.now()).toISOString() });
  });

  return {
    async fetch(input, init) {
      const request = new Request(input, init);
      request.signal.throwIfAborted();
      return await app.fetch(request);
    },
    issueCode: amazon.issueCode,
    editProfile: amazon.editProfile,
    revokeRefreshTokens: amazon.revokeRefreshTokens,
    receipts,
    notifications,
    requests,
  };
}

function recordOf(
  endpoint: SimulatedRequest["endpoint"],
  { method, url, headers }: Request,
): SimulatedRequest {
  return { endpoint, method, url, headers: new Headers(headers), body: "", status: "hung" };
}

function listing(): string {
  const { customers, faults } = examples();
  const width = Math.max(...[...customers, ...faults].map(([code]) => code.length)) + 2;
  const lines = (rows: [string, string][]) =>
    rows.map(([code, text]) => code.padEnd(width) + text).join("\n");
  return `A simulated Amazon. A code is customer[~fault]...[@client_id][.nonce] and works once.
POST /codes {"scenario":"customer[~fault]..."} returns a new code, valid for 5 minutes.
POST /receipts {"scenario":"sub.active","user_id":"..."} sells a receipt; POST /receipts/ID/ACTION changes it.
POST /later {"days":14} lets days pass.
A fault is endpoint-kind[-argument][*times]; without *times it happens every time.

Customers
${lines(customers)}

Faults
${lines(faults)}
`;
}
