/**
 * `/healthz` and `/readyz`: whether the process runs, and whether the service can serve requests.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { Problem } from "../../lib/base/problem.ts";
import { isOperatorProof, OPERATOR_HEADER } from "../../lib/kv/operator_proof.ts";
import type { Services } from "../../lib/services.ts";
import { createRouter, type Router } from "../http/env.ts";
import { describeClientOf } from "../http/middleware.ts";
import { jsonResponse } from "../openapi/responses.ts";
import { problemResponses, STORAGE_PROBLEMS } from "../openapi/problems.ts";

/** Milliseconds of silence of the database after which a supervisor is asked for a restart. */
const UNHEALTHY_AFTER_MS = 30_000;
const OK = { status: "ok" as const };
const statusBody = { schema: z.object({ status: z.literal("ok") }).openapi("Status"), example: OK };
const healthSchema = z.object({
  status: z.literal("ok"),
  client: z.object({
    address: z.string(),
    connected: z.string(),
    forwarded_for: z.array(z.string()).readonly(),
    headers: z.array(z.string()).readonly(),
    can_be_made_up: z.boolean(),
  }).optional().openapi({
    description: "How the service sees the client. Only the operator's commands are told",
  }),
}).openapi("Health");

/** Creates the routes of `/healthz` and `/readyz`. */
export function health(
  { config, clock, keyring, db, stopping }: Pick<
    Services,
    "config" | "clock" | "keyring" | "db" | "stopping"
  >,
): Router {
  const common = { tags: ["Service"], security: [] };

  return createRouter()
    .openapi(
      createRoute({
        ...common,
        method: "get",
        path: "/healthz",
        operationId: "getHealth",
        summary: "Check that the process runs",
        description:
          "For the supervisor that restarts processes. It asks neither the database nor Amazon. It answers " +
          "503 when requests have waited for the database for 30 seconds and nothing came back: a restart may help.",
        responses: {
          200: jsonResponse("The process runs", { schema: healthSchema, example: OK }),
          ...problemResponses(config, "storage_unavailable"),
        },
      }),
      (c) => {
        const { silentMs } = db;
        if (silentMs >= UNHEALTHY_AFTER_MS) {
          const internal = `The database has been silent for ${silentMs} ms: restart this process`;
          throw new Problem("storage_unavailable", { internal });
        }
        const proof = c.req.header(OPERATOR_HEADER);
        if (proof === undefined || !isOperatorProof(keyring, proof, clock.now())) return c.json(OK, 200);
        c.header("Cache-Control", "no-store");
        return c.json({ ...OK, client: describeClientOf(c, config) }, 200);
      },
    )
    .openapi(
      createRoute({
        ...common,
        method: "get",
        path: "/readyz",
        operationId: "getReadiness",
        summary: "Check that the service can serve requests",
        description:
          "For the load balancer. It asks the database, which has one second to answer, and now and then lets it " +
          "write. It answers 503 also from the moment on when the process is told to stop.",
        responses: {
          200: jsonResponse("The database answers", statusBody),
          ...problemResponses(config, ...STORAGE_PROBLEMS),
        },
      }),
      async (c) => {
        if (stopping.begun) {
          throw new Problem("overloaded", {
            detail: "This process is being stopped: send requests to another one",
          });
        }
        await db.ping();
        return c.json(OK, 200);
      },
    );
}
