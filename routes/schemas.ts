/**
 * The contract's objects: validation, OpenAPI and types from one place.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";

const deviceField = z.string().max(128, "Must have at most 128 characters");

/**
 * A device as it describes itself.
 * @internal
 */
export const deviceSchema = z.object({
  name: deviceField.optional(),
  model: deviceField.optional(),
  platform: deviceField.optional(),
}).openapi("Device", { example: { name: "Living room", model: "AFTKM", platform: "vega" } });

/**
 * The body of a one-click sign-in.
 * @internal
 */
export const amazonSignInSchema = z.object({
  code: z.string().refine(isCode, "Must have 1 to 2048 bytes").openapi({
    description: "`userProfileAccessAuthCode` of the Appstore, 1 to 2048 bytes",
    example: "SplxlOBezQQYbYS6WxSbIA",
  }),
  app: z.string().optional().openapi({
    description: "Which configured Amazon client; default the first",
    example: "tv",
  }),
  device: deviceSchema.optional(),
}).openapi("AmazonSignIn");

/**
 * The headers of a one-click sign-in.
 * @internal
 */
export const idempotencyHeaderSchema = z.object({
  "idempotency-key": z.string().regex(/^[\x21-\x7e]{16,255}$/, "Must have 16 to 255 visible ASCII characters")
    .optional()
    .openapi({
      description:
        "Made by the device for this code: who sends both again within 10 minutes gets the same answer",
      example: "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11",
    }),
});

const timestamp = z.iso.datetime().openapi({ example: "2026-11-22T10:00:00.000Z" });

/**
 * One device that is signed in.
 * @internal
 */
export const sessionSchema = z.object({
  id: z.string().openapi({ example: "ses_019ab1f2c3d4e5f60718293a4b5c6d7e" }),
  created_at: timestamp,
  last_used_at: timestamp.openapi({ description: "Exact to a day" }),
  device: deviceSchema,
  current: z.literal(true).optional().openapi({ description: "Only on the session that asks" }),
}).openapi("Session");

/**
 * A customer's account.
 * @internal
 */
export const accountSchema = z.object({
  id: z.string().openapi({ example: "acc_019ab1f2c3d4e5f60718293a4b5c6d7e" }),
  email: z.string().openapi({ example: "mhashimoto-04@plaxo.com" }),
  email_verified: z.boolean(),
  name: z.string().nullable().openapi({ example: "Mork Hashimoto" }),
  postal_code: z.string().nullable().openapi({ example: "98052" }),
  password: z.enum(["temporary", "set"]).openapi({
    description: "`temporary` until the customer sets their own",
  }),
  amazon_linked: z.boolean(),
  created_at: timestamp,
}).openapi("Account");

/**
 * The body of every successful sign-in.
 * @internal
 */
export const signedInSchema = z.object({
  session_token: z.string().openapi({ description: "The bearer secret of this device" }),
  token_type: z.literal("Bearer"),
  expires_at: timestamp,
  expires_in: z.int().openapi({ description: "Seconds", example: 31536000 }),
  session: sessionSchema,
  account: accountSchema.extend({
    created: z.boolean().openapi({ description: "Whether the customer is new" }),
  }),
}).openapi("SignedIn");

/**
 * A session with its account.
 * @internal
 */
export const currentSessionSchema = z.object({ session: sessionSchema, account: accountSchema }).openapi(
  "CurrentSession",
);

/**
 * One page of sessions.
 * @internal
 */
export const sessionPageSchema = z.object({
  sessions: z.array(sessionSchema),
  next_cursor: z.string().nullable(),
}).openapi("SessionPage");

/**
 * Names one session.
 * @internal
 */
export const sessionIdSchema = z.string().regex(/^ses_[0-9a-f]{32}$/, "Must be the id of a session");

/**
 * Which page of a list.
 * @internal
 */
export const pageQuerySchema = z.object({
  limit: z.string().regex(/^(?:[1-9]\d?|100)$/, "Must be from 1 to 100").default("50").transform(Number)
    .openapi({
      type: "integer",
      minimum: 1,
      maximum: 100,
    }),
  cursor: sessionIdSchema.optional().openapi({ description: "`next_cursor` of the page before" }),
});

function isCode(text: string): boolean {
  return text !== "" && text.isWellFormed() && new TextEncoder().encode(text).length <= 2048;
}
