/**
 * Signs in from a phone (RFC 8628): shows a code, and asks the service until the customer has approved this device.
 *
 * @module
 */
import { createInterrupt, pause } from "./clock.ts";
import type { Activation, Device, SignedIn } from "./contract.ts";
import { isText, tell } from "./foreign.ts";
import { type SendContext, sendPatiently, tryLater } from "./patience.ts";
import type { ActivationOffer, ActivationResult } from "./results.ts";
import type { Store, StoredActivation } from "./store.ts";
import { type ServiceResponse, sessionOf } from "./transport.ts";

/** The part of an `AbortSignal` that the client uses. */
export interface StopSignal {
  /** Whether the app has stopped the sign-in. */
  readonly aborted: boolean;
  /** Calls `listener` when the app stops the sign-in. */
  addEventListener(type: "abort", listener: () => void): void;
}

/** What the screen of a sign-in from a phone shows. */
export type ActivationCode = Omit<Activation, "device_code" | "interval">;

/** The options of `activate`. */
export interface ActivateOptions extends ActivationOffer {
  /** Is called with the code to show, and again with another one when the stored code has ended. */
  readonly onCode: (code: ActivationCode) => void;
  /** Stops asking. The code stays valid and stored: the next call goes on with it. */
  readonly signal?: StopSignal;
}

/** The parts of the client that the flow uses. */
export interface ActivationContext extends SendContext {
  /** Stores the running activation. */
  readonly store: Store;
  /** The description of this device, which the page on the phone shows. */
  readonly device: Device | undefined;
  /** Stores the session. */
  readonly keep: (session: SignedIn) => Promise<ActivationResult>;
}

/** Seconds for which the service gives the answer to an activation again. */
const ANSWER_S = 600;
const DEFAULT_INTERVAL_S = 5;
const MAX_INTERVAL_S = 60;

/** Shows a code and waits for the phone. Goes on with the stored code when the app was killed. Never rejects. */
export async function activate(
  context: ActivationContext,
  options: ActivateOptions,
): Promise<ActivationResult> {
  const { store } = context;
  const link_ticket = options.link_ticket ?? null;
  const stored = await store.loadActivation();
  let current = stored?.link_ticket === link_ticket ? stored : null;
  for (let restored = current !== null;; restored = false) {
    if (current === null) {
      const started = await start(context, options);
      if ("outcome" in started) return started;
      await store.saveActivation(current = { activation: started, link_ticket });
    }
    show(options, current);
    const response = await waitForPhone(context, current.activation, options.signal);
    if (response === "stopped") return tryLater();
    const session = sessionOf(response);
    if (session) {
      const result = await context.keep(session);
      await store.saveActivation(null);
      return result;
    }
    const problem = response.ok ? null : response.problem;
    if (!problem) return tryLater(response);
    await store.saveActivation(current = null);
    // The stored code was from an earlier start of the app, so its end is no answer to this call.
    if (restored && problem.code === "expired_token") continue;
    return { outcome: "refused", problem };
  }
}

async function start(
  context: ActivationContext,
  { link_ticket, prefill }: ActivateOptions,
): Promise<Activation | ActivationResult> {
  const body = { device: context.device, link_ticket, prefill };
  const request = { method: "POST", path: "/v1/activations", body };
  const response = await sendPatiently(context, request, activationIn);
  if ("outcome" in response) return response;
  const started = activationIn(response);
  if (started) return started;
  const problem = response.ok ? null : response.problem;
  return problem ? { outcome: "refused", problem } : tryLater(response);
}

function activationIn(response: ServiceResponse): Activation | null {
  const body = response.ok ? response.body as Partial<Activation> | null : null;
  return isText(body?.device_code) && isText(body.user_code) ? body as Activation : null;
}

function show({ onCode }: ActivateOptions, { activation }: StoredActivation): void {
  const { device_code: _secret, interval: _pace, ...code } = activation;
  tell(() => onCode(code));
}

/** Asks at the service's pace. A response that settles nothing, as none at all, is asked for again. */
async function waitForPhone(
  { send, clock }: ActivationContext,
  { device_code, interval, expires_in }: Activation,
  signal: StopSignal | undefined,
): Promise<ServiceResponse | "stopped"> {
  const stop = createInterrupt();
  // A signal that cannot be listened to is looked at after each pause.
  tell(() => signal?.addEventListener("abort", stop.request));
  let pace = atLeastASecond(interval || DEFAULT_INTERVAL_S);
  const untilS = (expires_in > 0 ? expires_in : ANSWER_S) + ANSWER_S;
  const request = { method: "POST", path: "/v1/sessions/activation", body: { device_code } };
  for (let waited = 0;; waited += pace) {
    if (isAborted(signal)) return "stopped";
    const response = await send(request);
    if (sessionOf(response)) return response;
    if (!response.ok && response.problem && response.problem.next !== "retry") return response;
    if (waited > untilS) return response;
    const retryAfter = response.ok ? 0 : response.retryAfter;
    // Without a connection the pace slows down, as RFC 8628 section 3.5 asks.
    pace = retryAfter
      ? atLeastASecond(retryAfter)
      : response.ok || response.problem
      ? pace
      : Math.min(pace * 2, MAX_INTERVAL_S);
    await pause(clock, pace * 1000, stop);
  }
}

function atLeastASecond(seconds: number): number {
  return seconds >= 1 ? Math.min(seconds, ANSWER_S) : DEFAULT_INTERVAL_S;
}

function isAborted(signal: StopSignal | undefined): boolean {
  try {
    return signal?.aborted === true;
  } catch {
    return false;
  }
}
