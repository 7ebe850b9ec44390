/**
 * The schemas of access tokens, and of what back ends read to verify them.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";

/**
 * The body of a request for an access token. It may be empty.
 * @internal
 */
export const accessTokenRequestSchema = z.object({
  audience: z.string().max(256, "Must have at most 256 characters").optional().openapi({
    description: "The back end that the token is for: one of those that the operator has configured",
  }),
}).openapi("AccessTokenRequest");

/**
 * An access token.
 * @internal
 */
export const accessTokenSchema = z.object({
  access_token: z.string().openapi({ description: "A JWT (RFC 9068), signed with EdDSA" }),
  token_type: z.literal("Bearer").openapi({ description: "How the token is sent" }),
  expires_in: z.int().openapi({ description: "Seconds from now to `expires_at`" }),
  expires_at: z.iso.datetime().openapi({ description: "When the token ends" }),
}).openapi("AccessToken");

/**
 * The public keys.
 * @internal
 */
export const keySetSchema = z.object({
  keys: z.array(z.object({
    kty: z.literal("OKP"),
    crv: z.literal("Ed25519"),
    x: z.string(),
    kid: z.string(),
    use: z.literal("sig"),
    alg: z.literal("EdDSA"),
  })),
}).openapi("KeySet");

/**
 * The metadata of RFC 8414.
 * @internal
 */
export const serverMetadataSchema = z.object({
  issuer: z.url(),
  jwks_uri: z.url(),
  response_types_supported: z.array(z.string()),
  grant_types_supported: z.array(z.string()),
  service_documentation: z.url(),
}).openapi("ServerMetadata");
