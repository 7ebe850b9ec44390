/** Messages of SNS: the envelope, the signed text, the signature, and what an RTN message says. */
import { assertEquals } from "@std/assert";
import { X509Certificate } from "node:crypto";
import {
  isSignedBy,
  parseNotice,
  parseSnsMessage,
  signedText,
  type SnsMessage,
} from "../../../lib/amazon/sns_message.ts";
import { createNotifications } from "../../../lib/dev/simulator/notifications.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { certify } from "../../support/certificates.ts";

const SNS = createNotifications({
  clock: new FakeClock(),
  origin: () => "https://sns.us-east-1.amazonaws.com",
});
const KEY = new X509Certificate(SNS.certificate()).publicKey;

Deno.test("signedText() is what AWS documents, for a notification and for a confirmation", () => {
  const message = parseSnsMessage(SNS.envelope({
    MessageId: "id",
    Message: "My Test Message",
    Subject: "My subject",
    Timestamp: "2019-01-31T04:37:04.321Z",
    TopicArn: "arn:aws:sns:us-east-2:123456789012:My-Topic",
  }))!;
  assertEquals(
    signedText(message),
    "Message\nMy Test Message\nMessageId\nid\nSubject\nMy subject\nTimestamp\n2019-01-31T04:37:04.321Z\n" +
      "TopicArn\narn:aws:sns:us-east-2:123456789012:My-Topic\nType\nNotification\n",
  );
  assertEquals(
    signedText({ ...message, Type: "SubscriptionConfirmation", SubscribeURL: "https://s", Token: "t" }),
    "Message\nMy Test Message\nMessageId\nid\nSubscribeURL\nhttps://s\nTimestamp\n2019-01-31T04:37:04.321Z\n" +
      "Token\nt\nTopicArn\narn:aws:sns:us-east-2:123456789012:My-Topic\nType\nSubscriptionConfirmation\n",
  );
});

const KINDS: Partial<SnsMessage>[] = [
  { Message: "{}" },
  { Message: "{}", Subject: "A title" },
  { Type: "SubscriptionConfirmation", Token: "t", SubscribeURL: "https://sns.us-east-1.amazonaws.com/?a" },
  { Type: "UnsubscribeConfirmation", Token: "t", SubscribeURL: "https://sns.us-east-1.amazonaws.com/?a" },
];

for (const kind of KINDS) {
  for (const SignatureVersion of ["1", "2"]) {
    Deno.test(`isSignedBy() takes version ${SignatureVersion} of ${JSON.stringify(kind)}, and no change to it`, () => {
      const message = parseSnsMessage(SNS.envelope({ ...kind, SignatureVersion }))!;
      assertEquals(isSignedBy(message, KEY), true);
      const signed = ["Type", "MessageId", "TopicArn", "Message", "Timestamp", ...Object.keys(kind)];
      for (const name of new Set(signed) as Set<keyof SnsMessage>) {
        const changed = name === "Type"
          ? message.Type === "Notification" ? "SubscriptionConfirmation" : "Notification"
          : `${message[name]}x`;
        assertEquals(isSignedBy({ ...message, [name]: changed }, KEY), false, name);
      }
      const other = SignatureVersion === "1" ? "2" : "1";
      for (const version of [other, "3", "", "01", "toString"]) {
        assertEquals(isSignedBy({ ...message, SignatureVersion: version }, KEY), false);
      }
      for (const Signature of ["", "!", btoa("x"), message.Signature.slice(4)]) {
        assertEquals(isSignedBy({ ...message, Signature }, KEY), false);
      }
      assertEquals(
        isSignedBy(message, new X509Certificate(certify("127.0.0.1").server.cert).publicKey),
        false,
      );
    });
  }
}

Deno.test("parseSnsMessage() reads envelopes, and nothing else", () => {
  const envelope = JSON.parse(SNS.envelope({}));
  for (
    const name of [
      "Type",
      "MessageId",
      "TopicArn",
      "Message",
      "Timestamp",
      "SignatureVersion",
      "Signature",
      "SigningCertURL",
    ]
  ) {
    const { [name]: _, ...rest } = envelope;
    assertEquals(parseSnsMessage(JSON.stringify(rest)), null, name);
    assertEquals(parseSnsMessage(JSON.stringify({ ...envelope, [name]: 1 })), null, name);
  }
  for (const body of ["", "{}", "[]", "null", "hello", JSON.stringify({ ...envelope, Type: "Other" })]) {
    assertEquals(parseSnsMessage(body), null, body);
  }
  assertEquals(
    parseSnsMessage(JSON.stringify({ ...envelope, UnsubscribeURL: "https://u", Subject: null }))?.MessageId,
    envelope.MessageId,
  );
});

Deno.test("parseNotice() reads the receipts of a message, those that it ends first", () => {
  const notice = { receiptId: "R", appUserId: "U", timestamp: 5, notificationType: "SOMETHING_NEW" };
  const read = (changes = {}) =>
    parseNotice(
      parseSnsMessage(
        SNS.envelope({
          Message: JSON.stringify({ ...notice, ...changes }),
          Timestamp: "2026-11-22T10:00:00.000Z",
        }),
      )!,
    );
  const plain = { receiptIds: ["R"], userId: "U", timestamp: 5 };
  assertEquals(read(), plain);
  assertEquals(read({ relatedReceipts: {} }), plain);
  assertEquals(read({ relatedReceipts: null }), plain);
  assertEquals(read({ relatedReceipts: { cancelledReceiptId: "C" } }), { ...plain, receiptIds: ["C", "R"] });
  assertEquals(read({ relatedReceipts: { cancelledReceiptId: ".." } }), plain);
  assertEquals(read({ relatedReceipts: "x" }), plain);
  assertEquals(read({ timestamp: "x" }), { ...plain, timestamp: Date.parse("2026-11-22T10:00:00.000Z") });
  for (
    const changes of [{ receiptId: undefined }, { receiptId: "." }, { receiptId: 1 }, { appUserId: "" }, {
      receiptId: "r".repeat(257),
    }]
  ) {
    assertEquals(read(changes), null);
  }
  assertEquals(parseNotice(parseSnsMessage(SNS.envelope({ Message: "hello" }))!), null);
});
