/**
 * The schema of an export.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { EXPORT } from "./examples.ts";
import { entitlementSchema } from "./purchase_schemas.ts";
import { accountSchema } from "./account_schemas.ts";
import { eventSchema } from "./event_schemas.ts";
import { sessionSchema } from "./session_schemas.ts";

const timestamp = z.iso.datetime();

/**
 * Everything that is stored about a customer.
 * @internal
 */
export const exportSchema = z.object({
  exported_at: timestamp.openapi({ description: "When the export was made" }),
  account: accountSchema.extend({
    amazon_user_id: z.string().nullable().openapi({ description: "Amazon's id of the customer" }),
    language: z.string().nullable().openapi({ description: "The language of mails, as a BCP 47 tag" }),
    blocked_at: timestamp.nullable().openapi({ description: "When the account was blocked" }),
    new_email: z.string().nullable().openapi({
      description: "The email that the account gets when the customer confirms it by a mailed link",
    }),
  }),
  sessions: z.array(sessionSchema).openapi({ description: "The signed-in devices, newest first" }),
  entitlements: z.array(
    entitlementSchema.extend({
      appstore_user_id: z.string().openapi({ description: "The Appstore user who has the purchase" }),
      app: z.string().openapi({ description: "The app that the purchase belongs to" }),
    }).openapi({ example: EXPORT.entitlements[0] }),
  ).openapi({ description: "The purchases" }),
  events: z.array(eventSchema).openapi({ description: "What happened to the account, newest first" }),
  mails: z.array(z.object({
    kind: z.string().openapi({ description: "What the mail is about" }),
    email: z.string().openapi({ description: "The email that the mail is for" }),
    created_at: timestamp.openapi({ description: "When the mail was asked for" }),
  })).openapi({ description: "The mails that wait to be sent" }),
}).openapi("AccountExport");
