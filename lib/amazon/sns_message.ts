/**
 * Messages of Amazon SNS, by which Amazon's Real-time Notifications (RTN) come: the envelope, its signature, and what an
 * RTN message says.
 *
 * The format is that of "Parsing Amazon SNS message formats" and "Verifying the signatures of Amazon SNS messages".
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type KeyObject, verify } from "node:crypto";
import { z } from "zod";

/** An SNS message, with the names of its fields as SNS writes them. */
export interface SnsMessage {
  /** The kind of message. */
  readonly Type: "Notification" | "SubscriptionConfirmation" | "UnsubscribeConfirmation";
  /** The id of the message. A message that is sent again has the same. */
  readonly MessageId: string;
  /** The topic that the message was published to. */
  readonly TopicArn: string;
  /** The text of the message. */
  readonly Message: string;
  /** When it was published. */
  readonly Timestamp: string;
  /** The title, which few messages have. */
  readonly Subject?: string | undefined;
  /** With a confirmation: the proof that the subscription is wanted. */
  readonly Token?: string | undefined;
  /** With a confirmation: the URL that confirms the subscription. */
  readonly SubscribeURL?: string | undefined;
  /** `1`: SHA-1. `2`: SHA-256. */
  readonly SignatureVersion: string;
  /** The signature in base64. */
  readonly Signature: string;
  /** Where the certificate of the signature is. */
  readonly SigningCertURL: string;
}

/** What an RTN message says. It is never trusted for the state of a receipt. */
export interface ReceiptNotice {
  /** The receipts that it is about, those that it ends first: 1 or 2 of them. */
  readonly receiptIds: readonly string[];
  /** The Appstore user. */
  readonly userId: string;
  /** When it happened, in milliseconds since the epoch. */
  readonly timestamp: number;
}

const text = z.string().nullish().transform((value) => value ?? undefined);
const envelopeSchema = z.object({
  Type: z.enum(["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]),
  MessageId: z.string().min(1).max(1024),
  TopicArn: z.string().min(1),
  Message: z.string(),
  Timestamp: z.string().min(1),
  Subject: text,
  Token: text,
  SubscribeURL: text,
  SignatureVersion: z.string().min(1),
  Signature: z.string().min(1),
  SigningCertURL: z.string().min(1),
});

const receiptId = z.string().min(1).max(256).refine(isPathPart);
const noticeSchema = z.object({
  receiptId,
  appUserId: z.string().min(1).max(128).refine(isPathPart),
  relatedReceipts: z.object({ cancelledReceiptId: receiptId.nullish().catch(null) }).nullish().catch(null),
  timestamp: z.int().min(0).max(8_640_000_000_000_000).nullish().catch(null),
});

/** Reads an envelope. Returns null for a text that is none. */
export function parseSnsMessage(body: string): SnsMessage | null {
  return envelopeSchema.safeParse(parseJson(body)).data ?? null;
}

/** Reads what an RTN message says. Returns null when it is about no receipt. */
export function parseNotice({ Message, Timestamp }: SnsMessage): ReceiptNotice | null {
  const notice = noticeSchema.safeParse(parseJson(Message)).data;
  if (notice === undefined) return null;
  const { receiptId, relatedReceipts, appUserId, timestamp } = notice;
  const published = Date.parse(Timestamp);
  return {
    receiptIds: [...new Set([relatedReceipts?.cancelledReceiptId ?? receiptId, receiptId])],
    userId: appUserId,
    timestamp: timestamp ?? (published >= 0 ? published : 0),
  };
}

/** Tells whether a message was signed by the owner of a key. */
export function isSignedBy(message: SnsMessage, key: KeyObject): boolean {
  const algorithm = { "1": "RSA-SHA1", "2": "RSA-SHA256" }[message.SignatureVersion];
  if (algorithm === undefined || key.asymmetricKeyType !== "rsa") return false;
  try {
    return verify(algorithm, Buffer.from(signedText(message)), key, Buffer.from(message.Signature, "base64"));
  } catch {
    return false;
  }
}

/** Returns the text that SNS signs: some fields in the order of their names, each name and each value on a line. */
export function signedText(message: SnsMessage): string {
  const names = message.Type === "Notification"
    ? ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"] as const
    : ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"] as const;
  return names.flatMap((name) => message[name] === undefined ? [] : [`${name}\n${message[name]}\n`]).join("");
}

function isPathPart(id: string): boolean {
  return id.isWellFormed() && id !== "." && id !== "..";
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
