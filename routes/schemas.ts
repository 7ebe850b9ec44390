/**
 * The contract's objects: validation, OpenAPI and types from one place.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { parseEmail } from "../lib/accounts/email.ts";
import { countCharacters, LEAST_CHARACTERS, MOST_CHARACTERS } from "../lib/passwords/policy.ts";

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

const text = z.string()
  .refine((value) => value.isWellFormed(), "Must be well-formed Unicode")
  .regex(/^\P{Cc}*$/u, "Must not have control characters");

const email = text.max(320, "Must have at most 320 characters").transform((value, context) => {
  const parsed = parseEmail(value);
  if (parsed !== null) return parsed;
  context.addIssue("Must be an email address");
  return z.NEVER;
}).openapi({ type: "string", maxLength: 320, example: "mhashimoto-04@plaxo.com" });

/** A choice of password is judged by the policy, which answers `weak_password` for its length. */
const newPassword = text.openapi({
  description: "Any Unicode but control characters, not a common password, compared in NFC",
  minLength: LEAST_CHARACTERS,
  maxLength: MOST_CHARACTERS,
  example: "correct horse battery staple",
});

const givenPassword = text
  .refine((value) => value !== "", "Must not be empty")
  .refine(
    (value) => countCharacters(value) <= MOST_CHARACTERS,
    `Must have at most ${MOST_CHARACTERS} characters`,
  )
  .openapi({ minLength: 1, maxLength: MOST_CHARACTERS, example: "correct horse battery staple" });

const plainText = (most: number) =>
  text.transform((value) => value.normalize("NFC").trim() || null)
    .refine((value) => Array.from(value ?? "").length <= most, `Must have at most ${most} characters`);

const name = plainText(256).openapi({ type: "string", maxLength: 256, example: "Mork Hashimoto" });
const postalCode = plainText(32).openapi({ type: "string", maxLength: 32, example: "98052" });

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
}).openapi("SignUp");

/**
 * The body of a sign-in by password.
 * @internal
 */
export const passwordSignInSchema = z.object({
  email,
  password: givenPassword,
  device: deviceSchema.optional(),
  link_ticket: z.string().max(128, "Must have at most 128 characters").optional().openapi({
    description: "Of a `link_required`: links that Amazon customer to the account",
  }),
}).openapi("PasswordSignIn");

/**
 * The body of a change of the account.
 * @internal
 */
export const profileChangesSchema = z.object({
  name: name.nullable().optional().openapi({ description: "null clears it" }),
  postal_code: postalCode.nullable().optional().openapi({ description: "null clears it" }),
}).openapi("AccountChanges");

/**
 * The body of a change of password.
 * @internal
 */
export const passwordChangeSchema = z.object({
  current_password: givenPassword.optional().openapi({
    description: "Required, unless the password is temporary: then it cannot be changed here",
  }),
  new_password: newPassword,
}).openapi("PasswordChange");

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
