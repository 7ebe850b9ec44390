/**
 * Signs up and signs in by password.
 *
 * @module
 */
import type { Device, PasswordSignIn, SignedIn, SignUp } from "./contract.ts";
import { newIdempotencyKey } from "./idempotency_key.ts";
import { tryLater } from "./patience.ts";
import type { PasswordResult } from "./results.ts";
import { type Store, withoutSession } from "./store.ts";
import { type Send, sessionOf } from "./transport.ts";

/** The calls with a password. */
export interface PasswordCalls {
  /** Creates an account. The same words after a lost response have the same key, so the customer gets the same session. */
  signUp(customer: SignUp): Promise<PasswordResult>;
  /** Signs in to an account. */
  signIn(customer: PasswordSignIn): Promise<PasswordResult>;
}

/**
 * Creates the calls with a password.
 *
 * @param keep Stores the session.
 */
export function createPasswordCalls({ send, store, device, keep }: {
  readonly send: Send;
  readonly store: Store;
  readonly device: Device | undefined;
  readonly keep: (session: SignedIn) => Promise<PasswordResult>;
}): PasswordCalls {
  let unsettledSignUp: { readonly body: string; readonly key: string } | null = null;

  async function sendCredentials(
    path: string,
    customer: SignUp | PasswordSignIn,
    key?: string,
  ): Promise<PasswordResult> {
    const body = { ...customer, device };
    const response = await send({ method: "POST", path, body, ...(key ? { key } : {}) });
    const session = sessionOf(response);
    if (session) return await keep(session);
    const problem = response.ok ? null : response.problem;
    if (!problem || problem.next === "retry") return tryLater(response);
    // The stored code would return the same spent ticket again.
    if (problem.next === "new_code") await store.save(withoutSession(await store.load()));
    return { outcome: "refused", problem };
  }

  return {
    async signUp(customer) {
      const body = JSON.stringify(customer);
      const key = unsettledSignUp?.body === body ? unsettledSignUp.key : newIdempotencyKey();
      unsettledSignUp = { body, key };
      const result = await sendCredentials("/v1/accounts", customer, key);
      if (result.outcome !== "try_later") unsettledSignUp = null;
      return result;
    },
    signIn: (customer) => sendCredentials("/v1/sessions", customer),
  };
}
