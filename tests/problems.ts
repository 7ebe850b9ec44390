/**
 * What every problem has.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { ProblemBody } from "./house.ts";

/** Reads a problem. */
export async function problemOf(response: Response): Promise<ProblemBody> {
  assertEquals(response.headers.get("content-type"), "application/problem+json");
  return await response.json();
}

/** Asserts what is the same of every problem, and its status, code and next. Gives its body. */
export async function assertProblem(
  response: Response,
  expected: { status: number; code: string; next: string },
): Promise<ProblemBody> {
  const problem = await problemOf(response);
  assertEquals({ status: response.status, code: problem.code, next: problem.next }, expected);
  assertEquals(response.headers.get("cache-control"), "no-store");
  assertEquals(problem.status, expected.status);
  assertEquals(problem.type, `http://localhost:8000/problems/${expected.code}`);
  assertEquals(problem.request_id, response.headers.get("x-request-id"));
  return problem;
}
