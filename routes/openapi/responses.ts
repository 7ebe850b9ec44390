/**
 * Request bodies and responses in the API's description. TypeScript checks the example of each body against its schema.
 *
 * @module
 */
import type { z } from "@hono/zod-openapi";
import { REQUEST_ID } from "./examples.ts";

/** All headers of the API's responses. */
export const HEADERS = {
  "X-Request-Id": {
    description: "The id of this request, also in the log of the service",
    schema: { type: "string", format: "uuid" },
    example: REQUEST_ID,
  },
  "Idempotency-Replayed": {
    description: "Sent only with a repeated response: the same code and `Idempotency-Key` were used before",
    schema: { type: "string", const: "true" },
    example: "true",
  },
  "Retry-After": {
    description: "Seconds until the same request may be sent again. Sent with every `next: retry`",
    schema: { type: "integer", minimum: 1 },
    example: 1,
  },
  "WWW-Authenticate": {
    description: "How to send a session token (RFC 6750). Sent with `invalid_session`",
    schema: { type: "string", const: "Bearer" },
    example: "Bearer",
  },
  "Cache-Control": {
    description: "How long the response may be kept",
    schema: { type: "string" },
    example: "public, max-age=300, must-revalidate",
  },
  "Allow": {
    description: "The methods of this path",
    schema: { type: "string" },
    example: "GET, HEAD",
  },
} as const;

/** The name of a header in {@linkcode HEADERS}. */
export type HeaderName = keyof typeof HEADERS;

/** Headers by their names. Each refers to the description among the document's components. */
export type HeaderReferences = Record<string, { $ref: string; description?: string }>;

/** Returns references to headers. Each response has `X-Request-Id`, which comes first. */
export function headers(...names: HeaderName[]): HeaderReferences {
  return Object.fromEntries(
    (["X-Request-Id", ...names] as const).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
}

/**
 * Describes the body of a request. The body is required.
 * @internal
 */
export function jsonBody<Schema extends z.ZodType>(
  schema: Schema,
  example: z.input<Schema>,
): { required: true; content: { "application/json": { schema: Schema; example: unknown } } } {
  return { required: true, content: { "application/json": { schema, example } } };
}

/**
 * Describes the body of a request of which every member is optional. The body may be left out too.
 * @internal
 */
export function optionalJsonBody<Schema extends z.ZodType>(
  schema: Schema,
  example: z.input<Schema>,
): { required: false; content: { "application/json": { schema: Schema; example: unknown } } } {
  return { required: false, content: { "application/json": { schema, example } } };
}

/**
 * Describes a response with a body.
 *
 * @param body `sends`: its headers beyond `X-Request-Id`.
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
