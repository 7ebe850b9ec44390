/**
 * `/v1/access-tokens`, and what the app's other back ends read to verify these tokens.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import { Problem } from "../../lib/base/problem.ts";
import { issueAccessToken } from "../../lib/my_account/access_token.ts";
import type { Services } from "../../lib/services.ts";
import { publicKeyOf } from "../../lib/tokens/signing_keys.ts";
import { type AppEnv, createRouter, type Router } from "../http/env.ts";
import { bearer } from "../http/middleware.ts";
import {
  accessTokenRequestSchema,
  accessTokenSchema,
  keySetSchema,
  serverMetadataSchema,
} from "../openapi/access_token_schemas.ts";
import { ACCESS_TOKEN, PUBLIC_KEY, SERVER_METADATA } from "../openapi/examples.ts";
import { BODY_PROBLEMS, problemResponses, SESSION_PROBLEMS } from "../openapi/problems.ts";
import { jsonBody, jsonResponse } from "../openapi/responses.ts";

/** How long caches may keep the keys. A new key is published for longer than that before it signs. */
const CACHE_CONTROL = "public, max-age=300, must-revalidate";

/** Creates the routes of access tokens. Without signing keys they do not exist. */
export function accessTokens(services: Services): Router {
  const { config } = services;
  const { keys } = config.accessTokens;
  const existing = createMiddleware<AppEnv>(async (_, next) => {
    if (keys.length === 0) throw new Problem("not_found");
    await next();
  });
  const common = { tags: ["Access tokens"] };
  const jwksUri = `${config.publicUrl}/.well-known/jwks.json`;

  return createRouter()
    .openapi(
      createRoute({
        ...common,
        security: [{ session: [] }],
        method: "post",
        path: "/v1/access-tokens",
        operationId: "createAccessToken",
        summary: "Make an access token for another back end of the app",
        description:
          "A signed JWT (RFC 9068) that is valid for 10 minutes. A back end verifies it with the keys of " +
          "`/.well-known/jwks.json`, without a request to this service.",
        middleware: [existing, bearer(services)] as const,
        request: {
          body: {
            ...jsonBody(accessTokenRequestSchema, {
              audience: config.accessTokens.audiences[0] ?? config.publicUrl,
            }),
            required: false,
          },
        },
        responses: {
          201: jsonResponse("The access token", { schema: accessTokenSchema, example: ACCESS_TOKEN }),
          ...problemResponses(config, ...BODY_PROBLEMS, "not_found", ...SESSION_PROBLEMS),
        },
      }),
      async (c) => {
        const { audience } = c.req.valid("json");
        return c.json(await issueAccessToken(services, c.get("auth"), audience), 201);
      },
    )
    .openapi(
      createRoute({
        ...common,
        security: [],
        method: "get",
        path: "/.well-known/jwks.json",
        operationId: "getKeys",
        summary: "Show the public keys of access tokens",
        description: "A JWK set (RFC 7517). Libraries fetch it by themselves.",
        middleware: existing,
        responses: {
          200: jsonResponse("The keys, the one that signs first", {
            schema: keySetSchema,
            example: { keys: [PUBLIC_KEY] },
            sends: ["Cache-Control"],
          }),
          ...problemResponses(config, "not_found"),
        },
      }),
      (c) => c.json({ keys: keys.map(publicKeyOf) }, 200, { "Cache-Control": CACHE_CONTROL }),
    )
    .openapi(
      createRoute({
        ...common,
        security: [],
        method: "get",
        path: "/.well-known/oauth-authorization-server",
        operationId: "getServerMetadata",
        summary: "Show where access tokens come from",
        description: "The metadata of RFC 8414, by which libraries find the keys.",
        middleware: existing,
        responses: {
          200: jsonResponse("The metadata", {
            schema: serverMetadataSchema,
            example: SERVER_METADATA,
            sends: ["Cache-Control"],
          }),
          ...problemResponses(config, "not_found"),
        },
      }),
      (c) =>
        c.json(
          {
            issuer: config.publicUrl,
            jwks_uri: jwksUri,
            // No flow of OAuth gives these tokens, so there are no endpoints and no response types.
            response_types_supported: [],
            grant_types_supported: [],
            service_documentation: `${config.publicUrl}/docs`,
          },
          200,
          { "Cache-Control": CACHE_CONTROL },
        ),
    );
}
