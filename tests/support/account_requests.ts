/**
 * The calls of a customer without consent, as a test makes them.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { ACCOUNT, type AccountRecord } from "../../lib/kv/schema.ts";
import type { SignedInBody, TestService } from "./test_service.ts";
import { assertProblem } from "./contract_problems.ts";

/** An email that none of the simulated customers has. */
export const EMAIL = "vera@example.com";
/** The email of the simulated customer `mork`. */
export const MORK = "mhashimoto-04@plaxo.com";
/** A password that the policy takes. */
export const PASSWORD = "correct horse battery";

/** Asks for a sign-up of {@linkcode EMAIL} with {@linkcode PASSWORD}; `changes` replace fields. */
export function signUp(
  service: TestService,
  changes: Record<string, unknown> = {},
  options: { address?: string } = {},
): Promise<Response> {
  return service.send("POST", "/v1/accounts", { email: EMAIL, password: PASSWORD, ...changes }, options);
}

/** Asks for a sign-in with {@linkcode EMAIL} and {@linkcode PASSWORD}; `changes` replace fields. */
export function signInByPassword(
  service: TestService,
  changes: Record<string, unknown> = {},
  options: { address?: string } = {},
): Promise<Response> {
  return service.send("POST", "/v1/sessions", { email: EMAIL, password: PASSWORD, ...changes }, options);
}

/** Signs up and gives the body of the answer. */
export async function signedUp(
  service: TestService,
  changes?: Record<string, unknown>,
): Promise<SignedInBody> {
  return await bodyOf(await signUp(service, changes), 201);
}

/** Checks the status and gives the body. */
export async function bodyOf<T = SignedInBody>(response: Response, status: number): Promise<T> {
  const body = await response.json();
  assertEquals([response.status, body.code], [status, undefined]);
  return body;
}

/** Gets a link ticket: a code whose profile has the email of another account. */
export async function ticketOf(service: TestService, code: string): Promise<string> {
  const { link_ticket } = await assertProblem(await service.signIn(code), "link_required");
  return String(link_ticket);
}

/** The account that a session token opens, or the status of the refusal. */
export async function accountOf(
  service: TestService,
  token: string,
): Promise<Record<string, unknown> | number> {
  const response = await service.request("/v1/account", { token });
  const body = await response.json();
  return response.status === 200 ? body : response.status;
}

/** What is stored of an account. */
export async function recordOf(service: TestService, id: string): Promise<AccountRecord> {
  using store = service.services.db.within(1000);
  const { value } = await store.get(ACCOUNT, [id]);
  if (value === null) throw new Error("There is no such account");
  return value;
}

/** Counts the hashes that are computed while it lives, and their iterations. */
export function countHashing(): { readonly count: number; readonly iterations: number } & Disposable {
  const { deriveBits } = crypto.subtle;
  let count = 0;
  let iterations = 0;
  crypto.subtle.deriveBits = (algorithm, key, length) => {
    count++;
    iterations += (algorithm as Pbkdf2Params).iterations;
    return Reflect.apply(deriveBits, crypto.subtle, [algorithm, key, length]);
  };
  return {
    get count() {
      return count;
    },
    get iterations() {
      return iterations;
    },
    [Symbol.dispose]() {
      crypto.subtle.deriveBits = deriveBits;
    },
  };
}

/** Moves the clock until a request is answered that waits for it. */
export async function answered<T>(service: TestService, request: Promise<T>): Promise<T> {
  let pending = true;
  const answer = request.finally(() => pending = false);
  while (pending) await service.clock.advance(500);
  return await answer;
}
