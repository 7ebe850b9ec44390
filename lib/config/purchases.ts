/**
 * Reads the settings of purchases: how receipts are verified, and which notifications are taken.
 *
 * @module
 */
import { z } from "zod";
import { issuedText } from "./plain_text.ts";
import { httpUrl, oneOf, wholeNumber } from "./values.ts";

/** The settings of purchases. */
export interface PurchasesConfig {
  /** Whether receipts are those of App Tester's sandbox. */
  readonly sandbox: boolean;
  /** Whether a receipt signs a device in. */
  readonly receiptSignIn: boolean;
  /** Milliseconds within which each receipt that is not ended is verified again. */
  readonly checkMs: number;
  /** Whether the service itself tells the Appstore that a purchase was honoured when no device does. */
  readonly acknowledge: boolean;
  /** The SNS topics whose notifications are taken. Empty: none are. */
  readonly topics: readonly string[];
  /** The only URL that the certificate of notifications comes from. Null: from the hosts of SNS. */
  readonly certificateUrl: string | null;
}

/**
 * Reads a shared secret: 1 to 256 characters. RVS takes it in the path of a URL, which folds `.` and `..`.
 * @internal
 */
export const sharedSecret = issuedText(256).regex(/^(?!\.{1,2}$)/, "must not be . or ..");

const topics = z.string().transform((text, context) => {
  const arns = text.split(",").map((arn) => arn.trim());
  if (arns.every((arn) => /^arn:[^\s:]+:sns:\S+$/.test(arn))) return arns;
  context.addIssue("must be ARNs of SNS topics, comma-separated: arn:aws:sns:us-east-1:123456789012:name");
  return z.NEVER;
});

/**
 * The variables of purchases.
 * @internal
 */
export const purchaseVariables = {
  APPSTORE_SHARED_SECRET: sharedSecret.optional(),
  RVS_SANDBOX: oneOf("true", "false").default("false"),
  RECEIPT_SIGN_IN: oneOf("on", "off").default("off"),
  RECEIPT_CHECK_HOURS: wholeNumber(1, 720).prefault("48"),
  APPSTORE_ACKNOWLEDGE: oneOf("true", "false").default("false"),
  RTN_TOPIC_ARN: topics.optional(),
  RTN_CERTIFICATE_URL: httpUrl.optional(),
};

/**
 * Makes the settings of the parsed variables.
 * @internal
 */
export function purchasesConfig(
  values: z.output<z.ZodObject<typeof purchaseVariables>>,
): PurchasesConfig {
  return {
    sandbox: values.RVS_SANDBOX === "true",
    receiptSignIn: values.RECEIPT_SIGN_IN === "on",
    checkMs: values.RECEIPT_CHECK_HOURS * 3_600_000,
    acknowledge: values.APPSTORE_ACKNOWLEDGE === "true",
    topics: values.RTN_TOPIC_ARN ?? [],
    certificateUrl: values.RTN_CERTIFICATE_URL ?? null,
  };
}

/** Tells whether something is switched on that verifies receipts, and no app has a shared secret to do so. */
export function needsSharedSecret(
  { amazonClients, purchases: { receiptSignIn, acknowledge, topics } }: {
    readonly amazonClients: readonly { readonly sharedSecret?: string | undefined | null }[];
    readonly purchases: PurchasesConfig;
  },
): boolean {
  return (receiptSignIn || acknowledge || topics.length > 0) &&
    amazonClients.every(({ sharedSecret }) => !sharedSecret);
}
