/**
 * Requests and responses in the API's description: bodies with an example that TypeScript checks against the schema, and the
 * headers of each response.
 *
 * @module
 */
import type { z } from "@hono/zod-openapi";
import { REQUEST_ID } from "./examples.ts";

/** All headers of responses that the description has. */
export const HEADERS = {
  "X-Request-Id": {
    description: "The id of this request in the log of the service",
    schema: { type: "string", format: "uuid" },
    example: REQUEST_ID,
  },
  "Idempotency-Replayed": {
    description: "Only on a response that repeats an earlier one to the same code and `Idempotency-Key`",
    schema: { type: "string", const: "true" },
    example: "true",
  },
  "Retry-After": {
    description: "Seconds until the same request may be sent again; with every `next: retry`",
    schema: { type: "integer", minimum: 1 },
    example: 1,
  },
  "WWW-Authenticate": {
    description: "How a session token is presented (RFC 6750); with `invalid_session`",
    schema: { type: "string", const: "Bearer" },
    example: "Bearer",
  },
  "Allow": {
    description: "The methods of this path",
    schema: { type: "string" },
    example: "GET, HEAD",
  },
} as const;

/** A header of {@linkcode HEADERS}. */
export type HeaderName = keyof typeof HEADERS;

/** Headers by their names. Each refers to its one description. */
export type HeaderReferences = Record<string, { $ref: string }>;

/** Refers to headers. The one that every response has comes first. */
export function headers(...names: HeaderName[]): HeaderReferences {
  return Object.fromEntries(
    (["X-Request-Id", ...names] as const).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
}

/**
 * Describes the required JSON body of a request.
 * @internal
 */
export function jsonBody<Schema extends z.ZodType>(
  schema: Schema,
  example: z.input<Schema>,
): { required: true; content: { "application/json": { schema: Schema; example: unknown } } } {
  return { required: true, content: { "application/json": { schema, example } } };
}

/**
 * Describes a response with a JSON body.
 * @internal
 */
export function jsonResponse<Schema extends z.ZodType>(
  description: string,
  { schema, example, sends = [] }: {
    schema: Schema;
    example: z.output<Schema>;
    sends?: readonly HeaderName[];
  },
): {
  description: string;
  headers: HeaderReferences;
  content: { "application/json": { schema: Schema; example: unknown } };
} {
  return { description, headers: headers(...sends), content: { "application/json": { schema, example } } };
}

/** Describes a response without a body. */
export function emptyResponse(description: string): { description: string; headers: HeaderReferences } {
  return { description, headers: headers() };
}
