/**
 * Requests of a customer who uses an email and a password.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { ACCOUNT, type AccountRecord } from "../../lib/kv/schema.ts";
import type { SignedInBody } from "./bodies.ts";
import type { TestService } from "./test_service.ts";
import { assertProblem } from "./contract_problems.ts";

/** An email of no simulated Amazon customer. */
export const EMAIL = "vera@example.com";
/** The email of the simulated Amazon customer `mork`. */
export const MORK = "mhashimoto-04@plaxo.com";
/** A password that the policy takes. */
export const PASSWORD = "correct horse battery";

/** Signs {@linkcode EMAIL} up with {@linkcode PASSWORD}; `changes` replace fields of the body. */
export function signUp(
  service: TestService,
  changes: Record<string, unknown> = {},
  options: { address?: string; key?: string } = {},
): Promise<Response> {
  return service.send("POST", "/v1/accounts", { email: EMAIL, password: PASSWORD, ...changes }, options);
}

/** Signs in with {@linkcode EMAIL} and {@linkcode PASSWORD}; `changes` replace fields of the body. */
export function signInByPassword(
  service: TestService,
  changes: Record<string, unknown> = {},
  options: { address?: string } = {},
): Promise<Response> {
  return service.send("POST", "/v1/sessions", { email: EMAIL, password: PASSWORD, ...changes }, options);
}

/** Signs up, and returns the body of the answer. */
export async function signedUp(
  service: TestService,
  changes?: Record<string, unknown>,
): Promise<SignedInBody> {
  return await bodyOf(await signUp(service, changes), 201);
}

/** Asserts the status of an answer, and returns its body. */
export async function bodyOf<T = SignedInBody>(response: Response, status: number): Promise<T> {
  const body = await response.json();
  assertEquals([response.status, body.code], [status, undefined]);
  return body;
}

/** Sends a code whose profile has the email of another account, and returns the link ticket. */
export async function ticketOf(service: TestService, code: string): Promise<string> {
  const { link_ticket } = await assertProblem(await service.signIn(code), "link_required");
  return String(link_ticket);
}

/** Reads the account of a session token; returns the status when the token is refused. */
export async function accountOf(
  service: TestService,
  token: string,
): Promise<Record<string, unknown> | number> {
  const response = await service.request("/v1/account", { token });
  const body = await response.json();
  return response.status === 200 ? body : response.status;
}

/** Reads the stored record of an account. */
export async function recordOf(service: TestService, id: string): Promise<AccountRecord> {
  const key = [ACCOUNT.kind, id];
  const { value } = await service.kv.get<Uint8Array>(key);
  if (value === null) throw new Error("There is no such account");
  return ACCOUNT.schema.parse(JSON.parse(service.services.keyring.open(value, key.join("/"))));
}

/** Counts the password hashes and their iterations until it is disposed of. */
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
