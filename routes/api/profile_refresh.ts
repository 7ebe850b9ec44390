/**
 * `/v1/account/profile-refresh`: the profile of the customer at Amazon, fetched again.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import { Problem } from "../../lib/base/problem.ts";
import { refreshProfile } from "../../lib/my_account/profile_refresh.ts";
import type { Services } from "../../lib/services.ts";
import { type AppEnv, createRouter, type Router } from "../http/env.ts";
import { bearer, limitByAddress } from "../http/middleware.ts";
import { ACCOUNT } from "../openapi/examples.ts";
import { problemResponses, SESSION_PROBLEMS } from "../openapi/problems.ts";
import { jsonResponse } from "../openapi/responses.ts";
import { refreshedAccountSchema } from "../openapi/account_schemas.ts";

/** Creates the route. It does not exist while the operator keeps no refresh tokens. */
export function profileRefresh(services: Services): Router {
  const { config } = services;
  const existing = createMiddleware<AppEnv>(async (_, next) => {
    if (!config.keepRefreshToken) throw new Problem("not_found");
    await next();
  });
  return createRouter().openapi(
    createRoute({
      tags: ["Account"],
      security: [{ session: [] }],
      middleware: [
        existing,
        limitByAddress(services, config.amazonSignInsPerMinute),
        bearer(services),
      ] as const,
      method: "post",
      path: "/v1/account/profile-refresh",
      operationId: "refreshProfile",
      summary: "Fetch the customer's profile from Amazon again",
      description:
        "What the customer has edited stays, and so does the email. When there is no refresh token, or Amazon refuses it, " +
        "the answer is `code_rejected`: the next one click brings a new token.",
      responses: {
        200: jsonResponse("The account with the new profile", {
          schema: refreshedAccountSchema,
          example: { ...ACCOUNT, amazon_email: "mork.moved@example.com" },
        }),
        ...problemResponses(
          config,
          "code_rejected",
          "consent_insufficient",
          "not_found",
          "rate_limited",
          "upstream_rejected_client",
          "upstream_invalid",
          "upstream_unavailable",
          ...SESSION_PROBLEMS,
        ),
      },
    }),
    async (c) => c.json(await refreshProfile(services, c.get("auth"), c.get("requestId")), 200),
  );
}
