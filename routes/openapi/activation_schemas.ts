/**
 * The schemas of activations: a phone signs a TV in.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { deviceSchema } from "./device_schemas.ts";
import { STARTED_ACTIVATION } from "./examples.ts";
import { linkTicket, name, postalCode } from "./fields.ts";

/**
 * The body of a request for an activation.
 * @internal
 */
export const activationSchema = z.object({
  device: deviceSchema.optional(),
  link_ticket: linkTicket.optional(),
  prefill: z.object({ name: name.optional(), postal_code: postalCode.optional() }).optional().openapi({
    description:
      "The `prefill` of a `profile_incomplete`. The sign-up form on the phone is filled in with it",
  }),
}).openapi("Activation");

/**
 * A started activation.
 * @internal
 */
export const startedActivationSchema = z.object({
  device_code: z.string().openapi({
    description: "The secret of this TV, by which it asks for its session. No later response shows it",
  }),
  user_code: z.string().openapi({
    description: "The code to show: eight letters of `BCDFGHJKLMNPQRSTVWXZ` with a hyphen in the middle",
  }),
  verification_uri: z.url().openapi({
    description: "The address to show: the page on which the code is typed",
  }),
  verification_uri_complete: z.url().openapi({ description: "The same page with the code" }),
  expires_in: z.int().openapi({ description: "Seconds in which the customer can approve", example: 900 }),
  interval: z.int().openapi({ description: "Seconds between two questions of the TV", example: 5 }),
  qr_image: z.string().openapi({
    description:
      "The QR code of `verification_uri_complete`, as a `data:` URL of a GIF with its white edge. A TV shows it as it is",
  }),
}).openapi("StartedActivation");

/**
 * The body of a TV's question.
 * @internal
 */
export const activationQuestionSchema = z.object({
  device_code: z.string().max(128, "Must have at most 128 characters").openapi({
    description: "The `device_code` of the activation",
    example: STARTED_ACTIVATION.device_code,
  }),
}).openapi("ActivationQuestion");
