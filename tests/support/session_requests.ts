/**
 * Sessions in a test: devices that sign in, the check of a token, and many stored sessions.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import type { Keyring } from "../../lib/kv/keyring.ts";
import type { SignedInBody } from "./bodies.ts";
import type { TestService, TestServiceOptions } from "./test_service.ts";
import { assertProblem } from "./contract_problems.ts";
import { countingKv, type KvCounts } from "./kv_hooks.ts";

/** A session, as a device reads it. */
export interface SessionBody {
  id: string;
  created_at: string;
  last_used_at: string;
  device: Record<string, string>;
  /** Present in a list, on the session of the request. */
  current?: true;
}

/** The body of `GET /v1/sessions`. */
export interface SessionPage {
  sessions: SessionBody[];
  next_cursor: string | null;
}

/** Signs a customer in on `count` devices, one second apart. */
export async function signInDevices(
  service: TestService,
  customer: string,
  count: number,
): Promise<[SignedInBody, SignedInBody, SignedInBody, ...SignedInBody[]]> {
  const signedIn: SignedInBody[] = [];
  for (let i = 0; i < count; i++) {
    if (i > 0) await service.clock.advance(1000);
    signedIn.push(await service.signedIn(`${customer}.${i}`, { device: { name: `Device ${i}` } }));
  }
  return signedIn as [SignedInBody, SignedInBody, SignedInBody, ...SignedInBody[]];
}

/** Writes `count` further sessions of an account: copies of one of its sessions, sealed for their own keys. */
export async function addSessions(
  kv: Deno.Kv,
  keyring: Keyring,
  { accountId, sessionId, count }: { accountId: string; sessionId: string; count: number },
): Promise<void> {
  const from = ["session", accountId, sessionId];
  const { value } = await kv.get<Uint8Array>(from);
  if (value === null) throw new Error("There is no such session");
  const text = keyring.open(value, from.join("/"));
  for (let start = 0; start < count; start += 500) {
    const operation = kv.atomic();
    for (let i = start; i < Math.min(count, start + 500); i++) {
      const key = ["session", accountId, `ses_${i.toString(16).padStart(32, "0")}`];
      operation.set(key, keyring.seal(text, key.join("/")));
    }
    await operation.commit();
  }
}

/** Asserts that a token is good, and returns its session. */
export async function assertSession(service: TestService, token: string): Promise<SessionBody> {
  const response = await service.request("/v1/sessions/current", { token });
  assertEquals(response.status, 200);
  return (await response.json()).session;
}

/** Returns options of a service that count its trips to the database, and the counts. */
export function countTrips(): { counts: KvCounts } & Required<Pick<TestServiceOptions, "wrapKv">> {
  const counts: KvCounts = { eventualReads: 0, strongReads: 0, commits: 0 };
  return { counts, wrapKv: (kv) => countingKv(kv, counts) };
}

/** Asserts the status and headers of an answer. Null stands for a header that must be absent. */
export function assertAnswer(
  response: Response,
  status: number,
  headers: Record<string, string | null>,
): void {
  assertEquals(response.status, status);
  assertMatch(response.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
  const names = Object.keys(headers);
  assertEquals(Object.fromEntries(names.map((name) => [name, response.headers.get(name)])), headers);
}

/** Asserts that a token was refused. */
export async function assertInvalid(response: Response): Promise<void> {
  assertEquals(response.headers.get("www-authenticate"), "Bearer");
  const problem = await assertProblem(response, "invalid_session");
  assertEquals([problem.next, problem.errors], ["sign_in", undefined]);
}
