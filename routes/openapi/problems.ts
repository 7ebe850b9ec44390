/**
 * Problems in the API's description: the schema of their body, and the problems of each operation.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { Problem, type ProblemCode, type ProblemDetails, PROBLEMS } from "../../lib/base/problem.ts";
import type { Config } from "../../lib/config/config.ts";
import { describeProblem } from "../http/problems.ts";
import { NEXT_STEPS } from "./next_steps.ts";
import { ACCOUNT, LINK_TICKET, REQUEST_ID } from "./examples.ts";
import { type HeaderName, type HeaderReferences, headers } from "./responses.ts";

const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/**
 * The body of every problem.
 * @internal
 */
export const problemSchema = z.object({
  type: z.url().openapi({ description: "URI of this kind of problem. It opens an explanation" }),
  title: z.string().openapi({ description: "The same for every problem of this `code`" }),
  status: z.int().openapi({ description: "The HTTP status, as in the response itself" }),
  detail: z.string().openapi({ description: "A sentence for the developer of an app" }),
  code: z.enum(CODES).openapi({ description: "The stable name by which a program tells problems apart" }),
  next: z.enum(["fix_request", "retry", "new_code", "sign_in", "sign_up", "none"]).openapi({
    description: `What a device does next, so that it need not read prose. ${
      Object.entries(NEXT_STEPS).map(([next, step]) => `\`${next}\`: ${step}.`).join(" ")
    }`,
  }),
  request_id: z.string().openapi({ description: "The id of the request, as in `X-Request-Id`" }),
  errors: z.array(z.object({
    path: z.string().openapi({
      description: "A JSON pointer into the body, or the name of the header or parameter",
    }),
    message: z.string().openapi({ description: "What is wrong there" }),
  })).optional().openapi({ description: "All faults of an `invalid_request` or a `weak_password`" }),
  link_ticket: z.string().optional().openapi({
    description:
      "Only with `link_required` and `profile_incomplete`. Sent within 15 minutes with a sign-in, or after a " +
      "`profile_incomplete` with a sign-up, it links Amazon to the account",
  }),
  prefill: z.object({ name: z.string().optional(), postal_code: z.string().optional() }).optional().openapi({
    description: "Only with `profile_incomplete`. The sign-up screen can be filled in with these fields",
  }),
}).openapi("Problem");

/** The problems of an operation, by their statuses, with an example of each. */
export type ProblemResponses = Record<number, {
  description: string;
  headers: HeaderReferences;
  content: {
    "application/problem+json": {
      /** @internal */
      schema: typeof problemSchema;
      /** By the codes of the problems. */
      examples: Record<string, { summary: string; value: unknown }>;
    };
  };
}>;

/** The problems of every operation with a body. */
export const BODY_PROBLEMS = ["invalid_request", "payload_too_large", "unsupported_media_type"] as const;

/** The problems of every operation that uses the database. */
export const STORAGE_PROBLEMS = ["overloaded", "storage_unavailable", "internal"] as const;

/** The problems of every operation with a session token. */
export const SESSION_PROBLEMS = ["invalid_session", "rate_limited", ...STORAGE_PROBLEMS] as const;

/**
 * Returns an `invalid_request` with one fault, as the example of an operation.
 *
 * @param path The name of a parameter, with a `?` before one of the query.
 */
export function invalidParameter(path: string, message: string): Problem {
  return new Problem("invalid_request", { errors: [{ path, message }] });
}

/** Returns a `weak_password` with one fault, as the example of an operation. `path` is a JSON pointer to the password. */
export function weakPassword(path: string): Problem {
  return new Problem("weak_password", {
    errors: [{ path, message: "Must not be one of the passwords that many people have" }],
  });
}

/** The details of problems in examples that have more than a code. */
const EXAMPLE_DETAILS: Partial<Record<ProblemCode, ProblemDetails>> = {
  invalid_request: { errors: [{ path: "", message: "The body is not valid JSON" }] },
  link_required: { link_ticket: LINK_TICKET },
  profile_incomplete: {
    link_ticket: LINK_TICKET,
    prefill: { name: ACCOUNT.name, postal_code: ACCOUNT.postal_code },
  },
};

/**
 * Describes the problems of an operation, by their statuses. Each operation also has `method_not_allowed`, for the other
 * methods of its path.
 *
 * @param problems The codes. A problem in the place of a code becomes the example.
 */
export function problemResponses(
  config: Pick<Config, "publicUrl">,
  ...problems: readonly (ProblemCode | Problem)[]
): ProblemResponses {
  const byStatus = Map.groupBy(
    [...problems, "method_not_allowed" as const],
    (problem) => PROBLEMS[codeOf(problem)].status,
  );
  return Object.fromEntries(Array.from(byStatus, ([status, group]) => [status, responseOf(config, group)]));
}

/**
 * Describes problems of one status. The parts are made when the description is asked for: the start need not wait for
 * them.
 */
function responseOf(
  config: Pick<Config, "publicUrl">,
  problems: readonly (ProblemCode | Problem)[],
): ProblemResponses[number] {
  const codes = problems.map(codeOf);
  return {
    get description() {
      return codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join("; ");
    },
    get headers() {
      return headersOfGroup(codes);
    },
    get content() {
      const examples = problems.map((problem) => [codeOf(problem), exampleOf(config, problem)]);
      return {
        "application/problem+json": { schema: problemSchema, examples: Object.fromEntries(examples) },
      };
    },
  };
}

/** Returns the example of a problem. `problem`: its code, or the problem itself. */
export function exampleOf(
  config: Pick<Config, "publicUrl">,
  problem: ProblemCode | Problem,
): { summary: string; value: unknown } {
  const example = asProblem(problem);
  return {
    summary: PROBLEMS[example.code].title,
    value: describeProblem(example, { ...config, requestId: REQUEST_ID }),
  };
}

/** Returns the headers that a problem has beyond `X-Request-Id`. */
export function headersOf(code: ProblemCode): HeaderName[] {
  if (code === "invalid_session") return ["WWW-Authenticate"];
  if (code === "method_not_allowed") return ["Allow"];
  return PROBLEMS[code].next === "retry" ? ["Retry-After"] : [];
}

/** Describes the headers of problems that share a status. One that some of them lack names those that have it. */
function headersOfGroup(codes: readonly ProblemCode[]): HeaderReferences {
  const references = headers(...new Set(codes.flatMap(headersOf)));
  return Object.fromEntries(
    Object.entries(references).map(([name, reference]) => {
      const senders = codes.filter((code) => headersOf(code).some((sent) => sent === name));
      if (senders.length === 0 || senders.length === codes.length) return [name, reference];
      const description = `Sent with ${senders.map((code) => `\`${code}\``).join(", ")} alone`;
      return [name, { ...reference, description }];
    }),
  );
}

function codeOf(problem: ProblemCode | Problem): ProblemCode {
  return problem instanceof Problem ? problem.code : problem;
}

function asProblem(problem: ProblemCode | Problem): Problem {
  return problem instanceof Problem ? problem : new Problem(problem, EXAMPLE_DETAILS[problem]);
}
