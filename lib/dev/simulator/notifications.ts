/**
 * The simulated Real-time Notifications: messages of SNS, signed with a certificate of the simulator's own.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { sign } from "node:crypto";
import { signedText, type SnsMessage } from "../../amazon/sns_message.ts";
import type { Clock } from "../../base/clock.ts";
import { selfSign, type SelfSigned } from "./certificate.ts";
import type { ReceiptAction, SimulatedReceipt } from "./receipts.ts";

/** The topic of the simulator. */
export const TOPIC_ARN = "arn:aws:sns:us-east-1:123456789012:simulator";
/** The path of the certificate. */
export const CERTIFICATE_PATH = "/sns.pem";

/** The type of notification that each action causes. */
const TYPES: Readonly<Record<ReceiptAction, string>> = {
  renew: "SUBSCRIPTION_RENEWED",
  fail: "SUBSCRIPTION_IN_GRACE_PERIOD",
  recover: "SUBSCRIPTION_OUT_OF_GRACE_PERIOD",
  cancel: "SUBSCRIPTION_AUTO_RENEWAL_OFF",
  refund: "SUBSCRIPTION_CANCELLED",
  fulfill: "SUBSCRIPTION_PURCHASED",
  revoke: "SUBSCRIPTION_CANCELLED",
};

/** Makes notifications. */
export interface Notifications {
  /** The certificate as PEM. It is made when it is first asked for. */
  certificate(): string;
  /**
   * Signs a message of SNS.
   *
   * @param changes Fields that differ from those of a notification. `SignatureVersion` is `1` unless it is given.
   */
  envelope(changes: Partial<SnsMessage>): string;
  /** Makes the notification about a receipt, as Amazon sends it. `action`: what happened; a purchase by default. */
  notice(receipt: Pick<SimulatedReceipt, "id" | "userId">, action?: ReceiptAction, changes?: object): string;
}

let made: SelfSigned | undefined;

/** Creates the notifications of a simulator at a URL. */
export function createNotifications(
  { clock, origin }: { readonly clock: Pick<Clock, "now">; readonly origin: () => string },
): Notifications {
  const own = () => made ??= selfSign("Simulated SNS");

  function envelope(changes: Partial<SnsMessage>): string {
    const message: SnsMessage = {
      Type: "Notification",
      MessageId: crypto.randomUUID(),
      TopicArn: TOPIC_ARN,
      Message: "",
      Timestamp: new Date(clock.now()).toISOString(),
      SignatureVersion: "1",
      Signature: "",
      SigningCertURL: `${origin()}${CERTIFICATE_PATH}`,
      ...changes,
    };
    const algorithm = message.SignatureVersion === "2" ? "RSA-SHA256" : "RSA-SHA1";
    const signature = sign(algorithm, Buffer.from(signedText(message)), own().key).toString("base64");
    return JSON.stringify({ ...message, Signature: changes.Signature ?? signature });
  }

  return {
    certificate: () => own().pem,
    envelope,
    notice: ({ id, userId }, action, changes) =>
      envelope({
        Message: JSON.stringify({
          appPackageName: "com.example.app",
          notificationType: action === undefined ? "SUBSCRIPTION_PURCHASED" : TYPES[action],
          appUserId: userId,
          receiptId: id,
          relatedReceipts: {},
          timestamp: clock.now(),
          betaProductTransaction: false,
          ...changes,
        }),
      }),
  };
}
