/**
 * The schemas of an account, and of what its customer changes.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { ACCOUNT } from "./examples.ts";
import { givenPassword, name, newPassword, postalCode, timestamp } from "./fields.ts";
import { MOST_EMAIL_CHARACTERS } from "./text.ts";

/**
 * A customer's account.
 * @internal
 */
export const accountSchema = z.object({
  id: z.string().openapi({ description: "The id of the account", example: ACCOUNT.id }),
  email: z.string().max(MOST_EMAIL_CHARACTERS).openapi({
    format: "email",
    description: "The email, as it was typed",
    example: ACCOUNT.email,
  }),
  email_verified: z.boolean().openapi({
    description: "Whether the customer has proved that the email is theirs",
  }),
  name: z.string().nullable().openapi({ description: "`null` when unknown", example: ACCOUNT.name }),
  postal_code: z.string().nullable().openapi({
    description: "`null` when unknown",
    example: ACCOUNT.postal_code,
  }),
  password: z.enum(["temporary", "set"]).openapi({
    description: "`temporary` until the customer sets a password",
  }),
  amazon_linked: z.boolean().openapi({ description: "Whether one click signs in to this account" }),
  created_at: timestamp.openapi({ description: "When the account was created" }),
}).openapi("Account");

/**
 * An account with what Amazon says of it.
 * @internal
 */
export const refreshedAccountSchema = accountSchema.extend({
  amazon_email: z.string().optional().openapi({
    description:
      "The email that the customer has at Amazon, when it is another one. The account keeps its own",
  }),
}).openapi("RefreshedAccount");

/**
 * The body of a change of name and postal code.
 * @internal
 */
export const profileChangesSchema = z.object({
  name: name.nullable().optional().openapi({ type: ["string", "null"], description: "`null` clears it" }),
  postal_code: postalCode.nullable().optional().openapi({
    type: ["string", "null"],
    description: "`null` clears it",
  }),
}).openapi("AccountChanges");

/**
 * The body of a change of password.
 * @internal
 */
export const passwordChangeSchema = z.object({
  current_password: givenPassword.optional().openapi({
    description: "Required, unless the password is temporary. A temporary password cannot be changed here",
  }),
  new_password: newPassword,
}).openapi("PasswordChange");

/**
 * The body of a call that asks for the password again.
 * @internal
 */
export const confirmationSchema = z.object({
  current_password: givenPassword.optional().openapi({
    description:
      "Not needed in a session in which the customer has given the password within the last 15 minutes",
  }),
}).openapi("PasswordConfirmation");
