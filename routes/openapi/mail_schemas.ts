/**
 * The schemas of requests for a mail with a link.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { email, givenPassword } from "./fields.ts";

/**
 * The body of a request for a link to choose a password.
 * @internal
 */
export const passwordResetSchema = z.object({ email }).openapi("PasswordReset");

/**
 * The response to a request for a link to choose a password.
 * @internal
 */
export const passwordResetRequestedSchema = z.object({
  message: z.string().openapi({ description: "A sentence for the customer. It is the same for every email" }),
}).openapi("PasswordResetRequested");

/**
 * The body of a change of email.
 * @internal
 */
export const emailChangeSchema = z.object({
  email,
  current_password: givenPassword.optional().openapi({
    description: "Required, unless the password is temporary: then it is left out",
  }),
}).openapi("EmailChange");

/**
 * The response to a request for a mail with a link.
 * @internal
 */
export const mailRequestedSchema = z.object({
  message: z.string().openapi({ description: "A sentence for the customer" }),
}).openapi("MailRequested");
