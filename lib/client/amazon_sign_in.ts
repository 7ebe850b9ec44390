/**
 * Runs the guide's whole flow: consent, code, exchange, and the next step that the service asks for.
 *
 * @module
 */
import { type AppstoreUser, fetchAppstoreUser, type PurchasingService, requestCode } from "./appstore.ts";
import type { Device } from "./contract.ts";
import type { AmazonResult, TryLater } from "./results.ts";
import type { PendingCode, Store } from "./store.ts";
import { type Clock, type Send, type ServiceResponse, sessionOf } from "./transport.ts";

/** The parts of the client that the flow uses. */
export interface AmazonSignInContext {
  /** Stores the code and the session. */
  readonly store: Store;
  /** Sends requests to the service. */
  readonly send: Send;
  /** Times the pauses between tries. */
  readonly clock: Clock;
  /** The name of one of the service's Amazon clients; undefined for the first. */
  readonly app: string | undefined;
  /** The description of this device, which the session gets. */
  readonly device: Device | undefined;
}

/** Customers look at the waiting screen for this long. After it, the next call goes on with the stored code. */
const PATIENCE_MS = 30_000;
/** Ends the tries when the clock is set back meanwhile. */
const MAX_TRIES = 12;
const MAX_PAUSE_S = 8;
/** The wait for the caller when the service named none. */
const DEFAULT_RETRY_S = 30;

/**
 * Signs the Appstore user of this device in. Goes on with a code that was stored before, and asks for a new one at
 * most once. Never rejects.
 */
export async function signInWithAmazon(
  context: AmazonSignInContext,
  service: PurchasingService,
): Promise<AmazonResult> {
  const { store } = context;
  const user = await fetchAppstoreUser(service);
  const state = await store.load();
  const known = typeof user === "object";
  // A session made by one click belongs to one Appstore user. One made by password belongs to every user of the device.
  const usable = !known || state?.kind === "session" && state.user === null || state?.user === user.id;
  if (usable && state?.kind === "session") {
    return { outcome: "signed_in", session: state.session, restored: true };
  }
  if (!known) return { outcome: "consent_unavailable", reason: user };
  if (!usable && state) await store.save(null);

  let pending = usable && state?.kind === "code" ? state : null;
  for (let renewed = pending?.renewed ?? false;; renewed = true) {
    if (pending === null) {
      const requested = await newCode(user, service, renewed);
      if ("outcome" in requested) return requested;
      pending = requested;
      // The code and its key are stored before they are sent: with both, a lost response can be had again.
      await store.save(pending);
    }
    const response = await sendUntilSettled(context, pending);
    if ("outcome" in response) return response;
    const result = await settle(context, pending, response);
    if (result !== "new_code") return result;
    await store.save(null);
    if (renewed) return tryLater(response);
    pending = null;
  }
}

async function newCode(
  { id, consented }: AppstoreUser,
  service: PurchasingService,
  renewed: boolean,
): Promise<PendingCode | AmazonResult> {
  if (!consented) return { outcome: "consent_unavailable", reason: "not_consented" };
  const requested = await requestCode(service);
  if (requested === "unavailable") return tryLater();
  if (typeof requested === "string") return { outcome: "consent_unavailable", reason: requested };
  return { kind: "code", user: id, code: requested.code, key: newIdempotencyKey(), renewed };
}

/** Sends the code until the response is a session, or a problem whose `next` is not `retry`. */
async function sendUntilSettled(
  { send, clock, app, device }: AmazonSignInContext,
  { code, key }: PendingCode,
): Promise<ServiceResponse | TryLater> {
  const end = clock.now() + PATIENCE_MS;
  for (let tries = 1;; tries++) {
    const response = await send({
      method: "POST",
      path: "/v1/sessions/amazon",
      body: { code, app, device },
      key,
    });
    const settled = response.ok ? sessionOf(response) : response.problem && response.problem.next !== "retry";
    if (settled) return response;
    const retryAfter = response.ok ? 0 : response.retryAfter;
    const seconds = retryAfter || Math.min(2 ** (tries - 1), MAX_PAUSE_S);
    // The random part spreads devices that were turned away at the same moment.
    const pauseMs = seconds * 1000 * (1 + Math.random() / 2);
    if (tries >= MAX_TRIES || clock.now() + pauseMs > end) return tryLater(response);
    await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
  }
}

/** Turns a settled response into a result. The code stays stored while the same response can be had again. */
async function settle(
  { store }: AmazonSignInContext,
  { user }: PendingCode,
  response: ServiceResponse,
): Promise<AmazonResult | "new_code"> {
  const session = sessionOf(response);
  if (session) {
    await store.save({ kind: "session", user, session });
    return { outcome: "signed_in", session, restored: false };
  }
  const problem = response.ok ? null : response.problem;
  if (!problem) return tryLater(response);
  switch (problem.next) {
    case "new_code":
      return "new_code";
    case "sign_in":
      return { outcome: "sign_in_needed", link_ticket: problem.link_ticket ?? null, problem };
    case "sign_up":
      return { outcome: "sign_up_needed", prefill: problem.prefill ?? {}, problem };
    case "fix_request":
      // The service would refuse the same request at every start of the app.
      await store.save(null);
  }
  return { outcome: "refused", problem };
}

/** Returns the result for a response that settled nothing, or for no response at all. */
export function tryLater(response?: ServiceResponse): TryLater {
  const failed = response && !response.ok ? response : null;
  return {
    outcome: "try_later",
    retry_after: failed?.retryAfter || DEFAULT_RETRY_S,
    problem: failed?.problem ?? null,
  };
}

/**
 * Returns 128 random bits in hexadecimal. Engines without `crypto`, as Hermes, use `Math.random`. That is enough: the
 * key only has to differ from others, and it is useless without the code, which is the secret.
 */
function newIdempotencyKey(): string {
  const bytes = new Uint8Array(16);
  const source = (globalThis as { crypto?: Partial<Crypto> }).crypto;
  if (source?.getRandomValues) source.getRandomValues(bytes);
  else for (let i = 0; i < bytes.length; i++) bytes[i] = Math.random() * 256;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
