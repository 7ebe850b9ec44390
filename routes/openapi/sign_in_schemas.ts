/**
 * The schemas of sign-ins and of sign-up: what a device sends, and the session that it gets.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { accountSchema } from "./account_schemas.ts";
import { appSchema, deviceSchema } from "./device_schemas.ts";
import { email, givenPassword, linkTicket, name, newPassword, postalCode, timestamp } from "./fields.ts";
import { entitlementSchema, purchasesSchema } from "./purchase_schemas.ts";
import { sessionSchema } from "./session_schemas.ts";

/**
 * The body of a one-click sign-in.
 * @internal
 */
export const amazonSignInSchema = z.object({
  code: z.string().refine(isCode, "Must have 1 to 2048 bytes").openapi({
    description: "The `userProfileAccessAuthCode` of the Appstore, 1 to 2048 bytes",
    example: "SplxlOBezQQYbYS6WxSbIA",
  }),
  app: appSchema.optional(),
  device: deviceSchema.optional(),
  purchases: purchasesSchema.optional().openapi({
    description: "The receipts of the device. The answer then has `entitlements`",
  }),
}).openapi("AmazonSignIn");

/**
 * The body of a sign-up.
 * @internal
 */
export const signUpSchema = z.object({
  email,
  password: newPassword,
  name: name.optional(),
  postal_code: postalCode.optional(),
  device: deviceSchema.optional(),
  link_ticket: linkTicket.optional(),
}).openapi("SignUp");

/**
 * The body of a sign-in by password.
 * @internal
 */
export const passwordSignInSchema = z.object({
  email,
  password: givenPassword,
  device: deviceSchema.optional(),
  link_ticket: linkTicket.optional(),
}).openapi("PasswordSignIn");

/**
 * The headers of a one-click sign-in and of a sign-up.
 * @internal
 */
export const idempotencyHeaderSchema = z.object({
  "idempotency-key": z.string().regex(/^[\x21-\x7e]{16,255}$/, "Must have 16 to 255 visible ASCII characters")
    .optional()
    .openapi({
      description:
        "Made by the device for this request. The same request with the same key gets the same session again for 10 minutes",
      example: "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11",
    }),
});

/**
 * The body of every successful sign-in.
 * @internal
 */
export const signedInSchema = z.object({
  session_token: z.string().openapi({
    description: "The bearer secret of this device. No later response shows it",
  }),
  token_type: z.literal("Bearer").openapi({ description: "How the token is sent" }),
  expires_at: timestamp.openapi({
    description: "When the session ends if it is not used. Each day of use moves this further",
  }),
  expires_in: z.int().openapi({ description: "Seconds from now to `expires_at`", example: 31536000 }),
  session: sessionSchema,
  account: accountSchema.extend({
    created: z.boolean().openapi({ description: "Whether this sign-in created the account" }),
  }),
  link: z.enum(["linked", "kept"]).optional().openapi({
    description:
      "Only after a `link_ticket`. `kept`: the account has another Amazon customer, or that customer another account",
  }),
  entitlements: z.array(entitlementSchema).optional().openapi({
    description: "Only after a request with `purchases`: what the account may use by them",
  }),
}).openapi("SignedIn");

function isCode(text: string): boolean {
  return text !== "" && text.isWellFormed() && new TextEncoder().encode(text).length <= 2048;
}
