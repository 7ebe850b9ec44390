/**
 * The schemas of purchases and entitlements.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import type { Purchases } from "../../lib/accounts/brought_receipts.ts";
import { ENTITLEMENT, PURCHASES } from "./examples.ts";
import { deviceText } from "./text.ts";

/** Text for a part of a URL's path at Amazon. URLs fold `.` and `..`, however they are encoded. */
const idText = (most: number) =>
  deviceText(most).min(1, "Must not be empty").refine(
    (id) => id !== "." && id !== "..",
    "Must not be . or ..",
  );

/**
 * The Appstore user of a receipt.
 * @internal
 */
export const appstoreUserSchema = idText(128).openapi({
  description: "`UserData.userId` of the Appstore, up to 128 characters",
  example: PURCHASES.user_id,
});

/**
 * A receipt id.
 * @internal
 */
export const receiptIdSchema = idText(256).openapi({
  description: "`receiptId` of the Appstore, up to 256 characters",
  example: PURCHASES.receipts[0],
});

/**
 * Receipts of one Appstore user.
 * @internal
 */
export const purchasesSchema = z.object({
  user_id: appstoreUserSchema,
  receipts: z.array(receiptIdSchema).min(1, "Must have a receipt").max(10, "Must have at most 10 receipts")
    .openapi({ description: "The receipt ids of `getPurchaseUpdates`, 1 to 10" }),
}).openapi("Purchases", { example: PURCHASES });

/** Returns the receipts of a body. A receipt that is named twice counts once. */
export function readPurchases(
  { user_id, receipts }: { readonly user_id: string; readonly receipts: readonly string[] },
): Purchases {
  return { userId: user_id, receiptIds: [...new Set(receipts)] };
}

const timestamp = z.iso.datetime().nullable();

/**
 * What an account may use by one receipt.
 * @internal
 */
export const entitlementSchema = z.object({
  receipt_id: z.string().openapi({ description: "The receipt", example: ENTITLEMENT.receipt_id }),
  sku: z.string().nullable().openapi({ description: "The product" }),
  term_sku: z.string().nullable().openapi({ description: "The term of a subscription" }),
  product_type: z.string().nullable().openapi({
    description: "`SUBSCRIPTION`, `ENTITLED` or `CONSUMABLE`",
  }),
  state: z.enum(["active", "grace", "ended", "unverified", "invalid", "elsewhere"]).openapi({
    description:
      "`active` and `grace` (a payment failed, Amazon tries again) open the product. `ended`: it is over. " +
      "`unverified`: Amazon has not answered yet, and is asked again within a minute. `invalid`: Amazon does not know " +
      "this receipt of this user. `elsewhere`: another account has it",
  }),
  trial: z.boolean().openapi({ description: "Whether the free trial runs" }),
  auto_renewing: z.boolean().openapi({ description: "Whether the subscription renews itself" }),
  purchased_at: timestamp.openapi({ description: "The first purchase" }),
  renews_at: timestamp.openapi({ description: "The next renewal. Access does not end then" }),
  ends_at: timestamp.openapi({ description: "When access ends, or ended" }),
  fulfillment: z.enum(["due", "done"]).nullable().openapi({
    description: "`due`: while it is `active`, the device calls `notifyFulfillment(receiptId, FULFILLED)`",
  }),
  quick_subscribe: z.boolean().openapi({ description: "Whether it was bought by Quick Subscribe" }),
  test: z.boolean().openapi({ description: "Whether it is a test purchase" }),
  verified_at: timestamp.openapi({ description: "When Amazon last told" }),
}).openapi("Entitlement", { description: "What an account may use by one receipt", example: ENTITLEMENT });

/**
 * A list of entitlements.
 * @internal
 */
export const entitlementsSchema = z.object({ entitlements: z.array(entitlementSchema) }).openapi(
  "Entitlements",
);
