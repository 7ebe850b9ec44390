/**
 * Checks the answers of a service against the API's description.
 *
 * @module
 */
import type { z } from "@hono/zod-openapi";
import { assert } from "@std/assert";
import type { createApp } from "../../routes/mod.ts";

/** A body, as a route declares it. */
export interface DocumentedBody {
  /** Validates the body. */
  schema: z.ZodType;
  /** One example. */
  example?: unknown;
  /** Several examples by name. */
  examples?: Record<string, { value: unknown }>;
}

/** An operation, as a route declares it. */
export interface DocumentedOperation {
  /** The method in lower case. */
  method: string;
  /** The path with `{parameters}`. */
  path: string;
  /** The request, with its bodies by content type. */
  request?: { body?: { content: Record<string, DocumentedBody> } };
  /** The responses by status. */
  responses: Record<string, { content?: Record<string, DocumentedBody> }>;
}

/** Returns every operation that the app declares. */
export function documentedOperations(app: ReturnType<typeof createApp>): DocumentedOperation[] {
  return app.openAPIRegistry.definitions.flatMap((definition) =>
    definition.type === "route" ? [definition.route as unknown as DocumentedOperation] : []
  );
}

/** Asserts that the description has the status of every answer in a log, and the code of every problem. */
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
