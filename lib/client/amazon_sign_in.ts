/**
 * The guide's whole flow: consent, code, exchange, and whatever the service says to do next.
 *
 * @module
 */
import { askCode, askCustomer, type Customer, type PurchasingService } from "./appstore.ts";
import type { Device } from "./contract.ts";
import type { AmazonResult, TryLater } from "./results.ts";
import type { PendingCode, Store } from "./store.ts";
import { type Answer, type Clock, type Send, sessionOf } from "./transport.ts";

/** What the flow needs of the client. */
export interface AmazonSignInContext {
  /** What the device remembers. */
  readonly store: Store;
  /** The way to the service. */
  readonly send: Send;
  /** For pauses. */
  readonly clock: Clock;
  /** Which of the service's Amazon clients; undefined for the first. */
  readonly app: string | undefined;
  /** What the session is for. */
  readonly device: Device | undefined;
}

/** For how long a customer looks at the waiting screen; what is left then waits for the next call. */
const PATIENCE_MS = 30_000;
/** For a clock that is set back meanwhile. */
const MOST_TRIES = 12;
const LONGEST_PAUSE_S = 8;
/** What to wait when nobody said. */
const DEFAULT_RETRY_S = 30;

/**
 * Signs the customer of this device in. Goes on from a code that was stored before, and asks for a new one at most
 * once. Never rejects.
 */
export async function signInWithAmazon(
  context: AmazonSignInContext,
  service: PurchasingService,
): Promise<AmazonResult> {
  const { store } = context;
  const customer = await askCustomer(service);
  const state = await store.load();
  const known = typeof customer === "object";
  // A session made by password belongs to whoever holds the remote; one made by one click, to its customer.
  const mine = !known || state?.kind === "session" && state.user === null || state?.user === customer.user;
  if (mine && state?.kind === "session") {
    return { outcome: "signed_in", session: state.session, restored: true };
  }
  if (!known) return { outcome: "consent_unavailable", reason: customer };
  if (!mine && state) await store.save(null);

  let pending = mine && state?.kind === "code" ? state : null;
  for (let renewed = pending?.renewed ?? false;; renewed = true) {
    if (pending === null) {
      const got = await newCode(customer, service, renewed);
      if ("outcome" in got) return got;
      pending = got;
      // Before it is sent: whoever has code and key gets a lost answer again.
      await store.save(pending);
    }
    const answer = await sendUntilSettled(context, pending);
    if ("outcome" in answer) return answer;
    const result = await settle(context, pending, answer);
    if (result !== "new_code") return result;
    await store.save(null);
    if (renewed) return tryLater(answer);
    pending = null;
  }
}

async function newCode(
  { user, consented }: Customer,
  service: PurchasingService,
  renewed: boolean,
): Promise<PendingCode | AmazonResult> {
  if (!consented) return { outcome: "consent_unavailable", reason: "not_consented" };
  const got = await askCode(service);
  if (got === "unavailable") return tryLater();
  if (typeof got === "string") return { outcome: "consent_unavailable", reason: got };
  return { kind: "code", user, code: got.code, key: newKey(), renewed };
}

/** Sends the code until there is an answer other than to send it again. */
async function sendUntilSettled(
  { send, clock, app, device }: AmazonSignInContext,
  { code, key }: PendingCode,
): Promise<Answer | TryLater> {
  const end = clock.now() + PATIENCE_MS;
  for (let tries = 1;; tries++) {
    const answer = await send({
      method: "POST",
      path: "/v1/sessions/amazon",
      body: { code, app, device },
      key,
    });
    const settled = answer.ok ? sessionOf(answer) : answer.problem && answer.problem.next !== "retry";
    if (settled) return answer;
    const told = answer.ok ? 0 : answer.retryAfter;
    const seconds = told || Math.min(2 ** (tries - 1), LONGEST_PAUSE_S);
    // Devices that were turned away together do not come back together.
    const pauseMs = seconds * 1000 * (1 + Math.random() / 2);
    if (tries >= MOST_TRIES || clock.now() + pauseMs > end) return tryLater(answer);
    await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
  }
}

/** Does what a settled answer says. The code stays stored while its answer can be had again. */
async function settle(
  { store }: AmazonSignInContext,
  { user }: PendingCode,
  answer: Answer,
): Promise<AmazonResult | "new_code"> {
  const session = sessionOf(answer);
  if (session) {
    await store.save({ kind: "session", user, session });
    return { outcome: "signed_in", session, restored: false };
  }
  const problem = answer.ok ? null : answer.problem;
  if (!problem) return tryLater(answer);
  switch (problem.next) {
    case "new_code":
      return "new_code";
    case "sign_in":
      return { outcome: "sign_in_needed", link_ticket: problem.link_ticket ?? null, problem };
    case "sign_up":
      return { outcome: "sign_up_needed", prefill: problem.prefill ?? {}, problem };
    case "fix_request":
      // It would be refused at every start.
      await store.save(null);
  }
  return { outcome: "refused", problem };
}

/** What is said when the answer did not settle it. */
export function tryLater(answer?: Answer): TryLater {
  const failed = answer && !answer.ok ? answer : null;
  return {
    outcome: "try_later",
    retry_after: failed?.retryAfter || DEFAULT_RETRY_S,
    problem: failed?.problem ?? null,
  };
}

/**
 * 128 random bits in hexadecimal. Where the engine has no `crypto`, as Hermes, they come from `Math.random`: the key
 * has to differ from others, and is worth nothing without the code, which is the secret.
 */
function newKey(): string {
  const bytes = new Uint8Array(16);
  const source = (globalThis as { crypto?: Partial<Crypto> }).crypto;
  if (source?.getRandomValues) source.getRandomValues(bytes);
  else for (let i = 0; i < bytes.length; i++) bytes[i] = Math.random() * 256;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
