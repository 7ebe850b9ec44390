/**
 * What Amazon's Receipt Verification Service (RVS) says about a receipt: the meaning of each status, and the fields of a
 * confirmed purchase.
 *
 * @module
 */
import { z } from "zod";
import type { JsonBody } from "../base/read_json.ts";

/** A purchase, as RVS confirmed it. Times are in milliseconds since the epoch. */
export interface Purchase {
  /** The product, 1 to 256 characters. */
  readonly sku: string;
  /** The term of a subscription, up to 256 characters. Null for other products. */
  readonly termSku: string | null;
  /** `SUBSCRIPTION`, `ENTITLED` or `CONSUMABLE`, up to 64 characters. */
  readonly productType: string;
  /** When the product was first bought. A renewal does not change it. */
  readonly purchasedAt: number | null;
  /** When the subscription is renewed next. Null when it is not. */
  readonly renewsAt: number | null;
  /** When access ends, or ended. Null while no end is known. */
  readonly cancelsAt: number | null;
  /** When the free trial ends. */
  readonly trialEndsAt: number | null;
  /** Until when Amazon tries again to get a payment that failed. */
  readonly graceEndsAt: number | null;
  /** Whether the subscription renews itself. */
  readonly autoRenewing: boolean;
  /** Whether the Appstore was told that the purchase was honoured, or cannot be. */
  readonly fulfilled: boolean;
  /** Whether the purchase was made by Quick Subscribe. */
  readonly quickSubscribe: boolean;
  /** Whether the purchase is a test: App Tester's, or one of Live App Testing. */
  readonly test: boolean;
}

/**
 * What RVS says about a receipt. `gone`: it is not valid any more. `invalid`: RVS knows no such receipt of this Appstore
 * user. `secret_rejected`: our shared secret is wrong, so RVS said nothing about the receipt. `unavailable`: RVS did not
 * answer, or not as its reference describes.
 */
export type Verdict =
  | { readonly outcome: "confirmed"; readonly purchase: Purchase }
  | { readonly outcome: "gone" }
  | { readonly outcome: "invalid" | "secret_rejected" | "unavailable" };

/** The statuses of RVS that are no success, each with its meaning. Any other status means that RVS is not available. */
const VERDICTS: Readonly<Record<number, Verdict>> = {
  400: { outcome: "invalid" },
  410: { outcome: "gone" },
  496: { outcome: "secret_rejected" },
  497: { outcome: "invalid" },
};

/** The largest time that a `Date` can hold. */
const MOST_MS = 8_640_000_000_000_000;

const time = z.int().min(0).max(MOST_MS).nullish().transform((value) => value ?? null);
const sku = z.string().min(1).max(256);
const flag = z.boolean().nullish().transform((value) => value ?? false);

const purchaseSchema = z.object({
  productId: sku,
  termSku: sku.nullish().transform((value) => value ?? null),
  productType: z.string().min(1).max(64),
  purchaseDate: time,
  renewalDate: time,
  cancelDate: time,
  freeTrialEndDate: time,
  gracePeriodEndDate: time,
  autoRenewing: flag,
  fulfillmentResult: z.string().nullish(),
  purchaseMetadataMap: z.record(z.string(), z.unknown()).nullish(),
  testTransaction: flag,
  betaProduct: flag,
});

/** Returns the meaning of a response of RVS. The body counts only with status 200: front ends answer errors with pages. */
export function interpretVerdict(status: number, body: JsonBody): Verdict {
  if (status !== 200) return VERDICTS[status] ?? { outcome: "unavailable" };
  const parsed = body.kind === "object" ? purchaseSchema.safeParse(body.value) : null;
  if (!parsed?.success) return { outcome: "unavailable" };
  const { data } = parsed;
  return {
    outcome: "confirmed",
    purchase: {
      sku: data.productId,
      termSku: data.termSku,
      productType: data.productType,
      purchasedAt: data.purchaseDate,
      renewsAt: data.renewalDate,
      cancelsAt: data.cancelDate,
      trialEndsAt: data.freeTrialEndDate,
      graceEndsAt: data.gracePeriodEndDate,
      autoRenewing: data.autoRenewing,
      fulfilled: (data.fulfillmentResult ?? "") !== "",
      quickSubscribe: String(data.purchaseMetadataMap?.QuickSubscribe) === "true",
      test: data.testTransaction || data.betaProduct,
    },
  };
}
