/**
 * Amazon's Real-time Notifications: a message is checked and stored before it is answered. What it says is done afterwards.
 *
 * @module
 */
import { parseNotice, parseSnsMessage, type SnsMessage } from "../amazon/sns_message.ts";
import type { Log } from "../base/log.ts";
import { Problem } from "../base/problem.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { hashSecret } from "../kv/keyring.ts";
import { putCheck } from "../kv/receipt_checks.ts";
import { NOTIFICATION, type NotificationRecord } from "../kv/schema.ts";
import type { Services } from "../services.ts";

/** Milliseconds for which a message is remembered. Amazon sends a message again for hours at most. */
const REMEMBER_MS = 30 * 86_400_000;

/** The services that {@linkcode takeNotification} uses. */
export type NotificationServices = Pick<Services, "db" | "clock" | "log" | "sns" | "config">;

/**
 * Stores a message of SNS, once for each `MessageId`.
 *
 * @param body The envelope, as it was sent.
 * @throws {Problem} `invalid_request` for what is no envelope; `notification_rejected` for a wrong topic or signature;
 *   `upstream_unavailable` when the certificate does not come; `storage_unavailable`
 */
export async function takeNotification(services: NotificationServices, body: string): Promise<void> {
  const { config, sns, log } = services;
  const message = parseSnsMessage(body);
  if (message === null) {
    throw new Problem("invalid_request", { errors: [{ path: "", message: "Is no message of Amazon SNS" }] });
  }
  if (!config.purchases.topics.includes(message.TopicArn)) {
    throw rejected(log, "The topic is not in RTN_TOPIC_ARN");
  }
  const signature = await sns.check(message);
  if (signature === "rejected") {
    throw rejected(log, "The signature, or the place of its certificate, is wrong");
  }
  if (signature === "unavailable") {
    throw new Problem("upstream_unavailable", { internal: "The certificate of a notification did not come" });
  }
  const notice = noticeOf(services, message);
  await store(services, message, notice);
}

function rejected(log: Log, detail: string): Problem {
  log("warning", "notification_rejected", { detail });
  return new Problem("notification_rejected");
}

/** Returns what a message asks for, and tells the operator what only the operator can do. */
function noticeOf({ sns, log }: NotificationServices, message: SnsMessage): NotificationRecord["notice"] {
  const { Type, TopicArn: topic, SubscribeURL: url, Token: token } = message;
  if (Type === "SubscriptionConfirmation") {
    const detail =
      "Amazon asks to confirm the notifications: if the developer console wants a token, paste this one";
    log("warning", "rtn_confirmation", { topic, token, detail });
    return url !== undefined && sns.mayFetch(url, message) ? { is: "confirmation", url, tries: 0 } : null;
  }
  if (Type === "UnsubscribeConfirmation") {
    log("warning", "rtn_unsubscribed", { topic, detail: "Notifications of this topic do not come any more" });
    return null;
  }
  const notice = parseNotice(message);
  if (notice === null) log("warning", "rtn_unreadable", { topic, detail: "A notification names no receipt" });
  return notice === null ? null : {
    is: "receipts",
    receipt_ids: [...notice.receiptIds],
    user_id: notice.userId,
    timestamp: notice.timestamp,
  };
}

async function store(
  { db, clock }: NotificationServices,
  { MessageId }: SnsMessage,
  notice: NotificationRecord["notice"],
): Promise<void> {
  const id = hashSecret(MessageId);
  const now = clock.now();
  using store = db.within(STORAGE_DEADLINE_MS);
  let isFirstRun = true;
  await store.transact(async (batch) => {
    // Most messages are new: the check of the commit tells.
    const known = isFirstRun ? null : await batch.get(NOTIFICATION, [id]);
    isFirstRun = false;
    if (known !== null && known.value !== null) return;
    batch.check(known ?? { key: [NOTIFICATION.kind, id], versionstamp: null });
    batch.set(NOTIFICATION, [id], { v: 1, notice, expires_at: now + REMEMBER_MS });
    if (notice !== null) putCheck(batch, { name: "notification", ids: [id] }, { lane: "soon", due: now });
  });
}
