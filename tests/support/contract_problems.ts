/**
 * The problems of the contract (design, section 2).
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { ProblemCode } from "../../lib/base/problem.ts";
import type { ProblemBody } from "./bodies.ts";

/** The status and `next` of every problem, copied from the contract: the code must agree with them. */
export const CONTRACT: Readonly<Record<ProblemCode, readonly [status: number, next: string]>> = {
  invalid_request: [400, "fix_request"],
  payload_too_large: [413, "fix_request"],
  unsupported_media_type: [415, "fix_request"],
  code_rejected: [400, "new_code"],
  code_in_progress: [409, "retry"],
  code_already_used: [409, "new_code"],
  code_lost: [502, "new_code"],
  link_required: [409, "sign_in"],
  consent_insufficient: [403, "sign_up"],
  profile_incomplete: [422, "sign_up"],
  upstream_rejected_client: [502, "none"],
  upstream_unavailable: [503, "retry"],
  overloaded: [503, "retry"],
  upstream_invalid: [502, "new_code"],
  invalid_credentials: [401, "sign_in"],
  invalid_session: [401, "sign_in"],
  email_taken: [409, "sign_in"],
  password_temporary: [409, "none"],
  weak_password: [422, "fix_request"],
  link_ticket_invalid: [400, "new_code"],
  registration_closed: [403, "none"],
  account_blocked: [403, "none"],
  authorization_pending: [400, "retry"],
  slow_down: [400, "retry"],
  access_denied: [400, "sign_in"],
  expired_token: [400, "sign_in"],
  receipt_rejected: [400, "sign_in"],
  receipt_unknown: [404, "sign_up"],
  notification_rejected: [403, "none"],
  rate_limited: [429, "retry"],
  not_found: [404, "none"],
  method_not_allowed: [405, "none"],
  storage_unavailable: [503, "retry"],
  internal: [500, "retry"],
};

/** Asserts that an answer is a whole problem as the contract says, and returns the body. */
export async function assertProblem(response: Response, code: ProblemCode): Promise<ProblemBody> {
  const { headers } = response;
  const problem: ProblemBody = await response.json();
  const [status, next] = CONTRACT[code];
  assertEquals([response.status, problem.code, problem.next], [status, code, next]);
  assertEquals(headers.get("content-type"), "application/problem+json");
  assertEquals(headers.get("cache-control"), "no-store");
  assertEquals(headers.has("retry-after"), next === "retry");
  assertEquals(headers.get("www-authenticate"), code === "invalid_session" ? "Bearer" : null);
  assertEquals({ ...problem, title: typeof problem.title, detail: typeof problem.detail }, {
    ...problem,
    type: `http://localhost:8000/problems/${code}`,
    title: "string",
    status,
    detail: "string",
    request_id: headers.get("x-request-id") ?? "",
  });
  return problem;
}
