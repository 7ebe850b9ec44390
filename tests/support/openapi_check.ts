/**
 * What the API's description says, held against what the service does.
 *
 * @module
 */
import type { z } from "@hono/zod-openapi";
import { assert } from "@std/assert";
import type { createApp } from "../../routes/mod.ts";

/** A body with its schema, as a route declares them. */
export interface DocumentedBody {
  /** Validates the body. */
  schema: z.ZodType;
  /** One that fits. */
  example?: unknown;
  /** Several, by name. */
  examples?: Record<string, { value: unknown }>;
}

/** An operation, as a route declares it. */
export interface DocumentedOperation {
  /** In small letters. */
  method: string;
  /** With `{parameters}`. */
  path: string;
  /** What is sent. */
  request?: { body?: { content: Record<string, DocumentedBody> } };
  /** By status. */
  responses: Record<string, { content?: Record<string, DocumentedBody> }>;
}

/** Every operation that the app declares. */
export function documentedOperations(app: ReturnType<typeof createApp>): DocumentedOperation[] {
  return app.openAPIRegistry.definitions.flatMap((definition) =>
    definition.type === "route" ? [definition.route as unknown as DocumentedOperation] : []
  );
}

/** Asserts that every answer in a log is documented with its status, and every problem with its code. */
export function assertDocumented(
  app: ReturnType<typeof createApp>,
  log: readonly Record<string, unknown>[],
): void {
  const operations = Map.groupBy(documentedOperations(app), ({ method, path }) => `${method} ${path}`);
  for (const { message, method, route, status, problem } of log) {
    if (message !== "request") continue;
    const name = `${method} ${route}`.replace(/^\w+/, (word) => word.toLowerCase())
      .replace(/:(\w+)/g, "{$1}");
    const [operation] = operations.get(name) ?? [];
    if (operation === undefined) continue;
    const answer = operation.responses[String(status)];
    assert(answer, `${name} is not documented to answer ${status} ${problem ?? ""}`);
    const examples = answer.content?.["application/problem+json"]?.examples ?? {};
    assert(problem === undefined || String(problem) in examples, `${name} is not documented with ${problem}`);
  }
}
