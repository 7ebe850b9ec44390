/**
 * How operations are documented: bodies with an example that TypeScript checks against their schema, and answers
 * with the headers that are sent.
 *
 * @module
 */
import type { z } from "@hono/zod-openapi";
import { REQUEST_ID } from "./examples.ts";

/** Every header that an answer is documented with. */
export const HEADERS = {
  "X-Request-Id": {
    description: "Names this request in the service's log",
    schema: { type: "string", format: "uuid" },
    example: REQUEST_ID,
  },
  "Idempotency-Replayed": {
    description: "Only on an answer that is given again to the same code and `Idempotency-Key`",
    schema: { type: "string", const: "true" },
    example: "true",
  },
  "Retry-After": {
    description: "Seconds after which the same request may be sent again; with every `next: retry`",
    schema: { type: "integer", minimum: 1 },
    example: 1,
  },
  "WWW-Authenticate": {
    description: "How a session token is presented (RFC 6750); with `invalid_session`",
    schema: { type: "string", const: "Bearer" },
    example: "Bearer",
  },
  "Allow": {
    description: "The methods that this path has",
    schema: { type: "string" },
    example: "GET, HEAD",
  },
} as const;

/** A header of {@linkcode HEADERS}. */
export type HeaderName = keyof typeof HEADERS;

/** Headers by their names, each a reference to what is said of it once. */
export type HeaderReferences = Record<string, { $ref: string }>;

/** Refers to headers, after the one that every answer has. */
export function headers(...names: HeaderName[]): HeaderReferences {
  return Object.fromEntries(
    (["X-Request-Id", ...names] as const).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
}

/**
 * The body of a request, which must be there.
 * @internal
 */
export function jsonBody<Schema extends z.ZodType>(
  schema: Schema,
  example: z.input<Schema>,
): { required: true; content: { "application/json": { schema: Schema; example: unknown } } } {
  return { required: true, content: { "application/json": { schema, example } } };
}

/**
 * An answer with a body.
 * @internal
 */
export function jsonAnswer<Schema extends z.ZodType>(
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

/** An answer without a body. */
export function emptyAnswer(description: string): { description: string; headers: HeaderReferences } {
  return { description, headers: headers() };
}
