/**
 * What tests of sessions share: devices, the check of a token, and what is counted of it.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import type { SignedInBody, TestService, TestServiceOptions } from "./test_service.ts";
import { assertProblem } from "./contract_problems.ts";
import { countingKv, type KvCounts } from "./kv_hooks.ts";

/** A session, as a device reads it. */
export interface SessionBody {
  id: string;
  created_at: string;
  last_used_at: string;
  device: Record<string, string>;
  /** Of the session that asks, in the list. */
  current?: true;
}

/** The answer of `GET /v1/sessions`. */
export interface SessionPage {
  sessions: SessionBody[];
  next_cursor: string | null;
}

/** Signs a customer in on so many devices, a second apart. */
export async function devices(
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

/** Checks a token that is good and gives its session. */
export async function check(service: TestService, token: string): Promise<SessionBody> {
  const response = await service.request("/v1/sessions/current", { token });
  assertEquals(response.status, 200);
  return (await response.json()).session;
}

/** Options of a service whose trips to the database are counted. */
export function counting(): { counts: KvCounts } & Required<Pick<TestServiceOptions, "wrapKv">> {
  const counts: KvCounts = { eventualReads: 0, strongReads: 0, commits: 0 };
  return { counts, wrapKv: (kv) => countingKv(kv, counts) };
}

/** Checks the status and headers of an answer; null is a header that is not there. */
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

/** Checks that a token was refused. */
export async function assertInvalid(response: Response): Promise<void> {
  assertEquals(response.headers.get("www-authenticate"), "Bearer");
  const problem = await assertProblem(response, "invalid_session");
  assertEquals([problem.next, problem.errors], ["sign_in", undefined]);
}
